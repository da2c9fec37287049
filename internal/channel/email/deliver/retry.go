package deliver

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

func notConnected() *errs.Error {
	return errs.New(errs.ChannelNotConnected, "The conversation's e-mail channel is not connected. Reconnect it to send mail.")
}

// Retry sends a message again that failed, to those whom it did not reach (EM-6).
// INVALID for one that did not fail; CHANNEL_NOT_CONNECTED.
func (s *Service) Retry(ctx context.Context, in RetryMessageInput) (*ent.Message, error) {
	return s.changeSending(ctx, "retryMessage", in.MessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, e *ent.Email, m *ent.Message) error {
		if m.Delivery != vocab.DeliveryFailed {
			return errs.New(errs.Invalid, "Only a message that failed can be sent again; this one is %s.", m.Delivery).On("messageId")
		}
		channel, err := tx.Client.EmailChannel.Get(ctx, e.ChannelID)
		if err != nil {
			return err
		}
		if channel.State == vocab.EmailDisconnected {
			return notConnected().On("messageId")
		}
		recipients := e.Recipients
		for i := range recipients {
			if recipients[i].State == vocab.DeliveryFailed {
				recipients[i] = vocab.Recipient{Address: recipients[i].Address, State: vocab.DeliveryQueued}
			}
		}
		err = tx.Client.Email.UpdateOneID(e.ID).SetRecipients(recipients).SetAttempts(0).SetSendAt(tx.Now()).SetNextAttemptAt(tx.Now()).Exec(ctx)
		if err != nil {
			return err
		}
		tx.Enqueue(store.Job{Args: SendArgs{AccountID: m.AccountID, MessageID: m.ID}})
		return s.conversations.Requeue(ctx, tx, m.ID)
	})
}
