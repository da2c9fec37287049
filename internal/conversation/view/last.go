package view

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/store"
	"parley/internal/viewer"
)

// LastMessages returns the last message of each conversation that the contact and the
// team see, with one query; nil: there is none. It is what the preview shows.
func (s *Service) LastMessages(ctx context.Context, list []*ent.Conversation) ([]*ent.Message, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := idsOf(list)
	messages, err := s.store.Client(ctx).Message.Query().Where(func(q *sql.Selector) {
		q.Where(sql.P(func(b *sql.Builder) {
			b.Ident(q.C("id")).WriteString(` IN (SELECT (SELECT last.id FROM messages last
				WHERE last.conversation_id = c.id AND last.visible_number > 0 ORDER BY last.number DESC LIMIT 1) FROM conversations c WHERE c.id IN (`).Args(ids...).WriteString("))")
		}))
	}).All(ctx)
	if err != nil {
		return nil, err
	}
	byConversation := make(map[string]*ent.Message, len(messages))
	for _, m := range messages {
		byConversation[m.ConversationID] = m
	}
	last := make([]*ent.Message, len(list))
	for i, c := range list {
		last[i] = byConversation[c.ID]
	}
	return last, nil
}

// maxUnread is as far as one conversation's unread messages are counted.
const maxUnread = 1000

// UnreadCounts returns how many incoming messages of each conversation the viewer has
// not read, up to 1,000, with one query: none where Unread says no, and none of what
// came back from snooze without a new message (IN-15, IN-18).
func (s *Service) UnreadCounts(ctx context.Context, list []*ent.Conversation) ([]int, error) {
	v := viewer.FromContext(ctx)
	counts := make([]int, len(list))
	if !v.IsUser() || len(list) == 0 {
		return counts, nil
	}
	q := &store.Statement{}
	me := q.Arg(v.ActorID)
	q.WriteString(`SELECT c.id, (SELECT COUNT(*) FROM (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND m.number > COALESCE(r.number, 0)
			AND m.number <= c.last_incoming_number AND m.direction = 'INCOMING' LIMIT ` + strconv.Itoa(maxUnread) + `) unread)
		FROM conversations c LEFT JOIN read_positions r ON r.conversation_id = c.id AND r.user_id = ` + me + `
		WHERE c.account_id = ` + q.Arg(v.AccountID) + ` AND c.id IN (` + store.List(q, stringIDs(list)) + `)
			AND c.filtered = 0 AND c.last_incoming_number > COALESCE(r.number, 0)`)
	found := map[string]int{}
	err := store.ForEachRow(ctx, s.store, q.String(), q.Args, func(rows sql.ColumnScanner) error {
		var conversationID string
		var n int
		err := rows.Scan(&conversationID, &n)
		found[conversationID] = n
		return err
	})
	for i, c := range list {
		counts[i] = found[c.ID]
	}
	return counts, err
}

func stringIDs(list []*ent.Conversation) []string {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return ids
}

func idsOf(list []*ent.Conversation) []any {
	ids := make([]any, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return ids
}
