package conversation

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/conversation/view"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

// messages are those of a conversation, oldest first. A cursor is a number, so
// that it means the same in each conversation.
var messages = store.Listing[ent.Message]{
	Name: "messages", Kind: id.Message, Column: entmessage.FieldNumber, Unique: true,
	Number: func(m *ent.Message) int64 { return int64(m.Number) }, ID: func(m *ent.Message) string { return m.ID },
}

// Messages returns a page of each conversation's messages, oldest first: the first
// 50 unless asked otherwise. Deleted ones are tombstones without content.
func (s *Service) Messages(ctx context.Context, list []*ent.Conversation, args paging.PageArgs) ([]*MessagePage, error) {
	found, err := messages.Pages(args, view.DefaultPage, idsOf(list), store.Of(entmessage.FieldConversationID),
		func(narrow func(*sql.Selector)) ([]*ent.Message, error) {
			query := s.store.Client(ctx).Message.Query()
			query.Modify(narrow)
			return query.All(ctx)
		})
	if err != nil {
		return nil, err
	}
	pages := make([]*MessagePage, len(list))
	for i, c := range list {
		pages[i] = &MessagePage{TotalCount: c.LastNumber, Connection: *found[i]}
	}
	return pages, nil
}

// idsOf returns the ids of conversations.
func idsOf(list []*ent.Conversation) []string {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return ids
}

// MessagePage is one page of a conversation's messages.
type MessagePage struct {
	paging.Connection[*ent.Message]
	// TotalCount is how many messages and notes the conversation has.
	TotalCount int
}
