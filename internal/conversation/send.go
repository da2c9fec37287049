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
// or TOO_LONG on the text, NOT_A_MEMBER on a mention. A person's message takes
// the conversation over from its bot (BT-2).
func (s *Service) SendMessage(ctx context.Context, in SendMessageInput) (*ent.Message, *ent.Conversation, error) {
	what, err := compose(in.Text, in.HTML, MaxText)
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
		m, err = ch.send(ctx, messageID, what, in.Note, in.MentionUserIDs)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return m, c, nil
}

func (ch *change) send(ctx context.Context, messageID string, what content, note bool, mentions []string) (*ent.Message, error) {
	if err := ch.mayChange(); err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	direction := vocab.Note
	if !note {
		direction = vocab.Outgoing
		if err := ch.mayReply(); err != nil {
			return nil, err
		}
		if len(mentions) > 0 {
			return nil, errs.New(errs.Invalid, "Only a note may mention users: set note to true.").On("mentionUserIds")
		}
	}
	if err := ch.checkMentions(ctx, mentions); err != nil {
		return nil, err
	}
	m, err := ch.add(ctx, messageID, authorOf(v), direction, what, mentions)
	if err != nil {
		return nil, err
	}
	if !note {
		ch.answered()
		if v.IsUser() {
			ch.takeOver()
		}
	}
	return m, ch.save(ctx)
}

// mayReply refuses what would not reach the contact.
func (ch *change) mayReply() error {
	switch {
	case ch.c.Filtered.Has(vocab.ReasonBlockedSender):
		return errs.New(errs.SenderBlocked, "The sender is blocked. Unblock them before you answer.").On("conversationId")
	case ch.c.Kind == vocab.Email:
		return errs.New(errs.ChannelNotConnected, "The conversation's e-mail channel is not connected, so that nothing can be sent.").On("conversationId")
	case ch.c.Status == vocab.Closed:
		return errs.New(errs.ConversationClosed, "The chat is closed. Reopen it before you answer, or add a note.").On("conversationId")
	}
	return nil
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
