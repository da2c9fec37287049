package visitor

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
)

// MarkRead notes that the visitor read one of their conversations up to a
// message, by the number that they see; none given: all of it. It never goes
// back and raises no revision. The team learns of it by MESSAGE_DELIVERY_CHANGED
// for each of its messages that is read now.
func (s *Service) MarkRead(ctx context.Context, in MarkVisitorConversationReadInput) (*ent.Conversation, error) {
	v, err := self(ctx)
	if err != nil {
		return nil, err
	}
	if !id.Is(in.ConversationID, id.Conversation) {
		return nil, notFound(in.ConversationID)
	}
	var c *ent.Conversation
	err = s.store.WithTx(system(ctx, v), func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, "markVisitorConversationRead", in.IdempotencyKey, in, in.ConversationID)
		if err != nil {
			return err
		}
		if c, err = own(ctx, tx, v.ActorID, in.ConversationID); err != nil {
			return err
		}
		if c.DeletedAt.IsSet() {
			return notFound(in.ConversationID)
		}
		if replayed != "" {
			return nil
		}
		return s.read(ctx, tx, c, in.Number)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *Service) read(ctx context.Context, tx *store.Tx, c *ent.Conversation, number *int) error {
	upTo := c.LastVisibleNumber
	if number != nil {
		upTo = *number
	}
	if upTo < 0 || upTo > c.LastVisibleNumber {
		return errs.New(errs.Invalid, "The conversation has messages 1 to %d.", c.LastVisibleNumber).On("number")
	}
	if upTo <= c.VisitorReadNumber {
		return nil
	}
	if err := s.conversations.ReadByVisitor(ctx, tx, c, c.VisitorReadNumber, upTo); err != nil {
		return err
	}
	c.VisitorReadNumber = upTo
	return tx.Client.Conversation.UpdateOneID(c.ID).SetVisitorReadNumber(upTo).Exec(ctx)
}
