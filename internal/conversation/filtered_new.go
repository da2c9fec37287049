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
	for i, inboxID := range inboxIDs {
		if !v.InInbox(inboxID) {
			continue
		}
		looked, err := s.lookedAt(ctx, inboxID)
		if err != nil {
			return nil, err
		}
		// Each kind and status is a seek in the index of what was active last.
		q := &store.Statement{}
		q.WriteString("SELECT CAST(COUNT(*) AS TEXT) FROM (SELECT 1 FROM conversations WHERE inbox_id = " + q.Arg(inboxID) + " AND account_id = " + q.Arg(v.AccountID) +
			" AND folder = " + q.Arg(string(vocab.FolderFiltered)) + " AND kind IN (" + store.List(q, vocab.ChannelKinds()) + ") AND status IN ('OPEN', 'CLOSED')" +
			" AND activity_at > " + q.Arg(looked) + " AND last_message_at > " + q.Arg(looked) + " LIMIT " + strconv.Itoa(mostNewFiltered) + ") AS fresh")
		found, err := s.store.Strings(ctx, q.String(), q.Args...)
		if err != nil {
			return nil, fmt.Errorf("count what is new in Filtered: %w", err)
		}
		if _, err := fmt.Sscan(found[0], &counts[i]); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// lookedAt is when the viewer last looked at an inbox's Filtered; 0: never.
func (s *Service) lookedAt(ctx context.Context, inboxID string) (int64, error) {
	v := viewer.FromContext(ctx)
	found, err := s.store.Strings(ctx, "SELECT CAST(looked_at AS TEXT) FROM filtered_looks WHERE inbox_id = $1 AND user_id = $2 AND account_id = $3", inboxID, v.ActorID, v.AccountID)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return strconv.ParseInt(found[0], 10, 64)
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
		return find(ctx, tx, in.InboxID)
	}, find)
	return inbox, err
}
