package conversation

import (
	"context"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/id"
	"parley/internal/relay"
)

// Messages returns a page of a conversation's messages, oldest first: the first
// 50 unless asked otherwise. Deleted ones are tombstones without content.
func (s *Service) Messages(ctx context.Context, c *ent.Conversation, args relay.PageArgs) (*MessagePage, error) {
	page, err := args.Resolve(defaultPage)
	if err != nil {
		return nil, err
	}
	fingerprint := relay.Fingerprint("messages", c.ID)
	from, given, err := page.Key(fingerprint, false, id.Message)
	if err != nil {
		return nil, err
	}
	query := s.store.Client(ctx).Message.Query().Where(entmessage.ConversationID(c.ID)).Limit(page.Limit() + 1)
	if page.Backward() {
		query.Order(ent.Desc(entmessage.FieldNumber))
	} else {
		query.Order(ent.Asc(entmessage.FieldNumber))
	}
	switch {
	case given && page.Backward():
		query.Where(entmessage.NumberLT(int(from.Value)))
	case given:
		query.Where(entmessage.NumberGT(int(from.Value)))
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, err
	}
	return &MessagePage{TotalCount: c.LastNumber, Connection: *relay.Build(rows, page, func(m *ent.Message) string {
		return relay.EncodeCursor(fingerprint, false, relay.Key{Value: int64(m.Number), ID: m.ID})
	})}, nil
}
