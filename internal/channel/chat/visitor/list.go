package visitor

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entconversation "parley/ent/conversation"
	entmessage "parley/ent/message"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
)

// defaultPage is how many rows a page has when no one asks for another number.
const defaultPage = 50

// Conversations returns a page of the visitor's own conversations, latest message
// first: the first 50 unless asked otherwise (CH-6). What is in the trash looks
// gone.
func (s *Service) Conversations(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.Conversation], error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	page, err := args.Resolve(defaultPage)
	if err != nil {
		return nil, err
	}
	fingerprint := paging.Fingerprint("visitorConversations", v.ActorID)
	from, given, err := page.Key(fingerprint, true, id.Conversation)
	if err != nil {
		return nil, err
	}
	order := sql.OrderDesc()
	if page.Backward() {
		order = sql.OrderAsc()
	}
	query := s.store.Client(ctx).Conversation.Query().Limit(page.Limit()+1).
		Order(entconversation.ByLastMessageAt(order), entconversation.ByID(order))
	if given {
		query.Where(func(q *sql.Selector) { q.Where(beyond(q, from, page.Backward())) })
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, err
	}
	if rows, err = s.withContinued(ctx, v, rows, page, from, given); err != nil {
		return nil, err
	}
	return paging.Build(rows, page, func(c *ent.Conversation) string {
		return paging.EncodeCursor(fingerprint, true, paging.Key{Value: int64(c.LastMessageAt), ID: c.ID})
	}), nil
}

// beyond are the conversations behind a place in the list, or before it.
func beyond(q *sql.Selector, from paging.Key, backward bool) *sql.Predicate {
	columns := sql.CompositeLT
	if backward {
		columns = sql.CompositeGT
	}
	return columns([]string{q.C(entconversation.FieldLastMessageAt), q.C(entconversation.FieldID)}, from.Value, from.ID)
}

// Conversation returns one of the visitor's own conversations, or nil. What went on
// elsewhere looks as it did then (CH-8).
func (s *Service) Conversation(ctx context.Context, conversationID string) (*ent.Conversation, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	if !id.Is(conversationID, id.Conversation) {
		return nil, nil
	}
	c, err := s.store.Client(ctx).Conversation.Get(ctx, conversationID)
	if ent.IsNotFound(err) {
		return s.continuedChat(ctx, v, conversationID)
	}
	return c, err
}

// messages are what a visitor sees of a conversation, oldest first. They are in the
// order of number, which an index has; visible_number rises with it, and a cursor
// has only that.
var messages = store.Listing[ent.Message]{
	Name: "visitorMessages", Kind: id.Message, Column: entmessage.FieldNumber, Unique: true, Shown: entmessage.FieldVisibleNumber,
	Number: func(m *ent.Message) int64 { return int64(m.VisibleNumber) }, ID: func(m *ent.Message) string { return m.ID },
}

// Messages returns a page of what the visitor sees of each of their conversations,
// oldest first: the first 50 unless asked otherwise. Notes and deleted messages
// are left out (IN-14); a cursor shows nothing of them.
func (s *Service) Messages(ctx context.Context, list []*ent.Conversation, args paging.PageArgs) ([]*paging.Connection[*ent.Message], error) {
	if _, err := callingVisitor(ctx); err != nil {
		return nil, err
	}
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return messages.Pages(args, defaultPage, ids, store.Of(entmessage.FieldConversationID), func(narrow func(*sql.Selector)) ([]*ent.Message, error) {
		query := s.store.Client(ctx).Message.Query().Where(entmessage.DeletedAt(0))
		query.Modify(narrow)
		return query.All(ctx)
	})
}

// Unread reports for each of the visitor's conversations how many messages to
// them they have not read, with one query.
func (s *Service) Unread(ctx context.Context, list []*ent.Conversation) ([]int, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	unread, err := s.countUnread(ctx, v)
	if err != nil {
		return nil, err
	}
	counts := make([]int, len(list))
	for i, c := range list {
		counts[i] = unread[c.ID]
	}
	return counts, nil
}

// countUnread counts what the visitor has not read, by conversation.
func (s *Service) countUnread(ctx context.Context, v *viewer.Viewer) (map[string]int, error) {
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
