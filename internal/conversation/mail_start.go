package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// StartEmail begins a conversation by mail and returns it with its first message
// (pitfall 8). It is with the contact that the first address in To belongs to,
// who is made if nobody has it, and belongs to whoever writes; it is not routed.
// Only members of the channel's inbox may (IB-5): NOT_FOUND else. It fails as
// SendMessage does.
func (s *Service) StartEmail(ctx context.Context, in StartEmailInput) (*ent.Conversation, *ent.Message, error) {
	what, err := compose(in.Text, in.HTML, MaxText, len(in.AttachmentIDs))
	if err != nil {
		return nil, nil, err
	}
	mail := Outgoing{AttachmentIDs: in.AttachmentIDs}
	if mail.Subject, err = oneLine(in.Subject, maxSubject, "subject"); err != nil {
		return nil, nil, err
	}
	given, err := cleanRecipients(in.To, in.Cc, in.Bcc)
	if err != nil {
		return nil, nil, err
	}
	if err := given.into(&mail); err != nil {
		return nil, nil, err
	}
	var c *ent.Conversation
	var m *ent.Message
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		messageID := newMessageID()
		replayed, err := once.Claim(ctx, tx, "startEmailConversation", in.IdempotencyKey, in, messageID)
		if err != nil {
			return err
		}
		if replayed == "" {
			c, m, err = s.startEmail(ctx, tx, in.EmailChannelID, messageID, what, mail)
			return err
		}
		if m, err = findMessage(ctx, tx.Client, replayed); err != nil {
			return err
		}
		c, err = tx.Client.Conversation.Get(ctx, m.ConversationID)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return c, m, nil
}

func (s *Service) startEmail(ctx context.Context, tx *store.Tx, channelID, messageID string, what content, mail Outgoing) (*ent.Conversation, *ent.Message, error) {
	channel, err := sendingChannel(ctx, tx, channelID)
	if err != nil {
		return nil, nil, err
	}
	contact, err := s.writtenTo(ctx, tx, channel, mail)
	if err != nil {
		return nil, nil, err
	}
	now := tx.Now()
	ch, err := open(ctx, tx, &ent.Conversation{
		ID: id.New(id.Conversation), AccountID: channel.AccountID, InboxID: channel.InboxID, ChannelID: channel.ID,
		Kind: vocab.Email, Status: vocab.Open, ContactID: contact.ID, Subject: mail.Subject, ToAddress: channel.Address,
		OpenedAt: now, LastMessageAt: now, WaitingSince: clock.Never, VisitorActiveAt: now, RoutingSource: channel.ID,
		BotState: vocab.BotNone, Priority: vocab.PriorityNone, Tags: []string{}, Revision: 1,
	})
	if err != nil {
		return nil, nil, err
	}
	v := viewer.FromContext(ctx)
	if v.IsUser() {
		ch.c.AssigneeID = v.ActorID
		ch.emit(vocab.ConversationAssigned)
	}
	m, err := ch.add(ctx, draft{id: messageID, by: authorOf(v), direction: vocab.Outgoing, what: what})
	if err != nil {
		return nil, nil, err
	}
	if err := s.claim(ctx, ch, mail.AttachmentIDs, m); err != nil {
		return nil, nil, err
	}
	if err := s.queue(ctx, ch, m, mail); err != nil {
		return nil, nil, err
	}
	return ch.c, m, ch.save(ctx)
}

// sendingChannel is an e-mail channel of an inbox whose conversations the viewer
// sees (IB-5).
func sendingChannel(ctx context.Context, tx *store.Tx, channelID string) (*ent.EmailChannel, error) {
	unknown := errs.New(errs.NotFound, "There is no e-mail channel %q from which you may send.", errs.Clip(channelID)).On("emailChannelId")
	if !id.Is(channelID, id.Channel) {
		return nil, unknown
	}
	channel, err := tx.Client.EmailChannel.Query().Where(emailchannel.ID(channelID)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && !viewer.FromContext(ctx).InInbox(channel.InboxID) {
		return nil, unknown
	}
	return channel, err
}

// writtenTo is the contact of the first recipient, who must not be blocked.
func (s *Service) writtenTo(ctx context.Context, tx *store.Tx, channel *ent.EmailChannel, mail Outgoing) (*ent.Contact, error) {
	if s.contacts == nil {
		return nil, notConnected()
	}
	first := mail.To[0]
	contact, created, err := s.contacts.FindOrCreateByEmail(ctx, tx, first.Address)
	if err != nil {
		return nil, err
	}
	if created {
		if err := s.contacts.Introduce(ctx, tx, contact.ID, first.Name); err != nil {
			return nil, err
		}
	}
	blocked, err := isBlocked(ctx, tx, channel.ID, contact.ID, first.Address)
	if err == nil && blocked {
		err = senderBlocked("to")
	}
	return contact, err
}
