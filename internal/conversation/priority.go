package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/vocab"
)

// SetPriority says how pressing a conversation is (IN-18).
func (s *Service) SetPriority(ctx context.Context, in SetConversationPriorityInput) (*ent.Conversation, error) {
	in1 := call{"setConversationPriority", in.ConversationID, in.ExpectedRevision, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(_ context.Context, ch *change) error { return ch.setPriority(in.Priority) })
}

func (ch *change) setPriority(to vocab.Priority) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	if ch.c.Priority != to {
		ch.c.Priority = to
		ch.emit(vocab.ConversationUpdated)
	}
	return nil
}
