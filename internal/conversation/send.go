package conversation

import (
	"context"
	"strconv"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/vocab"
)

// SendMessage adds a staff member's message or note to a conversation and
// returns both (IN-14). It fails with CONVERSATION_CLOSED in a closed chat
// (IN-7), SENDER_BLOCKED while the sender is blocked (IN-10), REQUIRED, INVALID
// or TOO_LONG on the text, the subject and the recipients, NOT_A_MEMBER on a
// mention, CHANNEL_NOT_CONNECTED where mail cannot go out, ALREADY_EXISTS on an
// external id that another message of the conversation has. A person's message
// takes the conversation over from its bot (BT-2); mail reopens a closed one, and
// so does Reopen a chat. CONFLICT with what came since where IfLastNumber is not
// the last number any more (IN-33), and where Turn is not the turn of now, which a bot
// must name (AG-2); NOT_FOUND or INVALID on what it answers (IN-30).
func (s *Service) SendMessage(ctx context.Context, in SendMessageInput) (*ent.Message, *ent.Conversation, error) {
	more, err := newExtras(in.LibraryItemIDs, in.Links)
	if err != nil {
		return nil, nil, err
	}
	more.quoteIDs = in.QuoteIDs
	what, err := composeContent(written{in.Text, in.HTML, in.Markdown}, MaxText, len(in.AttachmentIDs)+more.count())
	if err != nil {
		return nil, nil, err
	}
	externalID, err := account.NewExternalID(in.ExternalID)
	if err != nil {
		return nil, nil, err
	}
	call := idempotency.Call{
		Mutation: "sendMessage", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Message),
		Own: []idempotency.Own{{Kind: id.Message, Field: "id", ID: in.ID}},
	}
	var m *ent.Message
	var ch *change
	err = idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		if ch, err = loadChange(ctx, tx, in.ConversationID); err != nil {
			return err
		}
		if err := ch.expectRevision(in.ExpectedRevision); err != nil {
			return err
		}
		if err := ch.expectLast(ctx, in.IfLastNumber); err != nil {
			return err
		}
		m, err = s.sendMessage(ctx, ch, draft{id: call.Result, externalID: externalID, what: what}, more, in)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		if ch, err = loadChange(ctx, tx, in.ConversationID); err != nil {
			return err
		}
		m, err = tx.Client.Message.Get(ctx, first)
		return err
	})
	if err != nil {
		return nil, nil, account.ExternalIDTaken(err, "message of the conversation")
	}
	return m, ch.c, nil
}

// sendMessage adds a message; d has what the caller's input made of it so far.
func (s *Service) sendMessage(ctx context.Context, ch *change, d draft, more extras, in SendMessageInput) (*ent.Message, error) {
	if err := ch.mayChange(); err != nil {
		return nil, err
	}
	if err := ch.checkKind(in); err != nil {
		return nil, err
	}
	by, err := d.by, error(nil)
	if by == (author{}) {
		by, err = ch.onBehalfOf(ctx, in.OnBehalfOfUserID)
	}
	if err != nil {
		return nil, err
	}
	d.by, d.direction, d.mentions = by, vocab.Note, in.MentionUserIDs
	if d.replies, err = quickReplies(by, in); err != nil {
		return nil, err
	}
	if in.Note {
		if err := more.refuse(); err != nil {
			return nil, err
		}
	} else if in.Subject, err = s.composeAnswer(ctx, ch, &d, more, in); err != nil {
		return nil, err
	}
	answered, err := ch.answeredMessage(ctx, in)
	if err != nil {
		return nil, err
	}
	if answered != nil {
		d.replyTo = answered.ID
	}
	if err := ch.checkMentions(ctx, in.MentionUserIDs); err != nil {
		return nil, err
	}
	m, err := s.postMessage(ctx, ch, d, more, in)
	if err != nil {
		return nil, err
	}
	ch.nameAuthor(ctx, by)
	ch.nameProposer(d)
	if d.proposedBy == "" {
		if err := s.endDraftSent(ctx, ch, in.Note); err != nil {
			return nil, err
		}
	}
	if !in.Note {
		ch.endWaiting()
		if err := ch.recordResponse(ctx, m); err != nil {
			return nil, err
		}
		if by.isUser() {
			ch.takeOver()
			return m, ch.followAnswer(ctx, by)
		}
	}
	return m, ch.save(ctx)
}

