package conversation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/ent"
	entmessage "parley/ent/channelmessage"
	entconversation "parley/ent/conversation"
	"parley/ent/customchannel"
	"parley/ent/message"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// OutboundLease is how long a connector has a message without a sign of life.
const OutboundLease = 60 * time.Second

// Report is what a connector says of a message of ours. Package custom fills it.
type Report struct {
	// MessageID names the message; "": its ids in the medium do.
	MessageID            string
	ChannelID, ThreadKey string
	ExternalID           string
	State                vocab.DeliveryReport
	Error                string
	// Attempt and Action are which attempt to do what it is about; 0, "": not said.
	Attempt int
	Action  vocab.OutboundAction
}

// ReportOutbound takes in what became of a message, within the caller's transaction, whose
// viewer is the system in the connector's name (CC-3). A report that does not follow
// from the state changes nothing. Errors: NOT_FOUND on messageId or externalMessageId.
func (s *Service) ReportOutbound(ctx context.Context, tx *store.Tx, in Report, mayReport func(*ent.ChannelMessage) bool) (*ent.Message, error) {
	row, err := findReported(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	if row == nil || !mayReport(row) {
		return nil, in.unknown()
	}
	if err := lockWithEcho(ctx, tx, row, in.ExternalID); err != nil {
		return nil, err
	}
	ch, err := loadChange(ctx, tx, row.ConversationID)
	if err != nil {
		return nil, err
	}
	// Again: it may have changed before the conversation was locked.
	if row, err = tx.Client.ChannelMessage.Query().Where(entmessage.ID(row.ID)).Modify(store.ForUpdate).Only(ctx); err != nil {
		return nil, err
	}
	m, err := tx.Client.Message.Get(ctx, row.ID)
	if err != nil {
		return nil, err
	}
	if m.Direction != vocab.Outgoing {
		return nil, in.unknown()
	}
	if err := ch.report(ctx, row, m, in); err != nil {
		return nil, err
	}
	if err := ch.save(ctx); err != nil {
		return nil, err
	}
	return tx.Client.Message.Get(ctx, row.ID)
}

// ReportedMessage is the message of a report that was taken in already, as it is now. Errors
// are those of ReportOutbound.
func (s *Service) ReportedMessage(ctx context.Context, tx *store.Tx, in Report, mayReport func(*ent.ChannelMessage) bool) (*ent.Message, error) {
	row, err := findReported(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	if row == nil || !mayReport(row) {
		return nil, in.unknown()
	}
	return tx.Client.Message.Get(ctx, row.ID)
}

// lockWithEcho locks the conversations of a reported message and of the echo that it will be
// folded with, if that is in another one, in the order of their ids: reports that name each
// other's messages do not wait for each other in a circle.
func lockWithEcho(ctx context.Context, tx *store.Tx, row *ent.ChannelMessage, externalID string) error {
	taken, err := foreignID(ctx, tx, row.ChannelID, row.ThreadKey, externalID)
	if err != nil || taken == "" || taken == row.ID {
		return err
	}
	other, err := tx.Client.ChannelMessage.Get(ctx, taken)
	if ent.IsNotFound(err) || err == nil && other.ConversationID == row.ConversationID {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = tx.Client.Conversation.Query().Where(entconversation.IDIn(row.ConversationID, other.ConversationID)).
		Order(entconversation.ByID()).Modify(store.ForUpdate).All(ctx)
	return err
}

func (in Report) unknown() error {
	if in.MessageID != "" {
		return errs.New(errs.NotFound, "There is no message %q that goes out by a channel of yours.", errs.Clip(in.MessageID)).On("messageId")
	}
	return errs.New(errs.NotFound, "The thread has no message %q of yours that was reported with this id.", errs.Clip(in.ExternalID)).On("externalMessageId")
}

// findReported finds the message of a report; nil: there is none.
func findReported(ctx context.Context, tx *store.Tx, in Report) (*ent.ChannelMessage, error) {
	messageID := in.MessageID
	if messageID == "" {
		var err error
		if messageID, err = foreignID(ctx, tx, in.ChannelID, in.ThreadKey, in.ExternalID); err != nil || messageID == "" {
			return nil, err
		}
	}
	if !id.Is(messageID, id.Message) {
		return nil, nil
	}
	row, err := tx.Client.ChannelMessage.Get(ctx, messageID)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return row, err
}

// report takes in a report of a message; the conversation is locked, and saved by the caller.
func (ch *change) report(ctx context.Context, row *ent.ChannelMessage, m *ent.Message, in Report) error {
	if err := ch.keepForeignID(ctx, row, m, in.ExternalID); err != nil {
		return err
	}
	if in.isOutdated(row) {
		return nil
	}
	if in.State == vocab.ReportQueued {
		if row.State == vocab.OutboundLeased {
			return ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetLeaseUntil(ch.now().Add(OutboundLease)).Exec(ctx)
		}
		return nil
	}
	changes, had := row.Action != vocab.OutboundSend, row.State
	ends, ignored := in.ends(row)
	if ends {
		state, next := vocab.OutboundDone, row.NextAction
		if next == "" || row.ExternalID == nil || in.State == vocab.ReportFailed && !changes { // the medium has nothing to change, or none that it knows
			next = ""
		} else {
			state = vocab.OutboundWaiting
		}
		if err := ch.endOut(ctx, row, state, next); err != nil {
			return err
		}
		if err := ch.readyNext(ctx); err != nil {
			return err
		}
		if !changes {
			if err := ch.settleEchoes(ctx, row); err != nil {
				return err
			}
		}
	}
	if changes && had == vocab.OutboundLeased && ends || ignored { // what was sent stays sent, whatever became of its change
		ch.emitEvent(vocab.MessageReturned).MessageID = m.ID // its conversation's next may go
		return nil
	}
	if err := ch.deleteLate(ctx, row, m, in.State); err != nil {
		return err
	}
	return ch.setDelivery(ctx, m, vocab.DeliveryState(in.State), in.Error)
}

// isOutdated reports whether a report says nothing of what is to be done now: a sign of life
// or a failure of an attempt that another has followed since, whatever that came to, and all
// of an edit or deletion that is over.
func (in Report) isOutdated(row *ent.ChannelMessage) bool {
	open := row.State == vocab.OutboundWaiting || row.State == vocab.OutboundLeased
	isNoSuccess := in.State == vocab.ReportFailed || in.State == vocab.ReportQueued
	switch {
	case in.Action != "" && in.Action != row.Action:
		return in.Action != vocab.OutboundSend || in.State == vocab.ReportQueued
	case in.Attempt > 0 && in.Attempt < row.Attempts && isNoSuccess:
		return true
	case in.Action != "" && !open:
		return in.Action != vocab.OutboundSend || in.State == vocab.ReportQueued
	}
	return in.isOfEarlierSend(row) && isNoSuccess
}

// isOfEarlierSend reports whether a report that names no action is of the message itself, which
// has a change since: the change was not attempted so often.
func (in Report) isOfEarlierSend(row *ent.ChannelMessage) bool {
	return in.Action == "" && row.Action != vocab.OutboundSend && in.Attempt > row.Attempts
}

// ends reports whether a report is the last word on what a connector is to do with a
// message. Of a change that is SENT or FAILED of the connector that has it: receipts are
// of the message itself, and a failure that is of neither for certain is ignored.
func (in Report) ends(row *ent.ChannelMessage) (ends, ignored bool) {
	failed := in.State == vocab.ReportFailed
	switch {
	case row.State != vocab.OutboundWaiting && row.State != vocab.OutboundLeased:
		return false, false
	case row.Action == vocab.OutboundSend:
		return true, false
	case in.Action == vocab.OutboundSend || in.isOfEarlierSend(row): // of the message itself, which has a change since
		return failed && row.State == vocab.OutboundWaiting, false
	case row.State == vocab.OutboundLeased:
		return failed || in.State == vocab.ReportSent, false
	case failed && row.Attempts == 0: // no connector had the change: the message itself did not come through
		return true, false
	}
	return false, failed
}

// deleteLate has a connector take back what was deleted while it was being sent, once it is
// known that it went out.
func (ch *change) deleteLate(ctx context.Context, row *ent.ChannelMessage, m *ent.Message, state vocab.DeliveryReport) error {
	if !m.DeletedAt.IsSet() || row.State != vocab.OutboundDone || row.Action != vocab.OutboundSend || row.ExternalID == nil || state == vocab.ReportFailed {
		return nil
	}
	channel, err := ch.tx.Client.CustomChannel.Get(ctx, row.ChannelID)
	if err != nil || !channel.Capabilities.Editing || channel.RemovedAt.IsSet() {
		return err
	}
	if err := ch.endOut(ctx, row, vocab.OutboundWaiting, vocab.OutboundDelete); err != nil {
		return err
	}
	ch.emitEvent(vocab.MessageReturned).MessageID = m.ID
	return ch.readyNext(ctx)
}

// keepForeignID keeps a message's id in the medium. An echo that came with it, in whichever
// conversation of the thread, is this message: it goes. An id that any other message has is
// left out: the report counts nevertheless. One that an echo brought is replaced by that of
// the connector which sends the message.
func (ch *change) keepForeignID(ctx context.Context, row *ent.ChannelMessage, m *ent.Message, externalID string) error {
	sending := row.Action == vocab.OutboundSend && (row.State == vocab.OutboundWaiting || row.State == vocab.OutboundLeased)
	if externalID == "" || row.ExternalID != nil && (!sending || *row.ExternalID == externalID) {
		return nil
	}
	taken, err := foreignID(ctx, ch.tx, row.ChannelID, row.ThreadKey, externalID)
	if err != nil {
		return err
	}
	if taken != "" {
		if folded, err := ch.foldEcho(ctx, taken); err != nil || !folded {
			return err
		}
	}
	row.ExternalID = &externalID
	if err := ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetExternalID(externalID).Exec(ctx); err != nil {
		return err
	}
	m.ExternalID, err = ch.shownForeignID(ctx, m.ID, &externalID)
	if err != nil || m.ExternalID == nil {
		return err
	}
	return ch.tx.Client.Message.UpdateOneID(m.ID).SetExternalID(externalID).Exec(ctx)
}

// shownForeignID is a message's id in the medium as the message shows it; nil where another
// message of the conversation has the same as its own, such as an integration's note.
func (ch *change) shownForeignID(ctx context.Context, messageID string, externalID *string) (*string, error) {
	other, err := ch.tx.Client.Message.Query().
		Where(message.ConversationID(ch.c.ID), message.ExternalID(*externalID), message.IDNEQ(messageID)).Exist(ctx)
	if err != nil || other {
		return nil, err
	}
	return externalID, nil
}

// foldEcho makes a tombstone of an echo that turned out to be a message of ours; false: it is
// no echo.
func (ch *change) foldEcho(ctx context.Context, messageID string) (folded bool, err error) {
	row, err := ch.tx.Client.ChannelMessage.Get(ctx, messageID)
	if err != nil || !row.Echo {
		return false, err
	}
	if row.ConversationID == ch.c.ID {
		return true, ch.fold(ctx, row)
	}
	_, err = changeOne(ctx, ch.tx, On(row.ConversationID), func(ctx context.Context, other *change) error { return other.fold(ctx, row) })
	return true, err
}

func (ch *change) fold(ctx context.Context, row *ent.ChannelMessage) error {
	if err := ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).ClearExternalID().SetQueuedAt(0).Exec(ctx); err != nil {
		return err
	}
	echo, err := ch.tx.Client.Message.Get(ctx, row.ID)
	if err != nil {
		return err
	}
	now := ch.now()
	err = ch.tx.Client.Message.UpdateOneID(echo.ID).SetText("").SetHTML("").SetMarkdown("").SetDeletedAt(now).ClearExternalID().Exec(ctx)
	if err != nil {
		return fmt.Errorf("fold the echo: %w", err)
	}
	if err := ch.indexMessage(ctx, echo.ID); err != nil {
		return err
	}
	if err := ch.showLast(ctx); err != nil {
		return err
	}
	ch.emitEvent(vocab.MessageDeleted).MessageID = echo.ID
	ch.touched = true
	return nil
}

// gaveUp is why a message FAILED that no connector reported, in words for the team.
const gaveUp = "No connector reported what became of it, though it was handed out often."

// knowsBetter reports whether a state follows from a message's own because a medium knows
// better than Parley: what was CANCELED, or what Parley gave up, had gone out nevertheless,
// and what FAILED arrived.
func knowsBetter(m *ent.Message, state vocab.DeliveryState) bool {
	switch state {
	case vocab.DeliverySent:
		return m.Delivery == vocab.DeliveryCanceled || m.Delivery == vocab.DeliveryFailed && m.DeliveryError == gaveUp
	case vocab.DeliveryDelivered, vocab.DeliveryRead:
		return m.Delivery == vocab.DeliveryCanceled || m.Delivery == vocab.DeliveryFailed
	}
	return false
}

// setDelivery changes how far a message of ours came; see SetDelivery.
func (ch *change) setDelivery(ctx context.Context, m *ent.Message, state vocab.DeliveryState, errText string) error {
	errText = firstCharacters(errText, maxDeliveryError)
	follows := slices.Contains(precedes[state], m.Delivery) || ch.byConnector() && knowsBetter(m, state)
	if m.Direction != vocab.Outgoing || !follows || m.Delivery == state && m.DeliveryError == errText {
		return nil
	}
	if err := ch.tx.Client.Message.UpdateOneID(m.ID).SetDelivery(state).SetDeliveryError(errText).Exec(ctx); err != nil {
		return fmt.Errorf("save delivery: %w", err)
	}
	if err := ch.deliveryChanged(ctx, m, state); err != nil {
		return err
	}
	e := ch.emitEvent(vocab.MessageDeliveryChanged)
	e.MessageID, e.Changes = m.ID, deliveryChange(m.Delivery, state)
	m.Delivery, m.DeliveryError = state, errText
	return nil
}

// CancelOutbound cancels up to most messages that wait in a channel that was removed, and
// reports whether there are more (IB-6).
func (s *Service) CancelOutbound(ctx context.Context, tx *store.Tx, channelID string, most int) (more bool, err error) {
	open, err := tx.Client.ChannelMessage.Query().Where(entmessage.ChannelID(channelID)).Modify(isOpen).
		Order(entmessage.ByConversationID(), entmessage.ByNumber()).Limit(most).All(ctx)
	if err != nil {
		return false, err
	}
	for _, row := range open {
		_, err := changeOne(ctx, tx, On(row.ConversationID), func(ctx context.Context, ch *change) error { return ch.cancelOut(ctx, row) })
		if err != nil {
			return false, err
		}
	}
	return len(open) == most, nil
}

// customChannels are custom channels by their ids.
func (s *Service) customChannels(ctx context.Context, ids []string) (map[string]*ent.CustomChannel, error) {
	rows, err := s.store.Client(ctx).CustomChannel.Query().Where(customchannel.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*ent.CustomChannel, len(rows))
	for _, c := range rows {
		found[c.ID] = c
	}
	return found, nil
}

// FilesChanged reports that files of a message were fetched, or cannot be, within the
// caller's transaction.
func (s *Service) FilesChanged(ctx context.Context, tx *store.Tx, conversationID, messageID string) error {
	_, err := changeOne(ctx, tx, On(conversationID), func(_ context.Context, ch *change) error {
		ch.emitEvent(vocab.MessageUpdated).MessageID = messageID
		ch.touched = true
		return nil
	})
	return err
}

// ReactionChanged reports that a reaction to a message was added or taken back, within the
// caller's transaction.
func (s *Service) ReactionChanged(ctx context.Context, tx *store.Tx, m *ent.Message, emoji string, removed bool) error {
	c, err := tx.Client.Conversation.Get(ctx, m.ConversationID)
	if err != nil {
		return err
	}
	var changes store.Changes
	if removed {
		changes.Optional("reaction", emoji, "")
	} else {
		changes.Optional("reaction", "", emoji)
	}
	tx.Append(ctx, store.Event{
		Type: vocab.MessageReactionChanged, InboxID: m.InboxID, ConversationID: m.ConversationID, MessageID: m.ID, Revision: c.Revision, Changes: changes,
	})
	return nil
}
