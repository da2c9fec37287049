package custom

import (
	"context"
	"errors"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/channelfile"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// filesAtOnce is how many files a node fetches at a time, and filesOfOne how many of
	// them for one account: slow servers of one leave others theirs.
	filesAtOnce, filesOfOne = 8, 2
	// turnTime is for how long an account's files are fetched while others may wait.
	turnTime = 5 * time.Second
	// fetchingTime bounds a job; the round goes on with what is left.
	fetchingTime = time.Minute
	// fileHeld is after how long a file is fetched again by another node, if the one that
	// began to fetch it died.
	fileHeld = 3 * time.Minute
	// accountsAtOnce is for how many accounts a round has files fetched.
	accountsAtOnce = 100
)

// FetchArgs asks to fetch an account's files that are due.
type FetchArgs struct {
	AccountID string `json:"accountId"`
}

// Kind names the job.
func (FetchArgs) Kind() string { return "fetch-channel-file" }

// FetchFiles is the queue's worker: it fetches the files of accounts that are due (CC-2), of
// the account that waits for longest first, which may be another than the job's. It ends
// where the node fetches as much as it may: whoever fetches goes on with the next account.
func (s *Service) FetchFiles(ctx context.Context, args FetchArgs) error {
	began := s.store.Clock().Now()
	account := s.turns.TakePlace(args.AccountID)
	defer func() { s.turns.GiveBack(account) }()
	for account != "" {
		more, err := s.fetchFilesOf(ctx, account, began.Add(fetchingTime))
		if err != nil {
			return err
		}
		if s.store.Clock().Now().Sub(began) > fetchingTime {
			return nil
		}
		account = s.turns.PassOn(account, more)
	}
	return nil
}

// fetchFilesOf fetches an account's files that are due, one after another, until the job's
// time is over or, where others wait, the account's turn is. more: some may be left.
func (s *Service) fetchFilesOf(ctx context.Context, account string, until time.Time) (more bool, err error) {
	ctx = viewer.NewContext(ctx, viewer.System("custom-channels", account))
	began := s.store.Clock().Now()
	for {
		f, err := s.nextFile(ctx)
		if err != nil || f == nil {
			return false, err
		}
		if err := s.fetchFile(ctx, f); err != nil {
			return false, err
		}
		if now := s.store.Clock().Now(); now.After(until) || now.Sub(began) > turnTime && s.turns.OthersWait(account) {
			return true, nil
		}
	}
}

// isPending leaves what is still to be fetched, as the index has it.
func isPending(s *sql.Selector) {
	s.Where(sql.ExprP(s.C(channelfile.FieldState) + " = 'PENDING'"))
}

// nextFile takes the account's file that is due for longest: it is due again only after so
// long that whoever took it must have died. nil: none is due.
func (s *Service) nextFile(ctx context.Context) (taken *ent.ChannelFile, err error) {
	due := channelfile.And(channelfile.AccountID(viewer.FromContext(ctx).AccountID), channelfile.DueAtLTE(s.store.Now()))
	ids, err := s.store.Client(ctx).ChannelFile.Query().Where(due).Order(channelfile.ByDueAt()).Modify(isPending).Limit(1).IDs(ctx)
	if err != nil || len(ids) == 0 { // often another fetched them: no one writes for that
		return nil, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		taken = nil
		f, err := tx.Client.ChannelFile.Query().Where(due).Order(channelfile.ByDueAt()).Modify(isPending, store.ForUpdateSkipLocked).First(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		f.Attempts++
		taken = f
		return tx.Client.ChannelFile.Update().Where(channelfile.ID(f.ID)).SetAttempts(f.Attempts).SetDueAt(tx.Now().Add(fileHeld)).Exec(ctx)
	})
	return taken, err
}

// nextAccount finds the next account with files, and when the first of them is due.
const nextAccount = `SELECT account_id, due_at FROM channel_files WHERE state = 'PENDING' AND account_id > $1 ORDER BY account_id, due_at LIMIT 1`

// TendFiles has files fetched that are due and that no one fetches: again after a failure,
// or because the node fetched as much as it may. Each round begins behind the account at
// which the last one ended. The system runs it each RoundEvery.
func (s *Service) TendFiles(ctx context.Context) error {
	var faults []error
	for range accountsAtOnce {
		account, due := "", int64(0)
		err := store.ForEachRow(ctx, s.store, nextAccount, []any{s.lastTended}, func(rows sql.ColumnScanner) error { return rows.Scan(&account, &due) })
		if err != nil {
			return err
		}
		s.lastTended = account
		if account == "" {
			break
		}
		if due > int64(s.store.Now()) {
			continue
		}
		ctx := viewer.NewContext(ctx, viewer.System("custom-channels", account))
		faults = append(faults, s.store.WithTx(ctx, func(_ context.Context, tx *store.Tx) error {
			tx.Enqueue(store.Job{Args: FetchArgs{AccountID: account}})
			return nil
		}))
	}
	return errors.Join(faults...)
}

// hasAttempts reports whether a file that was not to be had is asked for again.
func hasAttempts(f *ent.ChannelFile) bool { return f.Attempts < fileAttempts }

// again has a file fetched again, later each time.
func (s *Service) again(ctx context.Context, f *ent.ChannelFile) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		due := tx.Now().Add(fileDelay << (f.Attempts - 1))
		return tx.Client.ChannelFile.Update().Where(channelfile.ID(f.ID), channelfile.StateEQ(vocab.RemoteFilePending)).SetDueAt(due).Exec(ctx)
	})
}
