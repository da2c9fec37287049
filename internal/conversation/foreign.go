package conversation

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/attachment"
	entmessage "parley/ent/channelmessage"
	entconversation "parley/ent/conversation"
	"parley/ent/customchannel"
	"parley/ent/message"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Foreign is a message that a connector brings from its medium. Package custom fills it.
type Foreign struct {
	Channel *ent.CustomChannel
	// MessageID is the message's, if it is new.
	MessageID             string
	ThreadKey, ExternalID string
	// Sender is who wrote it, or of an echo whom the thread is with; nil: not known.
	Sender *ent.ChannelSender
	// Echo: someone of the team wrote it in the medium's own app.
	Echo                 bool
	Text, HTML, Markdown *string
	AttachmentIDs        []string
	// Files is how many files are fetched after that.
	Files int
	// ReplyTo is the message that it answers, by its id in the medium; "": none.
	ReplyTo string
	// At is when it was written; 0: now.
	At clock.Micros
}

// Received is what became of a Foreign.
type Received struct {
	Conversation *ent.Conversation
	Message      *ent.Message
	// Duplicate: the message was there already, or had been: then it is nil, as is the
	// conversation.
	Duplicate bool
}

// ReceiveForeign makes a connector's message one of its thread's conversation, within the
// caller's transaction, whose viewer is the system in the connector's name (CC-2). The
// caller has asked KnownForeign; connectors that bring the same one at once get the same.
// Errors are on text, html, markdown and attachmentIds.
func (s *Service) ReceiveForeign(ctx context.Context, tx *store.Tx, in Foreign) (*Received, error) {
	what, err := composeContent(written{in.Text, in.HTML, in.Markdown}, MaxText, len(in.AttachmentIDs)+in.Files)
	if err != nil {
		return nil, err
	}
	ch, err := s.threadOf(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	// Again: it may have come before the conversation was locked.
	if known, err := knownForeign(ctx, tx, in.Channel.ID, in.ThreadKey, in.ExternalID); known != nil || err != nil {
		return known, err
	}
	d := draft{id: in.MessageID, what: what, at: in.At}
	if d.replyTo, err = foreignID(ctx, tx, in.Channel.ID, in.ThreadKey, in.ReplyTo); err != nil {
		return nil, err
	}
	if in.Echo {
		return s.receiveEcho(ctx, ch, d, in)
	}
	m, err := s.receiveFromContact(ctx, ch, d, in)
	return &Received{Conversation: ch.c, Message: m}, err
}

// KnownForeign is what became of a message that came already, within the caller's
// transaction: the message as it is, or none where it was purged or erased since; nil: it did
// not come.
func (s *Service) KnownForeign(ctx context.Context, tx *store.Tx, channelID, threadKey, externalID string) (*Received, error) {
	known, err := knownForeign(ctx, tx, channelID, threadKey, externalID)
	if known != nil || err != nil && !ent.IsNotFound(err) { // not found: it is being purged
		return known, err
	}
	gone, err := isMarked(ctx, tx.Client, s.deps.Keys, channelID, threadKey, externalID)
	if err != nil || !gone {
		return nil, err
	}
	return &Received{Duplicate: true}, nil
}

// knownForeign is a message that came already and is there; nil: there is none.
func knownForeign(ctx context.Context, tx *store.Tx, channelID, threadKey, externalID string) (*Received, error) {
	messageID, err := foreignID(ctx, tx, channelID, threadKey, externalID)
	if err != nil || messageID == "" {
		return nil, err
	}
	m, err := tx.Client.Message.Get(ctx, messageID)
	if err != nil {
		return nil, err
	}
	c, err := tx.Client.Conversation.Get(ctx, m.ConversationID)
	return &Received{Conversation: c, Message: m, Duplicate: true}, err
}

// foreignID is the message with an id of the medium's; "": there is none.
func foreignID(ctx context.Context, tx *store.Tx, channelID, threadKey, externalID string) (string, error) {
	if externalID == "" {
		return "", nil
	}
	found, err := tx.Client.ChannelMessage.Query().
		Where(entmessage.ChannelID(channelID), entmessage.ThreadKey(threadKey), entmessage.ExternalID(externalID)).FirstID(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	return found, err
}

// threadOf locks the conversation of a thread, or begins it. One in the trash is left: the
// thread goes on in another (IN-20).
func (s *Service) threadOf(ctx context.Context, tx *store.Tx, in Foreign) (*change, error) {
	ch, err := lockThread(ctx, tx, in)
	if ch != nil || err != nil {
		return ch, err
	}
	// Of those who begin the same thread, one does.
	if _, err := tx.Client.CustomChannel.Query().Where(customchannel.ID(in.Channel.ID)).Modify(store.ForUpdate).Only(ctx); err != nil {
		return nil, err
	}
	if ch, err := lockThread(ctx, tx, in); ch != nil || err != nil {
		return ch, err
	}
	_, err = tx.Exec(ctx, "UPDATE conversations SET external_id = NULL WHERE channel_id = $1 AND external_id = $2 AND thread_key <> ''", in.Channel.ID, in.ThreadKey)
	if err != nil {
		return nil, fmt.Errorf("leave the thread in the trash: %w", err)
	}
	return openConversation(ctx, tx, newThread(tx, in))
}

// lockThread locks the conversation of a thread; nil: there is none outside the trash.
func lockThread(ctx context.Context, tx *store.Tx, in Foreign) (*change, error) {
	// The literal is the index's condition.
	inThread := func(s *sql.Selector) { s.Where(sql.ExprP(s.C(entconversation.FieldThreadKey) + " <> ''")) }
	found, err := tx.Client.Conversation.Query().Where(entconversation.ChannelID(in.Channel.ID), entconversation.ExternalID(in.ThreadKey)).
		Modify(inThread).Modify(store.ForUpdate, withChannel).Only(ctx)
	if ent.IsNotFound(err) || err == nil && found.DeletedAt.IsSet() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newChange(tx, found), nil
}

// newThread is the conversation that a thread begins with.
func newThread(tx *store.Tx, in Foreign) *ent.Conversation {
	at, thread := tx.Now(), in.ThreadKey
	if in.At != 0 {
		at = min(at, in.At)
	}
	c := &ent.Conversation{
		ID: id.New(id.Conversation), AccountID: in.Channel.AccountID, InboxID: in.Channel.InboxID, ChannelID: in.Channel.ID, Kind: kindOfCustom(in.Channel),
		ChannelType: in.Channel.Type, ThreadKey: thread, ExternalID: &thread, Status: vocab.Open, RoutingSource: in.Channel.ID,
		OpenedAt: at, LastMessageAt: at, ActivityAt: at, WaitingSince: at, VisitorActiveAt: at,
		BotState: vocab.BotNone, Priority: vocab.PriorityNone, Tags: []string{}, Revision: 1,
	}
	if in.Sender != nil {
		c.ContactID, c.SenderKey = in.Sender.ContactID, in.Sender.Key
	}
	if in.Echo {
		c.WaitingSince = clock.Never
	} else if in.Channel.BotID != "" {
		c.BotID, c.BotState, c.RoutingSource = in.Channel.BotID, vocab.BotActive, in.Channel.BotID // it hands off by its own rule (BT-2)
	}
	return c
}

// kindOfCustom is the kind of a custom channel's conversations (CC-6).
func kindOfCustom(c *ent.CustomChannel) vocab.ChannelKind {
	if c.Live {
		return vocab.CustomLive
	}
	return vocab.Custom
}

// receiveFromContact adds what the contact wrote, and does what follows from it.
func (s *Service) receiveFromContact(ctx context.Context, ch *change, d draft, in Foreign) (*ent.Message, error) {
	isNew, begins, uploader := ch.c.LastNumber == 0, ch.begins(), ctx
	ctx = byContact(ctx, in.Sender.ContactID)
	if ch.c.SenderKey == "" { // an echo began the thread
		ch.c.SenderKey = in.Sender.Key
		if ch.c.ContactID == "" && !ch.c.ContactByHand {
			ch.c.ContactID = in.Sender.ContactID
		}
	}
	var err error
	if d.quiet, err = ch.filterForeign(ctx, in.Sender); err != nil {
		return nil, err
	}
	rated := false
	if !isNew && !d.quiet && in.Sender.Key == ch.c.SenderKey {
		if rated, err = ch.rateByMessage(ctx, d.what.text); err != nil {
			return nil, err
		}
	}
	d.quiet = d.quiet || rated // no one has to answer it
	d.by, d.direction = author{viewer.Visitor, in.Sender.ContactID}, vocab.Incoming
	m, err := s.addForeign(ctx, uploader, ch, d, in)
	if err != nil {
		return nil, err
	}
	if err := contact.RecordSeen(ctx, ch.tx, in.Sender.ContactID); err != nil {
		return nil, err
	}
	if rated {
		ch.c.VisitorActiveAt = m.CreatedAt
	}
	if !isNew && !d.quiet {
		if err := ch.onContactMessage(ctx, m); err != nil {
			return nil, err
		}
	}
	if isNew || begins && !d.quiet {
		if err := ch.beginWork(ctx, in.Channel); err != nil {
			return nil, err
		}
	}
	return m, ch.save(ctx)
}

// begins reports whether the contact has not written yet, and no one has the conversation.
func (ch *change) begins() bool {
	return ch.c.LastIncomingNumber == 0 && ch.c.AssigneeID == "" && ch.c.BotState == vocab.BotNone
}

// beginWork does what follows from the contact's first message: the channel's bot gets the
// conversation, also where an echo began the thread, or else it is routed.
func (ch *change) beginWork(ctx context.Context, c *ent.CustomChannel) error {
	if c.BotID != "" && ch.c.BotState == vocab.BotNone && ch.c.AssigneeID == "" {
		ch.c.BotID, ch.c.BotState, ch.c.RoutingSource = c.BotID, vocab.BotActive, c.BotID
	}
	return ch.route(ctx, vocab.RoutedStarted)
}

// filterForeign files the conversation under Filtered where its sender is blocked (IN-10).
// Anyone else of the thread who is blocked is not noticed.
func (ch *change) filterForeign(ctx context.Context, who *ent.ChannelSender) (quiet bool, err error) {
	names := []string{senderName(who.Key), who.ContactID}
	if who.Key == ch.c.SenderKey {
		return false, ch.filterBlocked(ctx, names...)
	}
	return isBlocked(ctx, ch.tx, ch.c.InboxID, ch.c.ChannelID, names...)
}

// IsSenderBlocked reports whether whoever writes in a custom channel's conversation is
// blocked: then no one sees what they do (IN-10).
func (s *Service) IsSenderBlocked(ctx context.Context, c *ent.Conversation) (bool, error) {
	names := []string{senderName(c.SenderKey), c.ContactID}
	return isBlockedNow(ctx, s.store.Client(ctx), s.store.Now(), c.InboxID, c.ChannelID, names...)
}

// AddHint shows the team, within the caller's transaction, what a custom channel or its sender
// says of the sender and nothing proves, once in a conversation. It is the sender's: it goes
// with them (CR-5).
func (s *Service) AddHint(ctx context.Context, tx *store.Tx, conversationID string, who *ent.ChannelSender, text string) (*ent.Conversation, error) {
	ch, err := loadChange(ctx, tx, conversationID)
	if err != nil {
		return nil, err
	}
	text = firstCharacters(text, MaxText)
	shown, err := tx.Client.Message.Query().
		Where(message.ConversationID(ch.c.ID), message.DirectionEQ(vocab.SystemMessage), message.Text(text)).Exist(ctx)
	if err != nil || shown {
		return ch.c, err
	}
	m, err := ch.addMessage(ctx, draft{id: id.New(id.Message), by: authorOf(viewer.FromContext(ctx)), direction: vocab.SystemMessage, what: content{text: text}})
	if err != nil {
		return nil, err
	}
	err = tx.Client.ChannelMessage.Create().SetID(m.ID).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).SetChannelID(who.ChannelID).
		SetThreadKey(ch.c.ThreadKey).SetNumber(m.Number).SetSenderID(who.ID).SetCreatedAt(ch.now()).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("keep whose hint it is: %w", err)
	}
	return ch.c, ch.save(ctx)
}

