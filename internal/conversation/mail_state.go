package conversation

import (
	"context"
	"fmt"
	"slices"

	"parley/internal/store"
	"parley/internal/vocab"
)

// maxDeliveryError is the most characters of why a message did not come through.
const maxDeliveryError = 500

// precedes are the states that each may follow (IN-14). What the contact has is
// never undone; what failed can be tried again.
var precedes = map[vocab.DeliveryState][]vocab.DeliveryState{
	vocab.DeliveryQueued:    {vocab.DeliveryQueued, vocab.DeliveryFailed},
	vocab.DeliverySent:      {vocab.DeliverySent, vocab.DeliveryQueued},
	vocab.DeliveryDelivered: {vocab.DeliveryDelivered, vocab.DeliverySent, vocab.DeliveryQueued},
	vocab.DeliveryRead:      {vocab.DeliveryDelivered, vocab.DeliverySent, vocab.DeliveryQueued},
	vocab.DeliveryFailed:    {vocab.DeliveryFailed, vocab.DeliverySent, vocab.DeliveryQueued},
}

// SetDelivery tells how far a message of ours came, within the caller's
// transaction, with why it went no further, in English. A state that does not
// follow from the one that it has, and one that it has, change nothing; the
// conversation's revision stays.
func (s *Service) SetDelivery(ctx context.Context, tx *store.Tx, messageID string, state vocab.DeliveryState, errText string) error {
	m, err := findMessage(ctx, tx.Client, messageID)
	if err != nil {
		return err
	}
	ch, err := load(ctx, tx, m.ConversationID)
	if err != nil {
		return err
	}
	// Read again: it may have changed before the conversation was locked.
	if m, err = findMessage(ctx, tx.Client, messageID); err != nil {
		return err
	}
	errText = cut(errText, maxDeliveryError)
	if m.Direction != vocab.Outgoing || !slices.Contains(precedes[state], m.Delivery) || m.Delivery == state && m.DeliveryError == errText {
		return nil
	}
	if err := tx.Client.Message.UpdateOneID(m.ID).SetDelivery(state).SetDeliveryError(errText).Exec(ctx); err != nil {
		return fmt.Errorf("save delivery: %w", err)
	}
	tx.Append(ctx, store.Event{
		Type: vocab.MessageDeliveryChanged, InboxID: m.InboxID, ConversationID: m.ConversationID, MessageID: m.ID, Revision: ch.c.Revision,
	})
	return nil
}

// Refilter puts new reasons in the place of those that an earlier judgement gave,
// within the caller's transaction, and reports whether it did: not where one of
// the old ones is gone, since a person said that it is none, and not in the trash.
// Who is blocked is no matter of judgement and stays. What leaves Filtered is
// routed and ticketed as if new (IN-9).
func (s *Service) Refilter(ctx context.Context, tx *store.Tx, conversationID string, old, new vocab.FilteredReasons) (bool, error) {
	ch, err := load(ctx, tx, conversationID)
	if err != nil {
		return false, err
	}
	old, new = old.Without(vocab.ReasonBlockedSender), new.Without(vocab.ReasonBlockedSender)
	if ch.c.DeletedAt.IsSet() || ch.c.Filtered&old != old || old == new {
		return false, nil
	}
	if err := ch.unfilter(ctx, ch.c.Filtered&^old|new); err != nil {
		return false, err
	}
	return true, ch.save(ctx)
}
