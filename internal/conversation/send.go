package conversation

import (
	"context"
	"strconv"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SendMessage adds a staff member's message or note to a conversation and
// returns both (IN-14). It fails with CONVERSATION_CLOSED in a closed chat
// (IN-7), SENDER_BLOCKED while the sender is blocked (IN-10), REQUIRED, INVALID
// or TOO_LONG on the text, the subject and the recipients, NOT_A_MEMBER on a
// mention, CHANNEL_NOT_CONNECTED where mail cannot go out. A person's message
// takes the conversation over from its bot (BT-2); mail reopens a closed one.
func (s *Service) SendMessage(ctx context.Context, in SendMessageInput) (*ent.Message, *ent.Conversation, error) {
	what, err := compose(in.Text, in.HTML, MaxText, len(in.AttachmentIDs))
	if err != nil {
		return nil, nil, err
	}
	var m *ent.Message
	var c *ent.Conversation
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		messageID := newMessageID()
		replayed, err := once.Claim(ctx, tx, "sendMessage", in.IdempotencyKey, in, messageID)
		if err != nil {
			return err
		}
		ch, err := load(ctx, tx, in.ConversationID)
		if err != nil {
			return err
		}
		c = ch.c
		if replayed != "" {
			m, err = tx.Client.Message.Get(ctx, replayed)
			return err
		}
		if err := ch.expect(in.ExpectedRevision); err != nil {
			return err
		}
		m, err = s.send(ctx, ch, messageID, what, in)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return m, c, nil
}

func (s *Service) send(ctx context.Context, ch *change, messageID string, what content, in SendMessageInput) (*ent.Message, error) {
	if err := ch.mayChange(); err != nil {
		return nil, err
	}
	if err := ch.fits(in); err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	d := draft{id: messageID, by: authorOf(v), direction: vocab.Note, what: what, mentions: in.MentionUserIDs}
	if !in.Note {
		d.direction = vocab.Outgoing
		if err := ch.mayReply(); err != nil {
			return nil, err
		}
	}
	if err := ch.checkMentions(ctx, in.MentionUserIDs); err != nil {
		return nil, err
	}
	m, err := s.post(ctx, ch, d, in)
	if err != nil {
		return nil, err
	}
	if !in.Note {
		ch.answered()
		if v.IsUser() {
			ch.takeOver()
		}
	}
	return m, ch.save(ctx)
}

// post adds the message with its files, and hands over what goes by mail.
func (s *Service) post(ctx context.Context, ch *change, d draft, in SendMessageInput) (*ent.Message, error) {
	byMail := d.direction == vocab.Outgoing && ch.c.Kind == vocab.Email
	var mail Outgoing
	if byMail {
		var err error
		if mail, err = ch.replyMail(ctx, in); err != nil {
			return nil, err
		}
	}
	m, err := ch.add(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := s.claim(ctx, ch, in.AttachmentIDs, m); err != nil || !byMail {
		return m, err
	}
	if ch.c.Status == vocab.Closed {
		if err := ch.reopen(ctx); err != nil {
			return nil, err
		}
	}
	return m, s.queue(ctx, ch, m, mail)
}

// fits refuses what does not go with the kind of message.
func (ch *change) fits(in SendMessageInput) error {
	if !in.Note && len(in.MentionUserIDs) > 0 {
		return errs.New(errs.Invalid, "Only a note may mention users: set note to true.").On("mentionUserIds")
	}
	if !in.Note && ch.c.Kind == vocab.Email {
		return nil
	}
	for _, f := range []struct {
		name  string
		given bool
	}{{"to", len(in.To) > 0}, {"cc", len(in.Cc) > 0}, {"bcc", len(in.Bcc) > 0}, {"subject", in.Subject != nil}} {
		if f.given {
			return errs.New(errs.Invalid, "Only what goes by e-mail has recipients and a subject.").On(f.name)
		}
	}
	return nil
}

// mayReply refuses what would not reach the contact.
func (ch *change) mayReply() error {
	switch {
	case ch.c.Filtered.Has(vocab.ReasonBlockedSender):
		return senderBlocked("conversationId")
	case ch.c.Kind == vocab.Chat && ch.c.Status == vocab.Closed:
		return errs.New(errs.ConversationClosed, "The chat is closed. Reopen it before you answer, or add a note.").On("conversationId")
	}
	return nil
}

func senderBlocked(field string) error {
	return errs.New(errs.SenderBlocked, "The sender is blocked. Unblock them before you answer.").On(field)
}

// checkMentions: a note may mention members of the conversation's inbox alone,
// since nobody else may read it (AC-3).
func (ch *change) checkMentions(ctx context.Context, userIDs []string) error {
	const most = 50
	if len(userIDs) == 0 {
		return nil
	}
	if len(userIDs) > most {
		return errs.New(errs.TooLong, "A note mentions at most %d users.", most).On("mentionUserIds")
	}
	members, err := routing.Members(ctx, ch.tx.Client, ch.c.InboxID)
	if err != nil {
		return err
	}
	for i, u := range userIDs {
		if !id.Is(u, id.User) || !members[u] {
			return errs.New(errs.NotAMember, "The user %q is no member of the conversation's inbox.", errs.Clip(u)).On("mentionUserIds", strconv.Itoa(i))
		}
	}
	return nil
}
