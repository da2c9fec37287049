package conversation

import (
	"context"
	"strings"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/library"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// StartEmail begins a conversation by mail and returns it with its first message
// (pitfall 8). It is with the contact that the first address in To belongs to,
// who is made if no one has it, and belongs to whoever writes; it is not routed.
// Only members of the channel's inbox may (IB-5): otherwise NOT_FOUND. It fails as
// SendMessage does.
func (s *Service) StartEmail(ctx context.Context, in StartEmailConversationInput) (*ent.Conversation, *ent.Message, error) {
	more, err := newExtras(in.LibraryItemIDs, in.Links)
	if err != nil {
		return nil, nil, err
	}
	more.quoteIDs = in.QuoteIDs
	text := written{in.Text, in.HTML, in.Markdown}
	what, err := composeContent(text, MaxText, len(in.AttachmentIDs)+more.count())
	if err != nil {
		return nil, nil, err
	}
	mail := Outgoing{AttachmentIDs: in.AttachmentIDs}
	if mail.Subject, err = richtext.OneLine(in.Subject, maxSubject, "subject"); err != nil {
		return nil, nil, err
	}
	given, err := cleanRecipients(in.To, in.Cc, in.Bcc)
	if err != nil {
		return nil, nil, err
	}
	if err := given.fillRecipients(&mail); err != nil {
		return nil, nil, err
	}
	externalID, err := account.NewExternalID(in.ExternalID)
	if err != nil {
		return nil, nil, err
	}
	call := idempotency.Call{
		Mutation: "startEmailConversation", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.MessageID, id.Message),
		Own: []idempotency.Own{{Kind: id.Conversation, Field: "id", ID: in.ID}, {Kind: id.Message, Field: "messageId", ID: in.MessageID}},
	}
	begun := ent.Conversation{ID: id.OrNew(in.ID, id.Conversation), ExternalID: externalID}
	var c *ent.Conversation
	var m *ent.Message
	err = idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		c, m, err = s.startEmail(ctx, tx, in.ChannelID, begun, firstMail{draft{id: call.Result, what: what}, text, more, mail})
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		if m, err = findMessage(ctx, tx.Client, first); err != nil {
			return err
		}
		c, err = tx.Client.Conversation.Get(ctx, m.ConversationID)
		return err
	})
	if err != nil {
		return nil, nil, account.ExternalIDTaken(err, "conversation")
	}
	return c, m, nil
}

// firstMail is the message that a conversation by mail begins with.
type firstMail struct {
	draft
	text written
	more extras
	mail Outgoing
}

// startEmail opens the conversation, of which begun has the ids, with its first mail.
func (s *Service) startEmail(ctx context.Context, tx *store.Tx, channelID string, begun ent.Conversation, first firstMail) (*ent.Conversation, *ent.Message, error) {
	mail := first.mail
	channel, err := sendingChannel(ctx, tx, channelID)
	if err != nil {
		return nil, nil, err
	}
	contact, err := s.writtenTo(ctx, tx, channel, mail)
	if err != nil {
		return nil, nil, err
	}
	if err := s.fillFirst(ctx, &first, contact); err != nil {
		return nil, nil, err
	}
	mail.Subject = first.mail.Subject
	now := tx.Now()
	ch, err := openConversation(ctx, tx, &ent.Conversation{
		ID: begun.ID, ExternalID: begun.ExternalID, AccountID: channel.AccountID, InboxID: channel.InboxID, ChannelID: channel.ID,
		Kind: vocab.Email, Status: vocab.Open, ContactID: contact.ID, Subject: mail.Subject, ToAddress: channel.Address,
		OpenedAt: now, LastMessageAt: now, ActivityAt: now, WaitingSince: clock.Never, VisitorActiveAt: now, RoutingSource: channel.ID,
		BotState: vocab.BotNone, Priority: vocab.PriorityNone, Tags: []string{}, Revision: 1,
	})
	if err != nil {
		return nil, nil, err
	}
	v := viewer.FromContext(ctx)
	if v.IsUser() {
		ch.c.AssigneeID = v.ActorID
		ch.emitEvent(vocab.ConversationAssigned)
	}
	m, err := s.postFirst(ctx, ch, first)
	if err != nil {
		return nil, nil, err
	}
	return ch.c, m, ch.save(ctx)
}

// postFirst adds the first mail with its files, and hands it over.
func (s *Service) postFirst(ctx context.Context, ch *change, first firstMail) (*ent.Message, error) {
	d, mail, files := first.draft, first.mail, len(first.mail.AttachmentIDs)
	d.by, d.direction = authorOf(viewer.FromContext(ctx)), vocab.Outgoing
	items, err := s.takeExtras(ctx, ch, &d, first.more, files)
	if err != nil {
		return nil, err
	}
	m, err := ch.addMessage(ctx, d)
	if err != nil {
		return nil, err
	}
	if mail.AttachmentIDs, err = s.claimFiles(ctx, ch, mail.AttachmentIDs, items, m); err != nil {
		return nil, err
	}
	return m, s.queueMail(ctx, ch, m, mail)
}

// sendingChannel is an e-mail channel of an inbox whose conversations the viewer
// sees (IB-5).
func sendingChannel(ctx context.Context, tx *store.Tx, channelID string) (*ent.EmailChannel, error) {
	unknown := errs.New(errs.NotFound, "There is no e-mail channel %q that you may send from.", errs.Clip(channelID)).On("channelId")
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
	first := mail.To[0]
	contact, created, err := s.deps.Contacts.FindOrCreateByEmail(ctx, tx, first.Address, vocab.SourceEmail)
	if err != nil {
		return nil, err
	}
	if created {
		if err := s.deps.Contacts.Introduce(ctx, tx, contact.ID, first.Name); err != nil {
			return nil, err
		}
	}
	blocked, err := isBlocked(ctx, tx, channel.InboxID, channel.ID, contact.ID, strings.ToLower(first.Address))
	if err == nil && blocked {
		err = senderBlocked("to")
	}
	return contact, err
}

// fillFirst fills the placeholders of a first mail, before there is a conversation.
func (s *Service) fillFirst(ctx context.Context, first *firstMail, contact *ent.Contact) error {
	v := viewer.FromContext(ctx).Actor()
	if v.Kind == viewer.Bot || !first.text.mayHavePlaceholders(&first.mail.Subject) {
		return nil
	}
	t, err := s.deps.Library.Complete(ctx, library.Occasion{ContactID: contact.ID, AuthorID: v.ActorID},
		library.Text{Text: first.text.text, HTML: first.text.html, Markdown: first.text.markdown, Subject: &first.mail.Subject})
	if err != nil {
		return err
	}
	if first.what, err = composeContent(written{t.Text, t.HTML, t.Markdown}, MaxText, len(first.mail.AttachmentIDs)+first.more.count()); err != nil {
		return err
	}
	first.mail.Subject, err = richtext.OneLine(*t.Subject, maxSubject, "subject")
	return err
}
