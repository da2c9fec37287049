package transcript

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/account"
	"parley/internal/contact"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/mail"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// maxSubject is the most characters of a subject.
const maxSubject = 200

// Send sends the transcript of a closed chat to an address of a contact that the caller may
// see. Errors: NOT_FOUND, CONVERSATION_NOT_CLOSED and TRANSCRIPT_UNAVAILABLE; INVALID and
// TOO_LONG on email and subject.
func (s *Service) Send(ctx context.Context, in SendTranscriptInput) (c *ent.Conversation, err error) {
	call := idempotency.Call{Mutation: "sendTranscript", Key: in.IdempotencyKey, Input: in, Result: in.ConversationID}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = s.sendByHand(ctx, tx, in)
		return err
	}, func(ctx context.Context, tx *store.Tx, conversationID string) (err error) {
		c, err = tx.Client.Conversation.Get(ctx, conversationID)
		return err
	})
	return c, err
}

func (s *Service) sendByHand(ctx context.Context, tx *store.Tx, in SendTranscriptInput) (*ent.Conversation, error) {
	c, err := tx.Client.Conversation.Query().Where(entconversation.ID(in.ConversationID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, view.NotFound(in.ConversationID)
	}
	if err != nil {
		return nil, err
	}
	address, badAddress := account.CleanEmail(in.Email, "email")
	subject, badSubject := cleanSubject(in.Subject)
	if err := errors.Join(badAddress, badSubject, mayHaveOne(c)); err != nil {
		return nil, err
	}
	to, err := s.contacts.By(ctx, contact.ContactKey{Email: &address})
	if err != nil {
		return nil, err
	}
	if to == nil {
		return nil, errs.New(errs.NotFound, "No contact that you may see has the address %q. Create the contact first.", errs.Clip(address)).On("email")
	}
	if to.TranscriptsRefusedAt.IsSet() {
		return nil, unavailable("The contact asked for no further transcripts.").On("email")
	}
	ctx = viewer.NewContext(ctx, viewer.System("transcript", c.AccountID).InNameOf(viewer.FromContext(ctx).Actor()))
	return c, s.sendTo(ctx, tx, c, letter{to: to, address: address, subject: subject})
}

func (s *Service) sendTo(ctx context.Context, tx *store.Tx, c *ent.Conversation, l letter) error {
	ch, err := s.load(ctx, tx, c)
	if err != nil {
		return err
	}
	if len(ch.messages) == 0 {
		return unavailable("The chat has no message.").On("conversationId")
	}
	if l.own = l.address == ch.visitor.Email; l.own {
		withdrawn, err := s.visitors.HasWithdrawn(ctx, tx, ch.visitor)
		if err != nil {
			return err
		}
		if withdrawn {
			return unavailable("The visitor withdrew their consent to the processing of their data.").On("email")
		}
	}
	return s.send(ctx, tx, ch, l)
}

func mayHaveOne(c *ent.Conversation) error {
	if why := whyNone(c); why != "" && (c.Status == vocab.Closed || c.Kind != vocab.Chat) {
		return unavailable(why).On("conversationId")
	}
	if c.Status != vocab.Closed {
		return errs.New(errs.ConversationNotClosed, "The chat is open. Close it first; a transcript of a closed chat can be sent.").On("conversationId")
	}
	return nil
}

func unavailable(why string) *errs.Error { return errs.New(errs.TranscriptUnavailable, "%s", why) }

// cleanSubject returns a subject on one line; "": the usual one.
func cleanSubject(subject *string) (string, error) {
	if subject == nil {
		return "", nil
	}
	text, err := richtext.Clean(*subject, "subject")
	if err != nil {
		return "", err
	}
	text = strings.Join(strings.Fields(text), " ")
	if n := utf8.RuneCountInString(text); n > maxSubject {
		return "", errs.Exceeds(maxSubject, "The subject has %d characters; at most %d are allowed.", n, maxSubject).On("subject")
	}
	if text == "" {
		return "", errs.New(errs.Required, "The subject is empty. Omit it for the usual one.").On("subject")
	}
	return text, nil
}

// letter is a transcript on its way.
type letter struct {
	to      *ent.Contact
	address string
	subject string // "": the usual one
	own     bool   // it goes to the chat's visitor
}

// send posts a transcript and records that, within the caller's transaction.
func (s *Service) send(ctx context.Context, tx *store.Tx, ch *chat, l letter) error {
	notice, err := s.compose(ctx, tx, ch, l)
	if err != nil {
		return err
	}
	notice.About = &mail.About{AccountID: ch.c.AccountID, ContactID: l.to.ID, VisitorID: ch.visitor.ID}
	mail.Post(tx, notice)
	if l.own {
		_, err := tx.Exec(ctx, "UPDATE conversations SET transcript_number = $1 WHERE id = $2 AND account_id = $3", ch.c.LastVisibleNumber, ch.c.ID, ch.c.AccountID)
		if err != nil {
			return err
		}
	}
	tx.Append(ctx, store.Event{Type: vocab.TranscriptSent, InboxID: ch.c.InboxID, ConversationID: ch.c.ID, Revision: ch.c.Revision, SubjectID: l.to.ID})
	return nil
}

// newName names a letter, once: answers refer to it.
func newName() string { return id.New(id.Message) }
