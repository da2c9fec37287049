package conversation

import (
	"context"
	"fmt"
	"strconv"

	"parley/ent"
	entinbox "parley/ent/inbox"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// mostNewFiltered is up to where the new conversations of Filtered are counted.
const mostNewFiltered = 1000

// NewInFiltered is how many conversations of each inbox's Filtered have a message since the
// viewer looked there (IN-11), up to mostNewFiltered; none in inboxes that they do not see.
func (s *Service) NewInFiltered(ctx context.Context, inboxIDs []string) ([]int, error) {
	v := viewer.FromContext(ctx)
	counts := make([]int, len(inboxIDs))
	looked, err := s.lookedAt(ctx, inboxIDs)
	if err != nil {
		return nil, err
	}
	// Each kind and status is a seek in the index of what was active last.
	q := &store.Statement{}
	for i, inboxID := range inboxIDs {
		if !v.InInbox(inboxID) {
			continue
		}
		if len(q.Args) > 0 {
			q.WriteString(" UNION ALL ")
		}
		since := q.Arg(looked[inboxID])
		q.WriteString("SELECT '" + strconv.Itoa(i) + " ' || CAST(COUNT(*) AS TEXT) FROM (SELECT 1 FROM conversations WHERE activity_at > " + since +
			" AND last_message_at > " + since + " AND inbox_id = " + q.Arg(inboxID) + " AND account_id = " + q.Arg(v.AccountID) +
			" AND folder = " + q.Arg(string(vocab.FolderFiltered)) + " AND kind IN (" + store.List(q, vocab.ChannelKinds()) + ") AND status IN ('OPEN', 'CLOSED')" +
			" LIMIT " + strconv.Itoa(mostNewFiltered) + ") AS fresh")
	}
	if len(q.Args) == 0 {
		return counts, nil
	}
	found, err := s.store.Strings(ctx, q.String(), q.Args...)
	if err != nil {
		return nil, fmt.Errorf("count what is new in Filtered: %w", err)
	}
	for _, row := range found {
		var i, n int
		if _, err := fmt.Sscan(row, &i, &n); err != nil {
			return nil, err
		}
		counts[i] = n
	}
	return counts, nil
}

// lookedAt is when the viewer last looked at each inbox's Filtered.
func (s *Service) lookedAt(ctx context.Context, inboxIDs []string) (map[string]int64, error) {
	v := viewer.FromContext(ctx)
	q := &store.Statement{}
	q.WriteString("SELECT inbox_id || ' ' || CAST(looked_at AS TEXT) FROM filtered_looks WHERE inbox_id IN (" + store.List(q, inboxIDs) +
		") AND user_id = " + q.Arg(v.ActorID) + " AND account_id = " + q.Arg(v.AccountID))
	found, err := s.store.Strings(ctx, q.String(), q.Args...)
	if err != nil {
		return nil, err
	}
	looked := make(map[string]int64, len(found))
	for _, row := range found {
		var inboxID string
		var at int64
		if _, err := fmt.Sscan(row, &inboxID, &at); err != nil {
			return nil, err
		}
		looked[inboxID] = at
	}
	return looked, nil
}

// MarkFilteredSeen remembers that the viewer looked at an inbox's Filtered. NOT_FOUND for an
// inbox that they do not see.
func (s *Service) MarkFilteredSeen(ctx context.Context, in MarkFilteredSeenInput) (*ent.Inbox, error) {
	v := viewer.FromContext(ctx)
	if !id.Is(in.InboxID, id.Inbox) || !v.InInbox(in.InboxID) {
		return nil, errs.New(errs.NotFound, "There is no inbox %q that you are a member of.", errs.Clip(in.InboxID)).On("inboxId")
	}
	call := idempotency.Call{Mutation: "markFilteredSeen", Key: in.IdempotencyKey, Input: in, Result: in.InboxID}
	var inbox *ent.Inbox
	find := func(ctx context.Context, tx *store.Tx, inboxID string) (err error) {
		inbox, err = tx.Client.Inbox.Query().Where(entinbox.ID(inboxID)).Only(ctx)
		return err
	}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO filtered_looks (account_id, inbox_id, user_id, looked_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (inbox_id, user_id) DO UPDATE SET looked_at = excluded.looked_at`, v.AccountID, in.InboxID, v.ActorID, int64(tx.Now()))
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.FilteredSeen, InboxID: in.InboxID, SubjectID: in.InboxID, UserID: v.ActorID})
		return find(ctx, tx, in.InboxID)
	}, find)
	return inbox, err
}
