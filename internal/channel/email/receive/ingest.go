package receive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"parley/ent"
	"parley/ent/inboundmail"
	"parley/internal/richtext"
	"parley/internal/store"
)

const (
	// maxAttempts at reading a mail; after them it becomes a message with the raw
	// mail attached, and nothing else (pitfall 7).
	maxAttempts = 4
	// maxPlain is after how many attempts even that begins a conversation of its
	// own, which is not judged.
	maxPlain = 6
	// maxRaw bounds what of a raw mail is held in memory.
	maxRaw = 200 << 20
)

// ingestMail makes a stored mail a message, once: a mail that is read already stays
// as it is.
func (s *Service) ingestMail(ctx context.Context, mailID string) error {
	row, err := s.store.Client(ctx).InboundMail.Get(ctx, mailID)
	if err != nil || row.State != stored {
		return err
	}
	r, err := s.prepareMail(ctx, row)
	if err == nil {
		err = s.placeMails(ctx, []*reading{r})
	}
	return s.noteFailure(ctx, row, err)
}

// noteFailure notes why a mail could not be read, and returns that.
func (s *Service) noteFailure(ctx context.Context, row *ent.InboundMail, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	attempts := 1
	if errors.As(err, &storageError{}) {
		attempts = 0 // no fault of the mail's
	}
	note := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE inbound_mails SET attempts = attempts + $1, error = $2 WHERE id = $3 AND account_id = $4`,
			attempts, richtext.Clip(err.Error(), 500), row.ID, row.AccountID)
		return err
	})
	return errors.Join(err, note)
}

// storageError is a failure of the file storage.
type storageError struct{ error }

// Unwrap returns what the storage said.
func (e storageError) Unwrap() error { return e.error }

// prepareMail does all with a mail that needs no transaction: it reads it and keeps
// its files.
func (s *Service) prepareMail(ctx context.Context, row *ent.InboundMail) (r *reading, err error) {
	defer recoverPanic(&err)
	raw, err := s.blobs.ReadAll(ctx, row.BlobKey, maxRaw)
	if err != nil {
		return nil, storageError{err}
	}
	r = s.readMail(row, raw, row.Attempts >= maxAttempts)
	r.row = row
	alike, err := s.findAlike(ctx, s.store.Client(ctx), row.InboxID, r.mail, raw)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(alike, func(m *ent.InboundMail) bool { return m.Hash == row.Hash || isPurged(m) && m.Content == r.content }) {
		if err := s.keepFiles(ctx, r, row); err != nil {
			return nil, storageError{err}
		}
	}
	return r, nil
}

// placeMails puts mails where they belong, in their order and in one transaction.
func (s *Service) placeMails(ctx context.Context, mails []*reading) (err error) {
	defer recoverPanic(&err)
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, r := range mails {
			if _, err := s.placeMail(ctx, tx, r.row.ID, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// recoverPanic makes a panic an error: a bug that one mail meets keeps no other
// from being read.
func recoverPanic(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("reading the mail panicked: %v", p)
	}
}

// together are settled in one transaction: more would keep other writers
// waiting.
const together = 4

// ingestAll reads mails in their order, several at a time. What fails waits for
// the sweep.
func (s *Service) ingestAll(ctx context.Context, ids []string) {
	for some := range slices.Chunk(ids, together) {
		if ctx.Err() != nil {
			return
		}
		if err := s.ingestSome(ctx, some); err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "mail could not be read yet", "error", err)
		}
	}
}

func (s *Service) ingestSome(ctx context.Context, ids []string) error {
	rows, err := s.store.Client(ctx).InboundMail.Query().Where(inboundmail.IDIn(ids...), inboundmail.StateEQ(stored)).
		Order(inboundmail.ByID()).All(ctx)
	if err != nil {
		return err
	}
	mails, faults := make([]*reading, len(rows)), make([]error, len(rows))
	var all sync.WaitGroup
	for i, row := range rows {
		all.Go(func() { mails[i], faults[i] = s.prepareMail(ctx, row) })
	}
	all.Wait()
	ready := slices.DeleteFunc(slices.Clone(mails), func(r *reading) bool { return r == nil })
	if len(ready) > 1 && s.placeMails(ctx, ready) == nil {
		ready = nil
	}
	for _, r := range ready { // one of them alone is to blame
		if err := s.noteFailure(ctx, r.row, s.placeMails(ctx, []*reading{r})); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", r.row.ID, err))
		}
	}
	for i, row := range rows {
		if mails[i] == nil {
			faults[i] = s.noteFailure(ctx, row, faults[i])
		}
	}
	return errors.Join(faults...)
}