// composeAnswer has a message be one to the contact, if that may go out now, with its placeholders
// filled, and returns its subject. d says whose it is.
func (s *Service) composeAnswer(ctx context.Context, ch *change, d *draft, more extras, in SendMessageInput) (*string, error) {
	d.direction = vocab.Outgoing
	if err := ch.mayBotSpeak(d.by, in.Turn); err != nil {
		return nil, err
	}
	if err := ch.mayReply(ctx, in.reopens()); err != nil {
		return nil, err
	}
	what, subject, err := s.fill(ctx, ch, d.by, written{in.Text, in.HTML, in.Markdown}, in.Subject, MaxText, len(in.AttachmentIDs)+more.count())
	if err != nil {
		return nil, err
	}
	if what != nil {
		d.what = *what
	}
	in.Subject = subject
	return subject, ch.mayGoOut(ctx, d, in)
}

// postMessage adds the message with its files, and hands over what goes by mail.
func (s *Service) postMessage(ctx context.Context, ch *change, d draft, more extras, in SendMessageInput) (*ent.Message, error) {
	byMail := d.direction == vocab.Outgoing && ch.c.Kind.LeavesBy(vocab.ByMail)
	var mail Outgoing
	if byMail {
		var err error
		if mail, err = ch.replyMail(ctx, in, d.replyTo); err != nil {
			return nil, err
		}
	}
	items, err := s.takeExtras(ctx, ch, &d, more, len(in.AttachmentIDs))
	if err != nil {
		return nil, err
	}
	if err := ch.checkLength(ctx, d, written{in.Text, in.HTML, in.Markdown}); err != nil {
		return nil, err
	}
	m, err := ch.addMessage(ctx, d)
	if err != nil {
		return nil, err
	}
	if mail.AttachmentIDs, err = s.claimFiles(ctx, ch, in.AttachmentIDs, items, m); err != nil {
		return nil, err
	}
	if err := ch.checkFiles(ctx, m); err != nil {
		return nil, err
	}
	answers := m.Direction == vocab.Outgoing && ch.c.Kind.Abilities().RepliesWhenClosed
	if ch.c.Status == vocab.Closed && (answers || in.reopens()) {
		if err := ch.reopen(ctx); err != nil {
			return nil, err
		}
	}
	if !byMail {
		return m, nil
	}
	return m, s.queueMail(ctx, ch, m, mail)
}

// checkKind refuses what does not go with the kind of message.
func (ch *change) checkKind(in SendMessageInput) error {
	if !in.Note && len(in.MentionUserIDs) > 0 {
		return errs.New(errs.Invalid, "Only a note may mention users: set note to true.").On("mentionUserIds")
	}
	if !in.Note && ch.c.Kind.LeavesBy(vocab.ByMail) {
		return nil
	}
	for _, f := range []struct {
		name  string
		given bool
	}{{"to", len(in.To) > 0}, {"cc", len(in.Cc) > 0}, {"bcc", len(in.Bcc) > 0}, {"subject", given(in.Subject)}} {
		if f.given {
			return errs.New(errs.Invalid, "Only e-mail messages can have recipients and a subject.").On(f.name)
		}
	}
	return nil
}

// mayReply refuses what would not reach the contact.
func (ch *change) mayReply(ctx context.Context, reopens bool) error {
	if err := ch.recheckBlock(ctx); err != nil {
		return err
	}
	if ch.c.Status == vocab.Closed && !reopens && !ch.c.Kind.Abilities().RepliesWhenClosed {
		return errs.New(errs.ConversationClosed, "The chat is closed. Set reopen to true to reopen it with the message, or add a note.").On("conversationId")
	}
	return ch.mustHaveChannel()
}

func senderBlocked(field string) error {
	return errs.New(errs.SenderBlocked, "The sender is blocked. Unblock them before you reply.").On(field)
}

// checkMentions: a note may mention only members of the conversation's inbox,
// since no one else may read it (AC-3).
func (ch *change) checkMentions(ctx context.Context, userIDs []string) error {
	const most = 50
	if len(userIDs) == 0 {
		return nil
	}
	if len(userIDs) > most {
		return errs.Exceeds(most, "A note can mention at most %d users.", most).On("mentionUserIds")
	}
	members, err := routing.Members(ctx, ch.tx.Client, ch.c.InboxID)
	if err != nil {
		return err
	}
	for i, u := range userIDs {
		if !id.Is(u, id.User) || !members[u] {
			return errs.New(errs.NotAMember, "%s is not a member of the conversation's inbox.", nameOfUser(ctx, ch.tx.Client, u)).On("mentionUserIds", strconv.Itoa(i))
		}
	}
	return nil
}
