package targeting

import (
	"context"
	"strconv"

	"parley/ent"
	entmessage "parley/ent/targetedmessage"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Move puts a targeted message at another position of its channel; those
// between move up by one (TM-1). A position outside 1 to n is INVALID.
func (s *Service) Move(ctx context.Context, in MoveTargetedMessageInput) (*ent.TargetedMessage, error) {
	return s.changeMessage(ctx, "moveTargetedMessage", in.TargetedMessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
		n, err := tx.Client.TargetedMessage.Query().Where(entmessage.ChannelID(m.ChannelID)).Count(ctx)
		if err != nil {
			return err
		}
		if in.Position < 1 || in.Position > n {
			return errs.New(errs.Invalid, "The position is %d; it must be from 1 to %d.", in.Position, n).On("position")
		}
		was := m.Position
		if in.Position == was {
			return nil
		}
		if err := shiftPositions(ctx, tx, m, in.Position); err != nil {
			return err
		}
		m.Position = in.Position
		if err := tx.Client.TargetedMessage.UpdateOneID(m.ID).SetPosition(m.Position).Exec(ctx); err != nil {
			return err
		}
		recordEvent(ctx, tx, vocab.TargetedMessageUpdated, m, fieldChange("position", strconv.Itoa(was), strconv.Itoa(m.Position)))
		return nil
	})
}

// shiftPositions shifts the messages between m and its new position towards where m
// was.
func shiftPositions(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage, to int) error {
	between, by := []int{to, m.Position - 1}, 1
	if to > m.Position {
		between, by = []int{m.Position + 1, to}, -1
	}
	return tx.Client.TargetedMessage.Update().
		Where(entmessage.ChannelID(m.ChannelID), entmessage.PositionGTE(between[0]), entmessage.PositionLTE(between[1])).
		AddPosition(by).Exec(ctx)
}
