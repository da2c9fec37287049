package conversation

import (
	"context"
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"parley/ent"
	entattachment "parley/ent/attachment"
	entmessage "parley/ent/channelmessage"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Limits of a template.
const (
	maxTemplateName       = 200
	maxTemplateLanguage   = 35
	maxTemplateParameters = 50
	maxTemplateParameter  = 1_000
)

// byConnector reports whether a connector takes what staff write to the contact.
func (ch *change) byConnector() bool { return ch.c.Kind.LeavesBy(vocab.ByConnector) }

// mayGoOut refuses what a custom channel cannot do (CC-1, CC-4), and keeps the template in
// the draft.
func (ch *change) mayGoOut(ctx context.Context, d *draft, in SendMessageInput) error {
	if !ch.byConnector() {
		if in.Template.isGiven() {
			return errs.New(errs.Invalid, "Only messages of custom channels can be sent by a template.").On("template")
		}
		return nil
	}
	channel, err := ch.tx.Client.CustomChannel.Get(ctx, ch.c.ChannelID)
	if err != nil {
		return err
	}
	can := channel.Capabilities
	if d.template, err = templateOf(in.Template); err != nil {
		return err
	}
	until := replyUntil(ch.c, can)
	switch {
	case d.template != nil && !can.Templates:
		return errs.New(errs.Invalid, "The channel %q sends no templates.", channel.Name).On("template")
	case d.template == nil && until != 0 && until < ch.now() && can.Templates:
		return errs.New(errs.ReplyWindowClosed, "The channel %q takes no reply after %s: send a template.", channel.Name, until).On("conversationId")
	case d.template == nil && until != 0 && until < ch.now():
		return errs.New(errs.ReplyWindowClosed, "The channel %q takes no reply after %s, until the contact writes again.", channel.Name, until).On("conversationId")
	case given(in.ExternalID):
		return notForeign()
	case given(in.ReplyToMessageID) && !can.Replies:
		return errs.New(errs.Invalid, "On the channel %q a message cannot answer a certain message: leave replyToMessageId out.", channel.Name).On("replyToMessageId")
	case len(in.AttachmentIDs) > 0 && len(can.AttachmentTypes) == 0:
		return errs.New(errs.Invalid, "The channel %q takes no files.", channel.Name).On("attachmentIds")
	}
	return nil
}

// checkLength refuses a text that is longer, with its cards and answers as it goes out, than
// its channel takes. What Parley says by itself, as in a bot's flow, is cut when it goes out.
func (ch *change) checkLength(ctx context.Context, d draft, in written) error {
	if d.direction != vocab.Outgoing || d.template != nil || !ch.byConnector() || viewer.FromContext(ctx).Kind == viewer.SystemKind {
		return nil
	}
	channel, err := ch.tx.Client.CustomChannel.Get(ctx, ch.c.ChannelID)
	if err != nil {
		return err
	}
	most, field := channel.Capabilities.MaxTextLength, "text"
	switch {
	case given(in.markdown):
		field = "markdown"
	case !given(in.text):
		field = "html"
	}
	n := utf8.RuneCountInString(OutboundText(channel.Capabilities, d.what.text, d.cards, d.replies))
	if most == 0 || n <= most {
		return nil
	}
	return errs.Exceeds(most, "The text has %d characters; the channel %q takes at most %d.", n, channel.Name, most).On(field)
}

// OutboundText is what goes out as plain text by a channel: cards as lines, and answers
// where it cannot show them.
func OutboundText(can vocab.ChannelCapabilities, text string, cards []vocab.MessageCard, replies []vocab.QuickReply) string {
	lines := OutboundLines(can, cards, replies)
	if !richtext.Blank(text) {
		lines = append([]string{text}, lines...)
	}
	return strings.Join(lines, "\n")
}

// OutboundLines are the lines that stand for cards, and for answers that a channel cannot
// show.
func OutboundLines(can vocab.ChannelCapabilities, cards []vocab.MessageCard, replies []vocab.QuickReply) []string {
	var lines []string
	for _, c := range cards {
		lines = append(lines, strings.TrimSpace(c.Title+"\n"+c.URL))
	}
	if !can.QuickReplies {
		for _, r := range replies {
			lines = append(lines, "- "+r.Text)
		}
	}
	return lines
}

// checkFiles refuses files that a custom channel does not take.
func (ch *change) checkFiles(ctx context.Context, m *ent.Message) error {
	if !ch.byConnector() || m.Direction != vocab.Outgoing {
		return nil
	}
	channel, err := ch.tx.Client.CustomChannel.Get(ctx, ch.c.ChannelID)
	if err != nil {
		return err
	}
	files, err := ch.tx.Client.Attachment.Query().Where(entattachment.MessageID(m.ID)).Order(entattachment.ByPosition()).All(ctx)
	if err != nil {
		return err
	}
	can := channel.Capabilities
	for i, a := range files {
		path := []string{"attachmentIds", strconv.Itoa(i)}
		switch {
		case !takesType(can.AttachmentTypes, a.ContentType):
			return errs.New(errs.Invalid, "The channel %q does not take files of the type %s; it takes: %s.", channel.Name, a.ContentType,
				strings.Join(append([]string{}, can.AttachmentTypes...), ", ")).On(path...)
		case can.MaxAttachmentBytes > 0 && a.Size > can.MaxAttachmentBytes:
			return errs.Exceeds(can.MaxAttachmentBytes, "The file %q has %d bytes; the channel %q takes at most %d.", a.FileName, a.Size, channel.Name, can.MaxAttachmentBytes).On(path...)
		}
	}
	return nil
}

// takesType reports whether patterns such as "image/*" admit a media type.
func takesType(patterns []string, contentType string) bool {
	plain, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		plain = contentType
	}
	kind, _, _ := strings.Cut(plain, "/")
	return slices.ContainsFunc(patterns, func(p string) bool { return p == "*/*" || p == plain || p == kind+"/*" })
}

