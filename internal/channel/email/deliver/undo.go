package deliver

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// UndoSend takes a message back that waits for its time to undo to be over: it is
// CANCELED and stays as a tombstone, and what it said is in its revisions (IN-14).
// Undone again it stays as it is. INVALID when it is on its way.
func (s *Service) UndoSend(ctx context.Context, in UndoSendInput) (*ent.Message, error) {
	return s.changeSending(ctx, "undoSend", in.MessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, e *ent.Email, m *ent.Message) error {
		waits := m.Delivery == vocab.DeliveryQueued && e.Attempts == 0 && e.SendAt > tx.Now() && e.NextAttemptAt == e.SendAt
		if !waits && m.Delivery != vocab.DeliveryCanceled {
			return errs.New(errs.Invalid, "The message is already being sent and cannot be canceled.").On("messageId")
		}
		if err := s.conversations.TakeBack(ctx, tx, m.ID); err != nil || !waits {
			return err
		}
		recipients := e.Recipients
		for i := range recipients {
			recipients[i].State = vocab.DeliveryCanceled
		}
		return tx.Client.Email.UpdateOneID(e.ID).SetRecipients(recipients).SetSendAt(0).SetNextAttemptAt(0).Exec(ctx)
	})
}
