package visitor

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entconversation "parley/ent/conversation"
	entmessage "parley/ent/message"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/viewer"
)

const (
	// maxConversations is how many conversations a visitor's list has at most.
	maxConversations = 50
	// defaultPage is how many messages a page has when nobody asks for another number.
	defaultPage = 50
)

// Conversations returns the visitor's own conversations, latest message first,
// at most 50 (CH-6). What is in the trash looks gone.
func (s *Service) Conversations(ctx context.Context) ([]*ent.Conversation, error) {
	if _, err := self(ctx); err != nil {
		return nil, err
	}
	return s.store.Client(ctx).Conversation.Query().
		Order(entconversation.ByLastMessageAt(sql.OrderDesc()), entconversation.ByID(sql.OrderDesc())).
		Limit(maxConversations).All(ctx)
}

// Conversation returns one of the visitor's own conversations, or nil.
func (s *Service) Conversation(ctx context.Context, conversationID string) (*ent.Conversation, error) {
	if _, err := self(ctx); err != nil {
		return nil, err
	}
	if !id.Is(conversationID, id.Conversation) {
		return nil, nil
	}
	c, err := s.store.Client(ctx).Conversation.Get(ctx, conversationID)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return c, err
}

// Messages returns a page of what the visitor sees of their conversation,
// oldest first: the first 50 unless asked otherwise. Notes and deleted messages
// are left out (IN-14); a cursor tells nothing of them.
func (s *Service) Messages(ctx context.Context, c *ent.Conversation, args relay.PageArgs) (*relay.Connection[*ent.Message], error) {
	if _, err := self(ctx); err != nil {
		return nil, err
	}
	page, err := args.Resolve(defaultPage)
	if err != nil {
		return nil, err
	}
	fingerprint := relay.Fingerprint("visitorMessages", c.ID)
	from, given, err := page.Key(fingerprint, false, id.Message)
	if err != nil {
		return nil, err
	}
	// In the order of number, which an index has; visible_number rises with it.
	query := s.store.Client(ctx).Message.Query().Limit(page.Limit()+1).
		Where(entmessage.ConversationID(c.ID), entmessage.DeletedAt(0))
	if page.Backward() {
		query.Order(entmessage.ByNumber(sql.OrderDesc()))
	} else {
		query.Order(entmessage.ByNumber())
	}
	switch {
	case given && page.Backward():
		query.Where(entmessage.VisibleNumberLT(int(from.Value)))
	case given:
		query.Where(entmessage.VisibleNumberGT(int(from.Value)))
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, err
	}
	return relay.Build(rows, page, func(m *ent.Message) string {
		return relay.EncodeCursor(fingerprint, false, relay.Key{Value: int64(m.VisibleNumber), ID: m.ID})
	}), nil
}

// Unread tells for each of the visitor's conversations how many messages to
// them they have not read, with one query.
func (s *Service) Unread(ctx context.Context, list []*ent.Conversation) ([]int, error) {
	v, err := self(ctx)
	if err != nil {
		return nil, err
	}
	unread, err := s.unread(ctx, v)
	if err != nil {
		return nil, err
	}
	counts := make([]int, len(list))
	for i, c := range list {
		counts[i] = unread[c.ID]
	}
	return counts, nil
}

// unread counts what the visitor has not read, by conversation.
func (s *Service) unread(ctx context.Context, v *viewer.Viewer) (map[string]int, error) {
	rows, err := s.store.Query(ctx, `SELECT c.id, COUNT(*) FROM conversations c
		JOIN messages m ON m.conversation_id = c.id AND m.visible_number > c.visitor_read_number AND m.direction = 'OUTGOING' AND m.deleted_at = 0
		WHERE c.account_id = $1 AND c.visitor_id = $2 AND c.deleted_at = 0 GROUP BY c.id`, v.AccountID, v.ActorID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]int{}
	for rows.Next() {
		var conversationID string
		var n int
		if err := rows.Scan(&conversationID, &n); err != nil {
			return nil, err
		}
		counts[conversationID] = n
	}
	return counts, rows.Err()
}