// IsBlockedSender reports whether a sender of a custom channel is blocked, by their key or as
// a contact, within the caller's transaction (IN-10).
func (s *Service) IsBlockedSender(ctx context.Context, tx *store.Tx, channel *ent.CustomChannel, key, contactID string) (bool, error) {
	return isBlocked(ctx, tx, channel.InboxID, channel.ID, senderName(key), contactID)
}

// addForeign adds a connector's message, with its files and its ids in the medium.
func (s *Service) addForeign(ctx, uploader context.Context, ch *change, d draft, in Foreign) (*ent.Message, error) {
	var err error
	if d.externalID, err = ch.shownForeignID(ctx, d.id, &in.ExternalID); err != nil {
		return nil, err
	}
	m, err := ch.addMessage(ctx, d)
	if err != nil {
		return nil, err
	}
	if _, err := s.claimFiles(uploader, ch, in.AttachmentIDs, nil, m); err != nil {
		return nil, err
	}
	if ch.c.Preview == "" && in.Files > 0 {
		ch.c.Preview = "📎 " + strconv.Itoa(in.Files)
	}
	create := ch.tx.Client.ChannelMessage.Create().SetID(m.ID).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).SetChannelID(in.Channel.ID).
		SetThreadKey(in.ThreadKey).SetExternalID(in.ExternalID).SetNumber(m.Number).SetEcho(in.Echo).SetCreatedAt(ch.now())
	if in.Sender != nil {
		create.SetSenderID(in.Sender.ID)
	}
	if err := create.Exec(ctx); err != nil {
		return nil, fmt.Errorf("keep the message's ids: %w", err)
	}
	return m, nil
}