// isGiven reports whether there is a template: an empty one, as clients send it that know no other
// way to leave it out, is none.
func (in *MessageTemplateInput) isGiven() bool {
	return in != nil && (in.Name != "" || given(in.Language) || len(in.Parameters) > 0)
}

// templateOf checks a template; nil: there is none.
func templateOf(in *MessageTemplateInput) (*vocab.MessageTemplate, error) {
	if !in.isGiven() {
		return nil, nil
	}
	name, err := richtext.OneLine(in.Name, maxTemplateName, "template", "name")
	if err != nil {
		return nil, err
	}
	t := &vocab.MessageTemplate{Name: name}
	if given(in.Language) {
		if t.Language, err = richtext.OneLine(*in.Language, maxTemplateLanguage, "template", "language"); err != nil {
			return nil, err
		}
	}
	if len(in.Parameters) > maxTemplateParameters {
		return nil, errs.Exceeds(maxTemplateParameters, "A template has at most %d parameters.", maxTemplateParameters).On("template", "parameters")
	}
	for i, p := range in.Parameters {
		path := []string{"template", "parameters", strconv.Itoa(i)}
		if n := utf8.RuneCountInString(p); n > maxTemplateParameter {
			return nil, errs.Exceeds(maxTemplateParameter, "The parameter has %d characters; at most %d are allowed.", n, maxTemplateParameter).On(path...)
		}
		if !store.Storable(p) {
			return nil, errs.New(errs.Invalid, "The parameter is not valid UTF-8, or contains a character that is not allowed in text.").On(path...)
		}
		t.Parameters = append(t.Parameters, p)
	}
	return t, nil
}

// replyUntil is until when an answer reaches the contact; 0: always (CC-4).
func replyUntil(c *ent.Conversation, can vocab.ChannelCapabilities) clock.Micros {
	switch {
	case can.ReplyWindowSeconds == 0:
		return 0
	case c.LastIncomingNumber == 0: // only the team has written
		return c.OpenedAt
	}
	return c.VisitorActiveAt.Add(time.Duration(can.ReplyWindowSeconds) * time.Second)
}

// CanReplyUntil is until when an answer reaches the contact of each conversation, by what
// its channel can do; zero: there is no limit.
func (s *Service) CanReplyUntil(ctx context.Context, list []*ent.Conversation) ([]*clock.Micros, error) {
	var ids []string
	for _, c := range list {
		if c.Kind.LeavesBy(vocab.ByConnector) {
			ids = append(ids, c.ChannelID)
		}
	}
	until := make([]*clock.Micros, len(list))
	if len(ids) == 0 {
		return until, nil
	}
	channels, err := s.customChannels(viewer.AsSystem(ctx, "custom-channels"), ids)
	if err != nil {
		return nil, err
	}
	for i, c := range list {
		if channel := channels[c.ChannelID]; channel != nil && c.Kind.LeavesBy(vocab.ByConnector) {
			if at := replyUntil(c, channel.Capabilities); at != 0 {
				until[i] = &at
			}
		}
	}
	return until, nil
}

