package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/store"
	"parley/internal/vocab"
)

// ReadByVisitor marks the messages to the visitor of a conversation READ that
// lie after one number and up to another, as visitors count. The caller has
// locked the conversation. Reading raises no revision; each message has one
// MESSAGE_DELIVERY_CHANGED in its life (IN-14).
func (s *Service) ReadByVisitor(ctx context.Context, tx *store.Tx, c *ent.Conversation, after, upTo int) error {
	fetched := []vocab.DeliveryState{vocab.DeliverySent, vocab.DeliveryDelivered}
	messages, err := tx.Client.Message.Query().Where(
		entmessage.ConversationID(c.ID), entmessage.VisibleNumberGT(after), entmessage.VisibleNumberLTE(upTo),
		entmessage.DirectionEQ(vocab.Outgoing), entmessage.DeliveryIn(fetched...), entmessage.DeletedAt(0),
	).Order(entmessage.ByNumber()).Select(entmessage.FieldID, entmessage.FieldDelivery).All(ctx)
	if err != nil || len(messages) == 0 {
		return err
	}
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	if err := tx.Client.Message.Update().Where(entmessage.IDIn(ids...)).SetDelivery(vocab.DeliveryRead).Exec(ctx); err != nil {
		return fmt.Errorf("save receipts: %w", err)
	}
	for _, m := range messages {
		tx.Append(ctx, store.Event{
			Type: vocab.MessageDeliveryChanged, InboxID: c.InboxID, ConversationID: c.ID, MessageID: m.ID, Revision: c.Revision,
			Changes: deliveryChange(m.Delivery, vocab.DeliveryRead),
		})
	}
	return nil
}

func deliveryChange(from, to vocab.DeliveryState) (c store.Changes) {
	c.Value("delivery", string(from), string(to))
	return c
}
