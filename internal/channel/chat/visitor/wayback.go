package visitor

import (
	"context"
	"strings"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/vocab"
)

// WayBack is how the visitor of a chat goes on with it from a letter (CH-6).
type WayBack struct {
	// Link leads back to the chat: to the page that it began on or to the hosted page. "":
	// there is neither.
	Link string
	// Once: the link proves who reads the letter, and works once.
	Once bool

	mailbox              *ent.EmailChannel
	messageID, reference string
}

// Answerable reports whether an answer by mail joins the chat.
func (w WayBack) Answerable() bool { return w.mailbox != nil }

// Address has a letter come from the inbox's mailbox, and answers to it join the chat, where
// it is answerable.
func (w WayBack) Address(letter *mail.Notice) {
	if w.mailbox == nil {
		return
	}
	letter.AccountID, letter.ChannelID, letter.ReplyTo = w.mailbox.AccountID, w.mailbox.ID, w.mailbox.Address
	letter.References, letter.InternetID = w.reference, w.messageID
}

// WayBack makes the way back for a letter to the visitor of a chat, whose last message, as
// visitors count, is upTo. messageID names the letter, once. What the letter has is mailed
// then, and no notice of missed replies has it again.
func (s *Service) WayBack(ctx context.Context, tx *store.Tx, c *ent.Conversation, me *ent.Visitor, upTo int, messageID string) (w WayBack, err error) {
	token, err := s.newLink(ctx, tx, c, me.Email, upTo)
	if err != nil {
		return w, err
	}
	fragment := linkFragment + token
	if me.Identity != nil { // their site proves who they are
		fragment = openFragment
	}
	if w.Link, err = s.linkOf(ctx, tx, c, fragment); err != nil {
		return w, err
	}
	w.Once = w.Link != "" && me.Identity == nil
	w.mailbox, err = s.mailboxOf(ctx, tx, c)
	s.nameThread(&w, c, messageID)
	return w, err
}

// Thread has a letter about a conversation of an e-mail channel come from there, and answers
// to it join the conversation, while the channel is connected. messageID names the letter,
// once.
func (s *Service) Thread(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID string) (w WayBack, err error) {
	if s.options.Threads == nil {
		return w, nil
	}
	w.mailbox, err = tx.Client.EmailChannel.Query().Where(emailchannel.ID(c.ChannelID), emailchannel.StateEQ(vocab.EmailConnected)).Only(ctx)
	if ent.IsNotFound(err) {
		return WayBack{}, nil
	}
	s.nameThread(&w, c, messageID)
	return w, err
}

// nameThread names the letter such that an answer finds the conversation.
func (s *Service) nameThread(w *WayBack, c *ent.Conversation, messageID string) {
	if w.mailbox == nil {
		return
	}
	domain := w.mailbox.Address[strings.LastIndexByte(w.mailbox.Address, '@')+1:]
	w.reference, w.messageID = s.options.Threads.Reference(c.ID, domain), s.options.Threads.MessageID(messageID, c.ID, domain)
}

// PageOf leads to the page of a chat, for letters to those who are not its visitor. "":
// there is none.
func (s *Service) PageOf(ctx context.Context, tx *store.Tx, c *ent.Conversation) (string, error) {
	return s.linkOf(ctx, tx, c, openFragment)
}

func (s *Service) linkOf(ctx context.Context, tx *store.Tx, c *ent.Conversation, fragment string) (string, error) {
	channel, err := tx.Client.Channel.Get(ctx, c.ChannelID)
	if err != nil {
		return "", err
	}
	return s.linkTo(c, channel, fragment), nil
}

// HasEnough reports whether the visitor's address got so many letters of late that the next
// one waits (RFC 3834).
func (s *Service) HasEnough(ctx context.Context, me *ent.Visitor) (bool, error) {
	sent, err := s.store.Numbers(ctx, `SELECT COUNT(*) FROM visitor_links l WHERE l.account_id = $1 AND l.created_at > $2 AND l.email = $3`,
		me.AccountID, int64(s.store.Now().Add(-noticesWithin)), me.Email)
	return err == nil && sent[0] >= maxNotices, err
}

// HasWithdrawn reports whether the visitor withdrew their consent: nothing more is sent to
// them (TM-8).
func (s *Service) HasWithdrawn(ctx context.Context, tx *store.Tx, me *ent.Visitor) (bool, error) {
	return hasWithdrawn(ctx, tx.Client, me)
}

// TeamOf is whom letters about a chat are from: the widget's title, else the inbox.
func (s *Service) TeamOf(ctx context.Context, tx *store.Tx, c *ent.Conversation) (string, error) {
	channel, err := tx.Client.Channel.Get(ctx, c.ChannelID)
	if err != nil {
		return "", err
	}
	return teamOf(ctx, tx, channel)
}