// queueOut has a message wait for its connector, behind those of its conversation that do.
func (ch *change) queueOut(ctx context.Context, m *ent.Message, d draft) error {
	if m.Direction != vocab.Outgoing || !ch.byConnector() || m.Delivery != vocab.DeliveryQueued {
		return nil
	}
	create := ch.tx.Client.ChannelMessage.Create().SetID(m.ID).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).SetChannelID(ch.c.ChannelID).
		SetThreadKey(ch.c.ThreadKey).SetNumber(m.Number).SetByBot(m.AuthorKind == viewer.Bot).SetState(vocab.OutboundWaiting).
		SetAction(vocab.OutboundSend).SetQueuedAt(ch.now()).SetCreatedAt(ch.now())
	if d.template != nil {
		create.SetTemplate(d.template)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("queue the message: %w", err)
	}
	return ch.readyNext(ctx)
}

// readyNext has a connector get the first message of the conversation that waits, if it
// has none of it and none rests after an attempt: one at a time, in order.
func (ch *change) readyNext(ctx context.Context) error {
	_, err := ch.tx.Exec(ctx, `UPDATE channel_messages SET ready = TRUE WHERE id = (
			SELECT id FROM channel_messages WHERE conversation_id = $1 AND state IN ('WAITING', 'LEASED') ORDER BY queued_at, number LIMIT 1)
		AND NOT EXISTS (SELECT 1 FROM channel_messages WHERE conversation_id = $1 AND state IN ('WAITING', 'LEASED') AND (ready OR lease_until > 0))`, ch.c.ID)
	if err != nil {
		return fmt.Errorf("let the next message go: %w", err)
	}
	return nil
}

// cancelBots cancels what a bot said and no connector has yet: the turn rose (AG-2). What a
// bot said before it handed the conversation off by itself still goes out, also once people
// have it; not if the contact writes, or it is closed.
func (ch *change) cancelBots(ctx context.Context) error {
	if !ch.byConnector() || ch.c.BotState == vocab.BotNone || ch.keepsBotsWord(ctx) {
		return nil
	}
	waiting, err := ch.tx.Client.ChannelMessage.Query().Where(entmessage.ConversationID(ch.c.ID), entmessage.ByBot(true), entmessage.Attempts(0)).
		Modify(isOpen, store.ForUpdate).Order(entmessage.ByNumber()).All(ctx)
	if err != nil || len(waiting) == 0 {
		return err
	}
	for _, row := range waiting {
		if row.State != vocab.OutboundWaiting || row.Attempts > 0 || row.Action != vocab.OutboundSend {
			continue
		}
		if err := ch.cancelOut(ctx, row); err != nil {
			return err
		}
	}
	return ch.readyNext(ctx)
}

// keepsBotsWord reports whether the turn rises only because the bot handed the conversation
// off by itself, or because people took it after that: what it said before goes out.
func (ch *change) keepsBotsWord(ctx context.Context) bool {
	if ch.contactWrote || ch.c.Status == vocab.Closed || ch.c.Filtered != 0 || ch.c.DeletedAt.IsSet() {
		return false
	}
	by := viewer.FromContext(ctx).Actor().Kind
	byItself := ch.c.BotState == vocab.BotHandedOff && (by == viewer.Bot || by == viewer.SystemKind)
	return ch.before.BotState == vocab.BotHandedOff || ch.before.BotState.InBotsHands() && byItself
}

// cancelOut takes a message out of the outbox: it is CANCELED.
func (ch *change) cancelOut(ctx context.Context, row *ent.ChannelMessage) error {
	if err := ch.endOut(ctx, row, vocab.OutboundDone, ""); err != nil {
		return err
	}
	if row.Action != vocab.OutboundSend {
		return nil
	}
	m, err := ch.tx.Client.Message.Get(ctx, row.ID)
	if err != nil {
		return err
	}
	return ch.setDelivery(ctx, m, vocab.DeliveryCanceled, "")
}

