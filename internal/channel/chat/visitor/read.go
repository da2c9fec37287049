package visitor

import (
	"context"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
)

// MarkRead notes that the visitor read one of their conversations up to a
// message that they see; none given: all of it. It never goes back and raises no
// revision; any other message is NOT_FOUND. The team learns of it by MESSAGE_DELIVERY_CHANGED
// for each of its messages that is read now.
func (s *Service) MarkRead(ctx context.Context, in MarkVisitorConversationReadInput) (*ent.Conversation, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	if !id.Is(in.ConversationID, id.Conversation) {
		return nil, notFound(in.ConversationID)
	}
	var c *ent.Conversation
	load := func(ctx context.Context, tx *store.Tx, conversationID string) (err error) {
		c, err = s.lockOwnConversation(ctx, tx, v, conversationID)
		if err == nil && c.DeletedAt.IsSet() {
			err = notFound(conversationID)
		}
		return err
	}
	call := idempotency.Call{Mutation: "markVisitorConversationRead", Key: in.IdempotencyKey, Input: in, Result: in.ConversationID}
	err = idempotency.Run(system(ctx, v), s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.ConversationID); err != nil {
			return err
		}
		return s.markRead(ctx, tx, c, in.UpTo)
	}, load)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *Service) markRead(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID *string) error {
	upTo := c.LastVisibleNumber
	if messageID != nil && *messageID != "" {
		var err error
		if upTo, err = visibleNumber(ctx, tx, c, *messageID); err != nil {
			return err
		}
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

// visibleNumber is the number of a message that the visitor sees, or saw before it
// was deleted. What they never saw is as unknown as what there is not.
func visibleNumber(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID string) (int, error) {
	unknown := errs.New(errs.NotFound, "There is no message %q in this conversation.", errs.Clip(messageID)).On("upTo")
	if !id.Is(messageID, id.Message) {
		return 0, unknown
	}
	m, err := tx.Client.Message.Query().
		Where(entmessage.ID(messageID), entmessage.ConversationID(c.ID), entmessage.VisibleNumberGT(0)).Only(ctx)
	if ent.IsNotFound(err) {
		return 0, unknown
	}
	if err != nil {
		return 0, err
	}
	return m.VisibleNumber, nil
}

// RepliedTo are the messages that others of a visitor's answer, as far as the
// visitor sees them, with one query (IN-30).
func (s *Service) RepliedTo(ctx context.Context, messages []*ent.Message) ([]*ent.Message, error) {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.ReplyToID
	}
	return s.nodes.UndeletedMessages(ctx, ids)
}
