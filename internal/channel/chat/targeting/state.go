package targeting

import (
	"context"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Grace is how long chats may begin from a message that went off: visitors who
// were shown it may be writing (TM-1).
const Grace = time.Hour

// SetState turns a published message on or off. Turning on checks it as
// publishing does; a draft is published instead: INVALID (TM-1).
func (s *Service) SetState(ctx context.Context, in SetTargetedMessageStateInput) (*ent.TargetedMessage, error) {
	return s.changeMessage(ctx, "setTargetedMessageState", in.TargetedMessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
		was, is := m.State, vocab.TargetedOff
		if in.On {
			is = vocab.TargetedOn
		}
		switch was {
		case is:
			return nil
		case vocab.TargetedDraft:
			return errs.New(errs.Invalid, "The targeted message is a draft. Publish it first.").On("targetedMessageId")
		}
		m.State, m.OffAt = is, 0
		if is == vocab.TargetedOff {
			m.OffAt = tx.Now()
		} else if err := checkComplete(ctx, tx.Client, m); err != nil {
			return err
		}
		if err := tx.Client.TargetedMessage.UpdateOneID(m.ID).SetState(m.State).SetOffAt(m.OffAt).Exec(ctx); err != nil {
			return err
		}
		recordEvent(ctx, tx, vocab.TargetedMessageUpdated, m, fieldChange("state", string(was), string(is)))
		return nil
	})
}

// Starts reports whether a chat may begin from the message at the given time:
// it is on, or went off less than Grace ago. Then only visitors who were shown
// it may begin one (TM-1).
func Starts(m *ent.TargetedMessage, now clock.Micros) bool {
	return m.State == vocab.TargetedOn || m.State == vocab.TargetedOff && now < m.OffAt.Add(Grace)
}
