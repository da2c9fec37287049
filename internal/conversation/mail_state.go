package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
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
	vocab.DeliveryCanceled:  {vocab.DeliveryQueued},
}

// SetDelivery reports how far a message of ours came, within the caller's
// transaction, with why it went no further, in English. A state that does not
// follow from the one that it has, and one that it has, change nothing. The
// conversation's revision stays, unless the contact waits again (IN-34).
func (s *Service) SetDelivery(ctx context.Context, tx *store.Tx, messageID string, state vocab.DeliveryState, errText string) error {
	m, err := findMessage(ctx, tx.Client, messageID)
	if err != nil {
		return err
	}
	ch, err := loadChange(ctx, tx, m.ConversationID)
	if err != nil {
		return err
	}
	// Read again: it may have changed before the conversation was locked.
	if m, err = findMessage(ctx, tx.Client, messageID); err != nil {
		return err
	}
	if err := ch.setDelivery(ctx, m, state, errText); err != nil {
		return err
	}
	return ch.save(ctx)
}

// deliveryChanged has the contact wait again for an answer that did not reach them, and
// wait no more once it is on its way again (IN-34).
func (ch *change) deliveryChanged(ctx context.Context, m *ent.Message, state vocab.DeliveryState) error {
	switch {
	case m.DeletedAt.IsSet():
		return nil
	case state == vocab.DeliveryFailed, state == vocab.DeliveryCanceled:
		return ch.answerWithdrawn(ctx)
	case m.Delivery != vocab.DeliveryFailed && m.Delivery != vocab.DeliveryCanceled, m.Number < ch.c.LastOutgoingNumber:
		return nil
	}
	ch.c.LastOutgoingNumber = m.Number
	if m.Number > ch.c.LastIncomingNumber {
		ch.endWaiting()
	}
	return nil
}

// Requeue reports that a message which failed is tried again, within the caller's
// transaction.
func (s *Service) Requeue(ctx context.Context, tx *store.Tx, messageID string) error {
	return s.SetDelivery(ctx, tx, messageID, vocab.DeliveryQueued, "")
}

// TakeBack makes a tombstone of the caller's own message that did not go out yet,
// within the caller's transaction: it is CANCELED, and what it said is kept as trace.
// The contact waits again whose message it answered. One that is CANCELED already stays
// as it is. FORBIDDEN for another's message.
func (s *Service) TakeBack(ctx context.Context, tx *store.Tx, messageID string) error {
	m, err := findMessage(ctx, tx.Client, messageID)
	if err != nil {
		return err
	}
	ch, err := loadChange(ctx, tx, m.ConversationID)
	if err != nil {
		return err
	}
	if m.AuthorID != viewer.FromContext(ctx).Actor().ActorID {
		return errs.New(errs.Forbidden, "Only the author may cancel a message.").On("messageId")
	}
	if m.Delivery == vocab.DeliveryCanceled {
		return nil
	}
	if ch.c.FirstRespondedAt == m.CreatedAt && ch.c.FirstRespondedBy == m.AuthorID { // it was no response (IN-32)
		ch.c.FirstRespondedAt, ch.c.FirstRespondedBy, ch.c.FirstResponseSeconds, ch.c.FirstResponseBusinessSeconds = 0, "", 0, 0
	}
	if err := tx.Client.Message.UpdateOneID(m.ID).SetDelivery(vocab.DeliveryCanceled).Exec(ctx); err != nil {
		return fmt.Errorf("save delivery: %w", err)
	}
	if err := ch.rewriteMessage(ctx, m, content{}, vocab.MessageDeleted); err != nil {
		return err
	}
	ch.tx.Append(ctx, store.Event{
		Type: vocab.MessageDeliveryChanged, InboxID: m.InboxID, ConversationID: m.ConversationID, MessageID: m.ID, Revision: ch.c.Revision,
		Changes: deliveryChange(m.Delivery, vocab.DeliveryCanceled),
	})
	return nil
}

// Answered reports whether the team ever wrote to a contact: then their address
// is none of a role (pitfall 16).
func (s *Service) Answered(ctx context.Context, tx *store.Tx, contactID string) (bool, error) {
	rows, err := tx.Query(ctx, `SELECT 1 FROM conversations c JOIN messages m ON m.conversation_id = c.id
		WHERE c.contact_id = $1 AND c.account_id = $2 AND m.direction = 'OUTGOING' AND m.delivery <> 'CANCELED' AND m.author_kind <> 'BOT' LIMIT 1`,
		contactID, viewer.FromContext(ctx).AccountID)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	return rows.Next(), rows.Err()
}

// Refilter puts new reasons in the place of those that an earlier judgement gave,
// within the caller's transaction, and reports whether it did: not where one of
// the old ones is gone, since a person said that it is none, and not in the trash.
// Who is blocked is no matter of judgement and stays. What leaves Filtered is
// routed and ticketed as if new (IN-9).
func (s *Service) Refilter(ctx context.Context, tx *store.Tx, conversationID string, old, new vocab.FilteredReasons) (bool, error) {
	ch, err := loadChange(ctx, tx, conversationID)
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
