package visitor

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	entplay "parley/ent/flowrun"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AwaitsAnswer reports of each message whether it is the question that a bot's flow waits at:
// nothing else is asked beside it (TM-5, BT-4). It asks the database only where a bot wrote,
// with two queries.
func (s *Service) AwaitsAnswer(ctx context.Context, list []*ent.Message) ([]bool, error) {
	awaits := make([]bool, len(list))
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
		return awaits, nil
	}
	ctx = system(ctx, v)
	client := s.store.Client(ctx)
	asking, err := client.FlowRun.Query().Where(entplay.ConversationIDIn(ids...), entplay.PhaseEQ(vocab.FlowAsked), entplay.EndedAt(0)).
		Select(entplay.FieldConversationID).Strings(ctx)
	if err != nil || len(asking) == 0 {
		return awaits, err
	}
	chats, err := client.Conversation.Query().Where(entconversation.IDIn(asking...), entconversation.BotStateEQ(vocab.BotActive)).All(ctx)
	if err != nil {
		return nil, err
	}
	last := map[string]int{}
	for _, c := range chats {
		last[c.ID] = c.LastOutgoingNumber
	}
	for i, m := range list {
		awaits[i] = m.AuthorKind == viewer.Bot && m.Direction == vocab.Outgoing && last[m.ConversationID] == m.Number
	}
	return awaits, nil
}
