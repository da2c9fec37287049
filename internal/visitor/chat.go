package visitor

import (
	"context"
	"net/url"
	"unicode/utf8"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/consent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
	"parley/internal/targeting"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const maxURL = 2048 // characters

// StartChat begins a conversation with the visitor's first message. The
// targeted message must be of the visitor's channel and on, or off for less
// than an hour and shown to them before: NOT_FOUND else (TM-1). CONSENT_REQUIRED
// and EMAIL_REQUIRED say what is to be asked for first (TM-8). An address given is kept as CaptureEmail
// does. A blocked visitor notices nothing (IN-10).
func (s *Service) StartChat(ctx context.Context, in StartChatInput) (*ent.Conversation, error) {
	v, err := self(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkURL(in.PageURL); err != nil {
		return nil, err
	}
	var c *ent.Conversation
	err = s.store.WithTx(system(ctx, v), func(ctx context.Context, tx *store.Tx) error {
		messageID := id.New(id.Message)
		replayed, err := once.Claim(ctx, tx, "startChat", in.IdempotencyKey, in, messageID)
		if err != nil {
			return err
		}
		if replayed != "" {
			_, c, err = sent(ctx, tx, v, replayed)
			return err
		}
		c, err = s.begin(ctx, tx, v, in, messageID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// begin goes by the order of TM-8: consent, address, message.
func (s *Service) begin(ctx context.Context, tx *store.Tx, v *viewer.Viewer, in StartChatInput, messageID string) (*ent.Conversation, error) {
	me, err := lockSelf(ctx, tx, v)
	if err != nil {
		return nil, err
	}
	if err := s.admitChat(ctx, tx, v); err != nil {
		return nil, err
	}
	targeted, err := shown(ctx, tx, v, in.TargetedMessageID)
	if err != nil {
		return nil, err
	}
	if targeted, err = targeting.AsShown(ctx, tx, targeted, in.TargetedMessageVersion); err != nil {
		return nil, err
	}
	says := agreement{process: told(in.Consent), communicate: told(in.CommunicationConsent), pageURL: in.PageURL}
	consents, err := agree(ctx, tx, me, targeted, says)
	if err != nil {
		return nil, err
	}
	did := targeting.Tally{Chats: 1}
	if did.Emails, err = s.address(ctx, tx, me, targeted, in.Email); err != nil {
		return nil, err
	}
	c, _, err := s.open(ctx, tx, me, conversation.Start{
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

// address keeps the address that came with a first message, and refuses to do
// without where the message asks for one before: EMAIL_REQUIRED on email (TM-5).
// It returns how many addresses became known.
func (s *Service) address(ctx context.Context, tx *store.Tx, me *ent.Visitor, m *ent.TargetedMessage, email *string) (int, error) {
	if email != nil {
		return s.capture(ctx, tx, me, *email)
	}
	if m.EmailCapture.Timing == vocab.CaptureBeforeChat && !reachable(me) {
		return 0, errs.New(errs.EmailRequired, "The visitor must give an e-mail address first.").On("email")
	}
	return 0, nil
}

// reachable reports whether an address of the visitor is known.
func reachable(me *ent.Visitor) bool { return me.Email != "" }

// open begins a conversation of the visitor on their channel.
func (s *Service) open(ctx context.Context, tx *store.Tx, me *ent.Visitor, start conversation.Start) (*ent.Conversation, *ent.Message, error) {
	channel, err := tx.Client.Channel.Get(ctx, me.ChannelID)
	if err != nil {
		return nil, nil, err
	}
	start.Channel, start.Visitor = channel, me
	return s.conversations.Begin(ctx, tx, start)
}

// shown returns a targeted message from which the visitor may begin a chat: one
// that is on, or went off lately after they were shown it (TM-1).
func shown(ctx context.Context, tx *store.Tx, v *viewer.Viewer, messageID string) (*ent.TargetedMessage, error) {
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

// sent loads what an earlier call wrote, as it is now and as far as the visitor
// sees it.
func sent(ctx context.Context, tx *store.Tx, v *viewer.Viewer, messageID string) (*ent.Message, *ent.Conversation, error) {
	ctx = viewer.NewContext(ctx, v)
	m, err := tx.Client.Message.Query().Where(entmessage.ID(messageID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil, errs.New(errs.NotFound, "What was written with this key is gone meanwhile.").On("idempotencyKey")
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := tx.Client.Conversation.Get(ctx, m.ConversationID)
	return m, c, err
}

func checkURL(page string) error { return checkURLOn(page, "pageUrl") }

func checkURLOn(page, field string) error {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errs.New(errs.Invalid, "The page's address must begin with http:// or https://.").On(field)
	}
	if n := utf8.RuneCountInString(page); n > maxURL {
		return errs.New(errs.TooLong, "The page's address has %d characters; at most %d are allowed.", n, maxURL).On(field)
	}
	return nil
}
