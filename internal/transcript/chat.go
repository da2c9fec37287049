package transcript

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/contactemail"
	entmessage "parley/ent/message"
	"parley/internal/availability"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxMessages and maxBytes bound what a transcript has: the last ones.
	maxMessages = 500
	maxBytes    = 1 << 20
)

// chat is a closed chat and what its transcript is made of.
type chat struct {
	c        *ent.Conversation
	channel  *ent.Channel
	inbox    *ent.Inbox
	account  *ent.Account
	visitor  *ent.Visitor
	messages []*ent.Message
	// cut: earlier messages are left out.
	cut bool
}

// whyNone is why a conversation has no transcript at all; "": it may have one.
func whyNone(c *ent.Conversation) string {
	switch {
	case c.Kind != vocab.Chat || c.VisitorID == "":
		return "Only chats have transcripts."
	case c.BotID != "" || c.BotState != vocab.BotNone:
		return "A bot started this chat: such chats have no transcripts."
	case c.DeletedAt.IsSet():
		return "The conversation is in the trash. Restore it first."
	case c.Filtered != 0:
		return "Filtered conversations have no transcripts."
	}
	return ""
}

func (s *Service) load(ctx context.Context, tx *store.Tx, c *ent.Conversation) (ch *chat, err error) {
	ch = &chat{c: c}
	if ch.channel, err = tx.Client.Channel.Get(ctx, c.ChannelID); err != nil {
		return nil, err
	}
	if ch.inbox, err = tx.Client.Inbox.Get(ctx, c.InboxID); err != nil {
		return nil, err
	}
	if ch.account, err = tx.Client.Account.Get(ctx, c.AccountID); err != nil {
		return nil, err
	}
	if ch.visitor, err = tx.Client.Visitor.Get(ctx, c.VisitorID); err != nil {
		return nil, err
	}
	list, err := tx.Client.Message.Query().Where(
		entmessage.ConversationID(c.ID), entmessage.DeletedAt(0), entmessage.VisibleNumberGT(0), entmessage.DirectionNEQ(vocab.Note),
	).Order(ent.Desc(entmessage.FieldNumber)).Limit(maxMessages + 1).All(ctx)
	ch.messages, ch.cut = bounded(list)
	return ch, err
}

// bounded returns the newest messages that fit, oldest first, of those given newest first.
func bounded(newest []*ent.Message) (list []*ent.Message, cut bool) {
	size := 0
	for i, m := range newest {
		if size += len(m.Text); i > 0 && (i >= maxMessages || size > maxBytes) {
			cut = true
			break
		}
		list = append(list, m)
	}
	slices.Reverse(list)
	return list, cut
}

// wanted reports whether a transcript goes out by itself: visible messages came since the
// last one, and the channel's and the inbox's people want it.
func (ch *chat) wanted() bool {
	if !ch.channel.SendTranscript || ch.channel.RemovedAt.IsSet() || ch.inbox.DeletedAt.IsSet() || ch.visitor.Email == "" {
		return false
	}
	return slices.ContainsFunc(ch.messages, func(m *ent.Message) bool { return m.VisibleNumber > ch.c.TranscriptNumber })
}

// zone is the visitor's, else the inbox's, by its IANA name.
func (ch *chat) zone() string {
	return availability.FirstZone(ch.visitor.TimeZone, ch.channel.Availability.TimeZone, ch.account.TimeZone)
}

// recipient is the contact with the visitor's address; nil: there is none.
func (s *Service) recipient(ctx context.Context, tx *store.Tx, ch *chat) (*ent.Contact, error) {
	found, err := tx.Client.ContactEmail.Query().Where(contactemail.Address(ch.visitor.Email)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return tx.Client.Contact.Get(ctx, found.ContactID)
}
