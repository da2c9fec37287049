package notification

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// mostApart is how many conversations of an inbox have a notification of their own of
	// the same kind, if they come within burst; the rest is folded into one.
	mostApart = 10
	burst     = 10 * time.Minute
)

// advance gives the users' notifications their next sequence numbers, and keeps others from
// changing them until the transaction ends.
func advance(ctx context.Context, tx *store.Tx, accountID string, users []string) (map[string]int64, error) {
	of := &store.Statement{}
	values := ""
	for i, userID := range users { // sorted, so that no two transactions wait for each other
		if i > 0 {
			values += ", "
		}
		values += "(" + of.Arg(userID) + ", " + of.Arg(accountID) + ", 1)"
	}
	next := make(map[string]int64, len(users))
	err := eachRow(ctx, tx, "INSERT INTO notification_states (user_id, account_id, sequence) VALUES "+values+
		" ON CONFLICT (user_id) DO UPDATE SET sequence = notification_states.sequence + 1 RETURNING user_id, sequence", of.Args, func(rows entsql.ColumnScanner) error {
		var userID string
		var sequence int64
		err := rows.Scan(&userID, &sequence)
		next[userID] = sequence
		return err
	})
	return next, err
}

func eachRow(ctx context.Context, tx *store.Tx, query string, args []any, scan func(entsql.ColumnScanner) error) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// write makes the notifications of a notice, or folds it into those that are not read.
func (s *Service) write(ctx context.Context, tx *store.Tx, n *notice) error {
	next, err := advance(ctx, tx, n.event.AccountID, n.users)
	if err != nil {
		return err
	}
	unread, err := unreadOf(ctx, tx, n)
	if err != nil {
		return err
	}
	if err := writeNew(ctx, tx, n, unread, next); err != nil {
		return err
	}
	if err := writeFolded(ctx, tx, n, unread); err != nil {
		return err
	}
	if kindNamed(n.kind).Fixed {
		for _, userID := range n.users {
			if err := s.mailAtOnce(ctx, tx, n, userID, next[userID]); err != nil {
				return err
			}
		}
	}
	s.writeNotice(ctx, tx, n.users)
	return awaitReading(ctx, tx, n)
}

// queueMail has a user be told by e-mail of what they have not read by then; 0: they are not.
func queueMail(tx *store.Tx, n *notice, userID string, at clock.Micros) {
	if at > 0 {
		tx.Enqueue(store.Job{Args: MailArgs{AccountID: n.event.AccountID, UserID: userID}, At: at.Time()})
	}
}

// staff is who did it, if they are of the account's own; what contacts do shows in the message.
func (n *notice) staff() string {
	for _, kind := range []string{id.User, id.Integration, id.Bot} {
		if id.Is(n.event.ActorID, kind) {
			return n.event.ActorID
		}
	}
	return ""
}

// markConversationRead marks what tells a user of a conversation that they have read so far.
func (s *Service) markConversationRead(ctx context.Context, tx *store.Tx, r reading) error {
	of := &store.Statement{}
	query := "SELECT id FROM notifications WHERE conversation_id = " + of.Arg(r.conversationID) + " AND user_id = " + of.Arg(r.userID) +
		" AND read_at = 0 AND message_number <= " + of.Arg(r.number)
	var ids []string
	err := eachRow(ctx, tx, query, of.Args, func(rows entsql.ColumnScanner) error {
		var one string
		err := rows.Scan(&one)
		ids = append(ids, one)
		return err
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = s.markRead(ctx, tx, r.userID, func(of *store.Statement) string { return "id IN (" + store.List(of, ids) + ")" })
	return err
}

// markRead marks those of a user's unread notifications to which a condition applies.
func (s *Service) markRead(ctx context.Context, tx *store.Tx, userID string, which func(*store.Statement) string) (int64, error) {
	accountID := accountOf(ctx)
	next, err := advance(ctx, tx, accountID, []string{userID})
	if err != nil {
		return 0, err
	}
	of := &store.Statement{}
	n, err := tx.Exec(ctx, "UPDATE notifications SET read_at = "+of.Arg(int64(tx.Now()))+", sequence = "+of.Arg(next[userID])+
		" WHERE user_id = "+of.Arg(userID)+" AND account_id = "+of.Arg(accountID)+" AND read_at = 0 AND "+which(of), of.Args...)
	if n > 0 {
		s.writeNotice(ctx, tx, []string{userID})
	}
	return n, err
}

// Forget deletes notifications that were read, or that no one read in three months. The
// system runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
	now := s.store.Now()
	ctx = viewer.NewContext(ctx, viewer.Everywhere("notifications"))
	for {
		of := &store.Statement{}
		ids, err := s.ids(ctx, "SELECT id FROM notifications WHERE read_at > 0 AND read_at < "+of.Arg(int64(now.Add(-keepRead)))+
			" OR updated_at < "+of.Arg(int64(now.Add(-keepUnread)))+" LIMIT 500", of.Args...)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			of := &store.Statement{}
			_, err := tx.Exec(ctx, "DELETE FROM notifications WHERE id IN ("+store.List(of, ids)+")", of.Args...)
			return err
		})
		if err != nil {
			return err
		}
	}
}

const (
	keepRead   = 30 * 24 * time.Hour
	keepUnread = 90 * 24 * time.Hour
)
