package conversation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/ent"
	entmessage "parley/ent/channelmessage"
	"parley/ent/customchannel"
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
}

// ReportOutbound takes in what became of a message, within the caller's transaction, whose
// viewer is the system in the connector's name (CC-3). A report that does not follow
// from the state changes nothing. Errors: NOT_FOUND on messageId or externalMessageId;
// ALREADY_EXISTS on externalMessageId.
func (s *Service) ReportOutbound(ctx context.Context, tx *store.Tx, in Report, mayReport func(*ent.ChannelMessage) bool) (*ent.Message, error) {
	row, err := findReported(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	if row == nil || !mayReport(row) {
		return nil, in.unknown()
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
	return tx.Client.Message.Get(ctx, row.ID)
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

// report takes in a report of a message; the conversation is locked.
func (ch *change) report(ctx context.Context, row *ent.ChannelMessage, m *ent.Message, in Report) error {
	if err := ch.keepForeignID(ctx, row, m, in.ExternalID); err != nil {
		return err
	}
	if in.State == vocab.ReportQueued {
		if row.State == vocab.OutboundLeased {
			return ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetLeaseUntil(ch.now().Add(OutboundLease)).Exec(ctx)
		}
		return ch.save(ctx)
	}
	action := row.Action
	if open := row.State == vocab.OutboundWaiting || row.State == vocab.OutboundLeased; open {
		state, next := vocab.OutboundDone, row.NextAction
		if next != "" && in.State != vocab.ReportFailed {
			state = vocab.OutboundWaiting
		} else {
			next = ""
		}
		if err := ch.endOut(ctx, row, state, next); err != nil {
			return err
		}
		if err := ch.readyNext(ctx); err != nil {
			return err
		}
		if action != vocab.OutboundSend { // what was sent stays sent, whatever became of its change
			ch.emitEvent(vocab.MessageReturned).MessageID = m.ID // its conversation's next may go
			return ch.save(ctx)
		}
	}
	if err := ch.setDelivery(ctx, m, vocab.DeliveryState(in.State), in.Error); err != nil {
		return err
	}
	return ch.save(ctx)
}

// keepForeignID keeps a message's id in the medium. An echo that came with it is this
// message: it goes.
func (ch *change) keepForeignID(ctx context.Context, row *ent.ChannelMessage, m *ent.Message, externalID string) error {
	if externalID == "" || row.ExternalID != nil {
		return nil
	}
	taken, err := foreignID(ctx, ch.tx, row.ChannelID, row.ThreadKey, externalID)
	if err != nil {
		return err
	}
	if taken != "" {
		if err := ch.foldEcho(ctx, taken); err != nil {
			return err
		}
	}
	row.ExternalID, m.ExternalID = &externalID, &externalID
	if err := ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetExternalID(externalID).Exec(ctx); err != nil {
		return err
	}
	return ch.tx.Client.Message.UpdateOneID(m.ID).SetExternalID(externalID).Exec(ctx)
}

// foldEcho makes a tombstone of an echo that turned out to be a message of ours.
func (ch *change) foldEcho(ctx context.Context, messageID string) error {
	row, err := ch.tx.Client.ChannelMessage.Get(ctx, messageID)
	if err != nil {
		return err
	}
	if !row.Echo || row.ConversationID != ch.c.ID {
		return errs.New(errs.AlreadyExists, "Another message of the thread has this external id.").On("externalMessageId")
	}
	if err := ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).ClearExternalID().Exec(ctx); err != nil {
		return err
	}
	echo, err := ch.tx.Client.Message.Get(ctx, messageID)
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

// setDelivery changes how far a message of ours came; see SetDelivery.
func (ch *change) setDelivery(ctx context.Context, m *ent.Message, state vocab.DeliveryState, errText string) error {
	errText = firstCharacters(errText, maxDeliveryError)
	if m.Direction != vocab.Outgoing || !slices.Contains(precedes[state], m.Delivery) || m.Delivery == state && m.DeliveryError == errText {
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

// ReturnedEvent reports that a connector does not have a message any longer.
func ReturnedEvent(m *ent.ChannelMessage, revision int) store.Event {
	return store.Event{Type: vocab.MessageReturned, InboxID: m.InboxID, ConversationID: m.ConversationID, MessageID: m.ID, Revision: revision}
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