// endOut writes that a connector has nothing to do with a message, or something else.
func (ch *change) endOut(ctx context.Context, row *ent.ChannelMessage, state vocab.OutboundState, action vocab.OutboundAction) error {
	row.State, row.Ready, row.LeaseID, row.LeaseUntil, row.NextAction = state, false, "", 0, ""
	update := ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetState(state).SetReady(false).SetLeaseID("").SetLeaseUntil(0).SetNextAction("")
	if action != "" {
		row.Action, row.QueuedAt, row.Attempts = action, ch.now(), 0
		update.SetAction(action).SetQueuedAt(row.QueuedAt).SetAttempts(0)
	}
	return update.Exec(ctx)
}

// reviseOut has a connector change what was sent, or take it back (IN-14).
func (ch *change) reviseOut(ctx context.Context, m *ent.Message, event vocab.EventType) error {
	if m.Direction != vocab.Outgoing || !ch.byConnector() {
		return nil
	}
	row, err := ch.tx.Client.ChannelMessage.Query().Where(entmessage.ID(m.ID)).Modify(store.ForUpdate).Only(ctx)
	if err != nil {
		return err
	}
	action := vocab.OutboundEdit
	if event == vocab.MessageDeleted {
		action = vocab.OutboundDelete
	}
	switch {
	case row.State == vocab.OutboundLeased:
		return ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetNextAction(action).Exec(ctx)
	case row.State == vocab.OutboundWaiting && row.Action == vocab.OutboundSend && action == vocab.OutboundEdit && row.Attempts > 0:
		return ch.tx.Client.ChannelMessage.UpdateOneID(row.ID).SetNextAction(action).Exec(ctx) // the medium may have what it said before
	case row.State == vocab.OutboundWaiting && row.Action == vocab.OutboundSend && action == vocab.OutboundEdit:
		return nil // it is read when it goes out
	case row.State == vocab.OutboundWaiting && row.Action == vocab.OutboundSend:
		err = ch.cancelOut(ctx, row)
	case row.ExternalID == nil || m.Delivery == vocab.DeliveryFailed || m.Delivery == vocab.DeliveryCanceled:
		return nil // the medium has nothing to change
	default:
		err = ch.endOut(ctx, row, vocab.OutboundWaiting, action)
	}
	if err != nil {
		return err
	}
	return ch.readyNext(ctx)
}

// mayReviseOut refuses to change what a channel cannot change any more. What waits can
// always be deleted.
func (ch *change) mayReviseOut(ctx context.Context, m *ent.Message, event vocab.EventType) error {
	if m.Direction != vocab.Outgoing || !ch.byConnector() {
		return nil
	}
	row, err := ch.tx.Client.ChannelMessage.Get(ctx, m.ID)
	if ent.IsNotFound(err) || err == nil && ch.waits(row) && (row.Attempts == 0 || event == vocab.MessageDeleted) {
		return nil
	}
	if err != nil {
		return err
	}
	channel, err := ch.tx.Client.CustomChannel.Get(ctx, row.ChannelID)
	switch {
	case err != nil:
		return err
	case !channel.Capabilities.Editing:
		return errs.New(errs.Invalid, "The channel %q cannot change what was sent.", channel.Name).On("messageId")
	case row.ExternalID == nil && row.State == vocab.OutboundDone && m.Delivery != vocab.DeliveryFailed && m.Delivery != vocab.DeliveryCanceled:
		return errs.New(errs.Invalid, "The message cannot be changed: the channel's connector reported it without its id in the medium.").On("messageId")
	}
	return nil
}

// waits reports whether a message is still to be sent, and no connector has it now.
func (*change) waits(row *ent.ChannelMessage) bool {
	return row.State == vocab.OutboundWaiting && row.Action == vocab.OutboundSend
}

// mayTakeBack reports whether a message waits that any member may take back, whoever wrote
// it: it might stop the conversation (CC-3).
func (ch *change) mayTakeBack(ctx context.Context, m *ent.Message, event vocab.EventType) (bool, error) {
	by := authorOf(viewer.FromContext(ctx))
	if event != vocab.MessageDeleted || m.Direction != vocab.Outgoing || m.Delivery != vocab.DeliveryQueued || !ch.byConnector() || !by.isUser() {
		return false, nil
	}
	row, err := ch.tx.Client.ChannelMessage.Get(ctx, m.ID)
	if err != nil {
		if ent.IsNotFound(err) {
			return false, nil
		}
		return false, err
	}
	return ch.waits(row), nil
}
