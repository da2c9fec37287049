package notification

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/message"
	"parley/internal/clock"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// EscalateEvery is how often the system looks for what is to be escalated.
	EscalateEvery = 20 * time.Second
	// mostEscalated is how many conversations are read at a time.
	mostEscalated = 200
)

// escalates is the condition that a notification n of a conversation c is escalated if no one
// reads it. What several are told of a new conversation is read once one of them has read it,
// and over once it is assigned; that it was assigned matters while it is theirs.
var escalates = func() string {
	list := ""
	for _, k := range Kinds {
		if k.escalates() {
			if list != "" {
				list += ", "
			}
			list += "'" + string(k.Name) + "'"
		}
	}
	return "n.kind IN (" + list + ") AND (n.kind NOT IN ('NEW_CHAT', 'NEW_EMAIL') OR c.assignee_id = '' AND NOT EXISTS (SELECT 1 FROM notifications r" +
		" WHERE r.conversation_id = c.id AND r.account_id = c.account_id AND r.kind = n.kind AND r.read_at > 0)) AND (n.kind <> 'ASSIGNED' OR n.user_id = c.assignee_id)"
}()

// isOfMember is the condition that who is told by a notification n of a conversation c is there,
// and a member of its inbox.
const isOfMember = `EXISTS (SELECT 1 FROM users u WHERE u.id = n.user_id AND u.account_id = n.account_id AND u.deactivated_at = 0 AND (
	EXISTS (SELECT 1 FROM inbox_users m WHERE m.user_id = u.id AND m.inbox_id = c.inbox_id)
	OR EXISTS (SELECT 1 FROM team_members t JOIN inbox_teams m ON m.team_id = t.team_id WHERE t.user_id = u.id AND m.inbox_id = c.inbox_id)))`

// awaitReading notes that a notification of a conversation is to be read in time, if its inbox
// escalates what is not. What waits already, or was escalated and not answered, stays.
func awaitReading(ctx context.Context, tx *store.Tx, n *notice) error {
	if n.conversation == nil || !kindNamed(n.kind).escalates() {
		return nil
	}
	i, err := tx.Client.Inbox.Get(ctx, n.inboxID())
	if err != nil {
		return ent.MaskNotFound(err)
	}
	after := escalateAfter(i)
	if after == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, "INSERT INTO escalations (conversation_id, account_id, since, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT (conversation_id) DO NOTHING",
		n.conversationID(), n.event.AccountID, int64(n.event.OccurredAt), int64(n.event.OccurredAt.Add(after)))
	return err
}

// escalateAfter is how long an inbox's notifications may stay unread; 0: for ever.
func escalateAfter(i *ent.Inbox) time.Duration {
	return time.Duration(i.Settings.EscalateAfter) * time.Minute
}

// isAnswered reports whether an event answers or closes a conversation of which a notification
// is to be read in time, or was escalated.
func (s *Service) isAnswered(ctx context.Context, e *event.Entry) (bool, error) {
	switch {
	case e.Type == vocab.ConversationClosed:
	case e.Type != vocab.MessageCreated || e.ActorKind == viewer.Visitor || e.ActorKind == viewer.SystemKind:
		return false, nil
	default:
		out, err := s.store.Client(ctx).Message.Query().Where(message.ID(e.MessageID), message.DirectionEQ(vocab.Outgoing)).Exist(ctx)
		if err != nil || !out {
			return false, err
		}
	}
	found, err := s.ids(ctx, "SELECT conversation_id FROM escalations WHERE conversation_id = $1 AND account_id = $2", e.ConversationID, e.AccountID)
	return len(found) > 0, err
}

// isUndone reports whether an event takes back an answer of a conversation: it did not reach the
// contact, or was canceled.
func (s *Service) isUndone(ctx context.Context, e *event.Entry) (bool, error) {
	if e.Type != vocab.MessageDeliveryChanged {
		return false, nil
	}
	if to := changedTo(e, "delivery"); to != string(vocab.DeliveryFailed) && to != string(vocab.DeliveryCanceled) {
		return false, nil
	}
	return s.store.Client(ctx).Message.Query().Where(message.ID(e.MessageID), message.DirectionEQ(vocab.Outgoing)).Exist(ctx)
}

// awaitAgain notes that a conversation is not answered after all: what of its notifications is
// not read is to be read in time, from now on.
func awaitAgain(ctx context.Context, tx *store.Tx, e *event.Entry) error {
	c, err := tx.Client.Conversation.Get(ctx, e.ConversationID)
	if err != nil {
		return ent.MaskNotFound(err)
	}
	i, err := tx.Client.Inbox.Get(ctx, c.InboxID)
	if err != nil || i.Settings.EscalateAfter == 0 || isAnsweredNow(c) || c.Status == vocab.Closed {
		return ent.MaskNotFound(err)
	}
	since := min(c.WaitingSince, e.OccurredAt) // they wait since then again (IN-34)
	_, err = tx.Exec(ctx, "INSERT INTO escalations (conversation_id, account_id, since, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT (conversation_id) DO NOTHING",
		c.ID, c.AccountID, int64(since), int64(e.OccurredAt.Add(escalateAfter(i))))
	return err
}

// isAnsweredNow reports whether the last that was said in a conversation is an answer.
func isAnsweredNow(c *ent.Conversation) bool { return c.LastOutgoingNumber > c.LastIncomingNumber }

