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
	ids, err := tx.Client.Message.Query().Where(
		entmessage.ConversationID(c.ID), entmessage.VisibleNumberGT(after), entmessage.VisibleNumberLTE(upTo),
		entmessage.DirectionEQ(vocab.Outgoing), entmessage.DeliveryIn(fetched...), entmessage.DeletedAt(0),
	).Order(entmessage.ByNumber()).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	if err := tx.Client.Message.Update().Where(entmessage.IDIn(ids...)).SetDelivery(vocab.DeliveryRead).Exec(ctx); err != nil {
		return fmt.Errorf("save receipts: %w", err)
	}
	for _, messageID := range ids {
		tx.Append(ctx, store.Event{
			Type: vocab.MessageDeliveryChanged, InboxID: c.InboxID, ConversationID: c.ID, MessageID: messageID, Revision: c.Revision,
		})
	}
	return nil
}
