package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/vocab"
)

// SetPriority says how pressing a conversation is (IN-18).
func (s *Service) SetPriority(ctx context.Context, in SetConversationPriorityInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "setConversationPriority", in.Target, in, func(_ context.Context, ch *change) error { return ch.setPriority(in.Priority) })
}

func (ch *change) setPriority(to vocab.Priority) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	if ch.c.Priority != to {
		ch.c.Priority = to
		ch.emitEvent(vocab.ConversationUpdated)
	}
	return nil
}
