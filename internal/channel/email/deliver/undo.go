package deliver

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// UndoSend takes a message back that waits for its time to undo to be over: it
// stays as a tombstone, and what it said is in its revisions. INVALID when it is
// on its way.
func (s *Service) UndoSend(ctx context.Context, in UndoSendInput) (*ent.Message, error) {
	return s.changeSending(ctx, "undoSend", in.MessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, e *ent.Email, m *ent.Message) error {
		if m.Delivery != vocab.DeliveryQueued || e.Attempts > 0 || e.SendAt <= tx.Now() || m.DeletedAt.IsSet() {
			return errs.New(errs.Invalid, "The message is already being sent and cannot be canceled.").On("messageId")
		}
		return s.conversations.TakeBack(ctx, tx, m.ID)
	})
}
