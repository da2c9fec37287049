package targeting

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entmessage "parley/ent/targetedmessage"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

// OfChannels returns a page of each channel's targeted messages, in the order in
// which they are tried.
func (s *Service) OfChannels(ctx context.Context, channels []*ent.Channel, args paging.PageArgs) ([]*paging.Connection[*ent.TargetedMessage], error) {
	ids := make([]string, len(channels))
	for i, c := range channels {
		ids[i] = c.ID
	}
	return messages.Pages(args, account.PageOfRow, ids, store.Of(entmessage.FieldChannelID), func(narrow func(*sql.Selector)) ([]*ent.TargetedMessage, error) {
		q := s.store.Client(ctx).TargetedMessage.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// messages are listed by their position.
var messages = store.Listing[ent.TargetedMessage]{
	Name: "targetedMessages", Kind: id.TargetedMessage, Column: entmessage.FieldPosition,
	Number: func(m *ent.TargetedMessage) int64 { return int64(m.Position) }, ID: func(m *ent.TargetedMessage) string { return m.ID },
}
