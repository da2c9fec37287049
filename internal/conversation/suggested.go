package conversation

import (
	"context"

	entconversation "parley/ent/conversation"
	"parley/internal/store"
	"parley/internal/vocab"
)

// RecordSuggested reports, within the caller's transaction, that what a visitor said of
// themselves is another in each of their conversations (CH-9).
func (s *Service) RecordSuggested(ctx context.Context, tx *store.Tx, visitorID string) error {
	ids, err := tx.Client.Conversation.Query().Where(entconversation.VisitorID(visitorID), entconversation.DeletedAt(0)).
		Order(entconversation.ByID()).IDs(ctx)
	if err != nil {
		return err
	}
	for _, conversationID := range ids {
		_, err := changeOne(ctx, tx, On(conversationID), func(_ context.Context, ch *change) error {
			ch.touched = true
			e := ch.emitEvent(vocab.ConversationUpdated)
			e.Changes = append(e.Changes, vocab.FieldChange{Field: "suggestedProperties"})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
