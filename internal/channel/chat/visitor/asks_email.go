package visitor

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	entvisitor "parley/ent/visitor"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AsksForEmail reports of each message whether the calling visitor is to be asked for an
// address with it: it is the last of a bot that handed the chat off where no one could take
// it (BT-2). It asks the database only where a bot wrote, with two queries.
func (s *Service) AsksForEmail(ctx context.Context, list []*ent.Message) ([]bool, error) {
	asks := make([]bool, len(list))
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range list {
		if m.AuthorKind == viewer.Bot && m.Direction == vocab.Outgoing {
			ids = append(ids, m.ConversationID)
		}
	}
	if len(ids) == 0 {
		return asks, nil
	}
	client := s.store.Client(system(ctx, v))
	known, err := client.Visitor.Query().Where(entvisitor.ID(v.ActorID), entvisitor.EmailNEQ("")).Exist(system(ctx, v))
	if err != nil || known {
		return asks, err
	}
	chats, err := client.Conversation.Query().Where(entconversation.IDIn(ids...), entconversation.BotStateEQ(vocab.BotHandedOff), entconversation.AssigneeID("")).All(system(ctx, v))
	if err != nil {
		return nil, err
	}
	last := map[string]int{}
	for _, c := range chats {
		if c.Status == vocab.Open && !c.FirstRespondedAt.IsSet() {
			last[c.ID] = c.LastOutgoingNumber
		}
	}
	for i, m := range list {
		asks[i] = m.AuthorKind == viewer.Bot && m.Direction == vocab.Outgoing && last[m.ConversationID] == m.Number
	}
	return asks, nil
}
