package targeting

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Publish checks a draft and turns it on. Every field that is missing is an
// error of its own (TM-1). One that is on stays as it is; one that is off was
// published before, and is turned on by SetState: INVALID.
func (s *Service) Publish(ctx context.Context, in PublishTargetedMessageInput) (*ent.TargetedMessage, error) {
	return s.changeMessage(ctx, "publishTargetedMessage", in.TargetedMessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
		switch m.State {
		case vocab.TargetedOn:
			return nil
		case vocab.TargetedOff:
			return errs.New(errs.Invalid, "The targeted message has already been published. Turn it on with setTargetedMessageState.").On("targetedMessageId")
		}
		if err := checkComplete(ctx, tx.Client, m); err != nil {
			return err
		}
		m.State, m.PublishedAt = vocab.TargetedOn, tx.Now()
		err := tx.Client.TargetedMessage.UpdateOneID(m.ID).SetState(m.State).SetPublishedAt(m.PublishedAt).Exec(ctx)
		if err != nil {
			return err
		}
		recordEvent(ctx, tx, vocab.TargetedMessagePublished, m, fieldChange("state", string(vocab.TargetedDraft), string(m.State)))
		return nil
	})
}