// settleEscalation forgets that a conversation waits for its notifications to be read: it was
// answered, or closed.
func settleEscalation(ctx context.Context, tx *store.Tx, conversationID string) error {
	_, err := tx.Exec(ctx, "DELETE FROM escalations WHERE conversation_id = $1 AND account_id = $2", conversationID, accountOf(ctx))
	return err
}

// Escalate says of each conversation that it is escalated, if a notification of it was not read
// in time and no one answered meanwhile. The system runs it every EscalateEvery.
func (s *Service) Escalate(ctx context.Context) error {
	everywhere := viewer.NewContext(ctx, viewer.Everywhere("escalate"))
	for {
		type place struct{ accountID, conversationID string }
		var due []place
		err := store.ForEachRow(everywhere, s.store, "SELECT account_id, conversation_id FROM escalations WHERE escalated_at = 0 AND due_at <= $1 ORDER BY due_at LIMIT $2",
			[]any{int64(s.store.Now()), mostEscalated}, func(rows entsql.ColumnScanner) error {
				var p place
				err := rows.Scan(&p.accountID, &p.conversationID)
				due = append(due, p)
				return err
			})
		if err != nil || len(due) == 0 {
			return err
		}
		for _, p := range due {
			inside := viewer.NewContext(ctx, viewer.System("escalate", p.accountID))
			if err := s.store.WithTx(inside, func(ctx context.Context, tx *store.Tx) error { return escalate(ctx, tx, p.conversationID) }); err != nil {
				return err
			}
		}
		if len(due) < mostEscalated {
			return nil
		}
	}
}

// escalate settles a conversation that is due: it is escalated, or waits longer, or is
// forgotten.
func escalate(ctx context.Context, tx *store.Tx, conversationID string) error {
	now, accountID := tx.Now(), accountOf(ctx)
	// It is locked, and may be settled by now.
	taken, err := tx.Exec(ctx, "UPDATE escalations SET escalated_at = $1 WHERE conversation_id = $2 AND account_id = $3 AND escalated_at = 0 AND due_at <= $4",
		int64(now), conversationID, accountID, int64(now))
	if err != nil || taken == 0 {
		return err
	}
	at, c, err := overdueSince(ctx, tx, conversationID)
	switch {
	case err != nil:
		return err
	case at == 0:
		return settleEscalation(ctx, tx, conversationID)
	case at > now:
		_, err = tx.Exec(ctx, "UPDATE escalations SET escalated_at = 0, due_at = $1 WHERE conversation_id = $2 AND account_id = $3", int64(at), conversationID, accountID)
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.ConversationEscalated, InboxID: c.InboxID, ConversationID: c.ID, Revision: c.Revision})
	return nil
}

// overdueSince is when a conversation is to be escalated, by the oldest of its notifications
// that is not read, and came or rose since it waits; 0: it is not.
func overdueSince(ctx context.Context, tx *store.Tx, conversationID string) (clock.Micros, *ent.Conversation, error) {
	c, err := tx.Client.Conversation.Get(ctx, conversationID)
	if err != nil || c.DeletedAt.IsSet() || c.Filtered != 0 || c.Status == vocab.Closed || isAnsweredNow(c) {
		return 0, nil, ent.MaskNotFound(err)
	}
	i, err := tx.Client.Inbox.Get(ctx, c.InboxID)
	if err != nil || i.Settings.EscalateAfter == 0 {
		return 0, nil, ent.MaskNotFound(err)
	}
	var oldest, since int64
	err = eachRow(ctx, tx, `SELECT e.since, COALESCE((SELECT MIN(n.created_at) FROM notifications n JOIN conversations c ON c.id = n.conversation_id WHERE n.conversation_id = e.conversation_id
		AND n.account_id = e.account_id AND n.read_at = 0 AND n.updated_at >= e.since AND `+isOfMember+` AND `+escalates+`), 0) FROM escalations e WHERE e.conversation_id = $1 AND e.account_id = $2`, []any{conversationID, c.AccountID},
		func(rows entsql.ColumnScanner) error { return rows.Scan(&since, &oldest) })
	if err != nil || oldest == 0 {
		return 0, nil, err
	}
	return clock.Micros(max(oldest, since)).Add(escalateAfter(i)), c, nil
}

// noticesOfEscalation tells of a conversation that is escalated: the team that its inbox says,
// while it has members; otherwise the admins who are members.
func (s *Service) noticesOfEscalation(ctx context.Context, c *ent.Conversation) ([]*notice, error) {
	i, err := s.store.Client(ctx).Inbox.Get(ctx, c.InboxID)
	if err != nil {
		return nil, ent.MaskNotFound(err)
	}
	n := &notice{kind: vocab.NotifyEscalated, number: c.LastNumber}
	if i.Settings.EscalateTo != "" {
		n.users, err = s.ids(ctx, `SELECT t.user_id FROM team_members t JOIN inbox_teams m ON m.team_id = t.team_id JOIN users u ON u.id = t.user_id
			WHERE t.team_id = $1 AND m.inbox_id = $2 AND u.account_id = $3 AND u.deactivated_at = 0 ORDER BY t.user_id`, i.Settings.EscalateTo, c.InboxID, c.AccountID)
	}
	if err == nil && len(n.users) == 0 {
		n.users, err = s.admins(ctx, c.AccountID)
	}
	if err != nil || len(n.users) == 0 {
		return nil, err
	}
	last, err := s.store.Client(ctx).Message.Query().Where(message.ConversationID(c.ID), message.Number(c.LastIncomingNumber)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, err
	}
	if last != nil {
		n.messageID = last.ID
	}
	return []*notice{n}, nil
}