// receiveEcho adds what someone of the team wrote in the medium's own app. One of ours
// that is being sent is not added: its echo reports it.
func (s *Service) receiveEcho(ctx context.Context, ch *change, d draft, in Foreign) (*Received, error) {
	if m, err := ch.ownOf(ctx, d.what, in); m != nil || err != nil {
		if err == nil {
			err = ch.save(ctx)
		}
		return &Received{Conversation: ch.c, Message: m, Duplicate: true}, err
	}
	by := authorOf(viewer.FromContext(ctx).Actor())
	d.by, d.direction, d.delivery = by, vocab.Outgoing, vocab.DeliverySent
	handed, err := ch.handedOut(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.addForeign(ctx, ctx, ch, d, in)
	if err != nil {
		return nil, err
	}
	if len(handed) > 0 { // it may be one of those, in other words
		err = ch.tx.Client.ChannelMessage.UpdateOneID(m.ID).SetQueuedAt(ch.now()).Exec(ctx)
	} else {
		err = ch.answeredOutside(ctx, m)
	}
	if err != nil {
		return nil, err
	}
	return &Received{Conversation: ch.c, Message: m}, ch.save(ctx)
}

// answeredOutside does what follows from what someone of the team wrote in the medium's own
// app.
func (ch *change) answeredOutside(ctx context.Context, m *ent.Message) error {
	if ch.c.Status == vocab.Closed {
		if err := ch.reopen(ctx); err != nil {
			return err
		}
	}
	if m.Number > ch.c.LastIncomingNumber {
		ch.endWaiting()
	}
	if err := ch.recordResponse(ctx, m); err != nil {
		return err
	}
	if ch.c.BotState.InBotsHands() {
		ch.takeOver()
	}
	return nil
}

// settleEchoes does what follows from echoes that came while a message was being sent, and
// that are none of ours: once no connector has any.
func (ch *change) settleEchoes(ctx context.Context, sent *ent.ChannelMessage) error {
	held, err := ch.tx.Client.ChannelMessage.Query().Where(entmessage.ConversationID(ch.c.ID), entmessage.NumberGT(sent.Number),
		entmessage.Echo(true), entmessage.QueuedAtGT(0), entmessage.ExternalIDNotNil()).Order(entmessage.ByNumber()).All(ctx)
	if err != nil || len(held) == 0 {
		return err
	}
	if handed, err := ch.handedOut(ctx); err != nil || len(handed) > 0 {
		return err
	}
	for _, row := range held {
		m, err := ch.tx.Client.Message.Get(ctx, row.ID)
		if err != nil {
			return err
		}
		if err := ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetQueuedAt(0).Exec(ctx); err != nil {
			return err
		}
		if err := ch.answeredOutside(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// handedOut are the messages of the conversation that a connector has, or had, and did not
// report.
func (ch *change) handedOut(ctx context.Context) ([]*ent.ChannelMessage, error) {
	return ch.tx.Client.ChannelMessage.Query().Where(entmessage.ConversationID(ch.c.ID), entmessage.AttemptsGT(0),
		entmessage.ActionEQ(vocab.OutboundSend)).Modify(isOpen).Order(entmessage.ByNumber()).All(ctx)
}

// ownOf is the message of ours of which an echo came: the only one that a connector has, or
// had, and that says the same with as many files; nil: there is none. One that a connector
// has stays its until it reports it; of one that it gave back the echo is the report.
func (ch *change) ownOf(ctx context.Context, what content, in Foreign) (*ent.Message, error) {
	said := sameWords(what.text)
	if said == "" {
		return nil, nil // files alone may be anything
	}
	handed, err := ch.handedOut(ctx)
	if err != nil {
		return nil, err
	}
	var same []*ent.ChannelMessage
	var own *ent.Message
	for _, row := range handed {
		if row.ExternalID != nil {
			continue
		}
		m, err := ch.tx.Client.Message.Get(ctx, row.ID)
		if err != nil {
			return nil, err
		}
		if said != sameWords(m.Text) && said != sameWords(OutboundText(in.Channel.Capabilities, m.Text, m.Cards, m.QuickReplies)) {
			continue
		}
		files, err := ch.tx.Client.Attachment.Query().Where(attachment.MessageID(m.ID)).Count(ctx)
		if err != nil {
			return nil, err
		}
		if files == len(in.AttachmentIDs)+in.Files {
			same, own = append(same, row), m
		}
	}
	if len(same) != 1 {
		return nil, nil
	}
	if same[0].State == vocab.OutboundLeased {
		return own, ch.keepForeignID(ctx, same[0], own, in.ExternalID)
	}
	return own, ch.report(ctx, same[0], own, Report{ExternalID: in.ExternalID, State: vocab.ReportSent})
}

// sameWords is a text without what media do to white space.
func sameWords(text string) string { return strings.Join(strings.Fields(text), " ") }

// isOpen leaves what is on its way out, as the index has it.
func isOpen(s *sql.Selector) {
	s.Where(sql.ExprP(s.C(entmessage.FieldState) + " IN ('WAITING', 'LEASED')"))
}

// senderName is a custom channel's sender as blocks have them.
func senderName(key string) string {
	if key == "" {
		return ""
	}
	return senderMark + key
}

// senderMark stands before the key of a custom channel's sender in a block.
const senderMark = "#"

// notForeign refuses an external id that is the connector's to say.
func notForeign() error {
	return errs.New(errs.Invalid, "In a custom channel the connector reports the message's external id: leave externalId out.").On("externalId")
}
