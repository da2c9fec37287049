package visitor

import (
	"context"
	"net/url"
	"unicode/utf8"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/pageurl"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const maxURL = 2048 // characters

// StartChat begins a conversation with the visitor's first message. The
// targeted message must be of the visitor's channel and on, or off for less
// than an hour and shown to them before: NOT_FOUND else (TM-1). CONSENT_REQUIRED,
// EMAIL_REQUIRED and FIELDS_REQUIRED say what is to be asked for first (TM-8). An address given is kept as CaptureEmail
// does. A blocked visitor notices nothing (IN-10).
func (s *Service) StartChat(ctx context.Context, in StartChatInput) (*ent.Conversation, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "startChat", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Message)}
	if in.PageURL, err = cleanURL(in.PageURL, "pageUrl"); err != nil {
		return nil, err
	}
	var c *ent.Conversation
	err = idempotency.Run(system(ctx, v), s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = s.beginChat(ctx, tx, v, in, call.Result)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		_, c, err = s.loadSent(ctx, tx, v, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// beginChat goes by the order of TM-8: consent, address and fields, message.
func (s *Service) beginChat(ctx context.Context, tx *store.Tx, v *viewer.Viewer, in StartChatInput, messageID string) (*ent.Conversation, error) {
	me, err := lockSelf(ctx, tx, v)
	if err != nil {
		return nil, err
	}
	if err := s.admitChat(ctx, tx, v); err != nil {
		return nil, err
	}
	if err := recordSeen(ctx, tx, me); err != nil {
		return nil, err
	}
	targeted, err := findShownMessage(ctx, tx, v, in.TargetedMessageID)
	if err != nil {
		return nil, err
	}
	if targeted, err = targeting.AsShown(ctx, tx, targeted, in.TargetedMessageVersion); err != nil {
		return nil, err
	}
	says := agreement{process: isTrue(in.Consent), communicate: isTrue(in.CommunicationConsent), pageURL: in.PageURL}
	consents, err := recordAgreement(ctx, tx, me, targeted, says)
	if err != nil {
		return nil, err
	}
	did := targeting.Tally{Chats: 1}
	if did.Emails, err = s.captureFirstEmail(ctx, tx, me, targeted, in.Email); err != nil {
		return nil, err
	}
	if err := s.keepFirstFields(ctx, tx, me, targeted, in.Fields); err != nil {
		return nil, err
	}
	c, _, err := s.openConversation(ctx, tx, me, conversation.Start{
		MessageID: messageID, Targeted: targeted, PageURL: in.PageURL, Text: in.Text, AttachmentIDs: in.AttachmentIDs,
	})
	if err != nil {
		return nil, err
	}
	if err := consent.Bind(ctx, tx, c.ID, consents...); err != nil {
		return nil, err
	}
	return c, targeting.Count(ctx, tx, targeted, did)
}

// captureFirstEmail keeps the address that came with a first message, and refuses
// to do without where the message asks for one before: EMAIL_REQUIRED on email
// (TM-5). It returns how many addresses became known.
func (s *Service) captureFirstEmail(ctx context.Context, tx *store.Tx, me *ent.Visitor, m *ent.TargetedMessage, email *string) (int, error) {
	if email != nil {
		return s.captureEmail(ctx, tx, me, *email)
	}
	if m.EmailCapture.Timing == vocab.CaptureBeforeChat && !reachable(me) {
		return 0, errs.New(errs.EmailRequired, "The visitor must first give an e-mail address.").On("email")
	}
	return 0, nil
}

// reachable reports whether an address of the visitor is known.
func reachable(me *ent.Visitor) bool { return me.Email != "" }

// openConversation begins a conversation of the visitor on their channel.
func (s *Service) openConversation(ctx context.Context, tx *store.Tx, me *ent.Visitor, start conversation.Start) (*ent.Conversation, *ent.Message, error) {
	channel, err := tx.Client.Channel.Get(ctx, me.ChannelID)
	if err != nil {
		return nil, nil, err
	}
	if channel.RemovedAt.IsSet() {
		return nil, nil, errs.New(errs.Unauthenticated, "This chat no longer exists.")
	}
	start.Channel, start.Visitor = channel, me
	return s.conversations.Begin(ctx, tx, start)
}

// findShownMessage returns a targeted message from which the visitor may begin a
// chat: one that is on, or went off lately after they were shown it (TM-1).
func findShownMessage(ctx context.Context, tx *store.Tx, v *viewer.Viewer, messageID string) (*ent.TargetedMessage, error) {
	m, err := targeting.Find(ctx, tx, v.ChannelID, messageID)
	if err != nil {
		return nil, err
	}
	if m == nil || !targeting.Starts(m, tx.Now()) {
		return nil, notShown(messageID)
	}
	if m.State == vocab.TargetedOn {
		return m, nil
	}
	was, err := targeting.WasShown(ctx, tx, m, v.ActorID)
	if err == nil && !was {
		err = notShown(messageID)
	}
	return m, err
}

func notShown(messageID string) error {
	return errs.New(errs.NotFound, "There is no targeted message %q that is shown here.", errs.Clip(messageID)).On("targetedMessageId")
}

// loadSent loads what an earlier call wrote, as it is now and as far as the visitor
// sees it.
func (s *Service) loadSent(ctx context.Context, tx *store.Tx, v *viewer.Viewer, messageID string) (*ent.Message, *ent.Conversation, error) {
	ctx = viewer.NewContext(ctx, v)
	m, err := tx.Client.Message.Query().Where(entmessage.ID(messageID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil, errs.New(errs.NotFound, "The message sent with this idempotency key has since been deleted.").On("idempotencyKey")
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := s.Conversation(ctx, m.ConversationID)
	if err == nil && c == nil {
		err = notFound(m.ConversationID)
	}
	return m, c, err
}

// cleanURL checks the address of a page, and takes out a user and password, which
// browsers do not show and no one is to read.
func cleanURL(page, field string) (string, error) {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", errs.New(errs.Invalid, "The page's URL must start with http:// or https://.").On(field)
	}
	if n := utf8.RuneCountInString(page); n > maxURL {
		return "", errs.Exceeds(maxURL, "The page's URL has %d characters; at most %d are allowed.", n, maxURL).On(field)
	}
	return pageurl.WithoutUser(page), nil
}
