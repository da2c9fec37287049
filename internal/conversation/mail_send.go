package conversation

import (
	"context"
	"fmt"
	"strings"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
)

// Outbox sends what goes by mail. Package email implements it.
type Outbox interface {
	// Queue keeps a message as a mail that is to go out, within the transaction
	// that makes it. CHANNEL_NOT_CONNECTED where the channel cannot send.
	Queue(ctx context.Context, tx *store.Tx, c *ent.Conversation, m *ent.Message, mail Outgoing) error
}

// Outgoing is the envelope of a mail that is to go out. Nobody is in it twice.
type Outgoing struct {
	To, Cc, Bcc []schema.Mailbox
	Subject     string
	// ReplyToMessageID is the message that it answers; "": it begins a thread.
	ReplyToMessageID string
	// AttachmentIDs are files that the message has already.
	AttachmentIDs []string
	// Quote: what it answers is quoted below it.
	Quote bool
}

// Contacts finds whom an agent writes to. Package contact implements it.
type Contacts interface {
	FindOrCreateByEmail(ctx context.Context, tx *store.Tx, address string) (c *ent.Contact, created bool, err error)
	Introduce(ctx context.Context, tx *store.Tx, contactID, name string) error
}

// UseOutbox has messages of e-mail conversations go out. It is called before the
// first use case.
func (s *Service) UseOutbox(o Outbox) { s.outbox = o }

// UseContacts lets agents begin e-mail conversations. It is called before the
// first use case.
func (s *Service) UseContacts(c Contacts) { s.contacts = c }

// queue hands a message over, and remembers whom the team wrote to.
func (s *Service) queue(ctx context.Context, ch *change, m *ent.Message, mail Outgoing) error {
	if s.outbox == nil {
		return notConnected()
	}
	if err := s.outbox.Queue(ctx, ch.tx, ch.c, m, mail); err != nil {
		return err
	}
	if err := ch.joined(ctx, append(mail.To[:len(mail.To):len(mail.To)], mail.Cc...)); err != nil {
		return err
	}
	return ch.wroteTo(ctx, mail)
}

func notConnected() error {
	return errs.New(errs.ChannelNotConnected, "The conversation's e-mail channel is not connected, so that nothing can be sent.").On("conversationId")
}

// joined makes people participants: from then on their mail joins the
// conversation by its headers alone (pitfall 5).
func (ch *change) joined(ctx context.Context, people []schema.Mailbox) error {
	if len(people) == 0 {
		return nil
	}
	s, rows := &statement{}, []string{}
	for _, p := range people[:min(len(people), maxParticipants)] {
		rows = append(rows, "("+strings.Join([]string{s.arg(id.New("participant")), s.arg(ch.c.AccountID), s.arg(ch.c.InboxID), s.arg(ch.c.ID),
			s.arg(strings.ToLower(p.Address)), s.arg(p.Name)}, ", ")+")")
	}
	_, err := ch.tx.Exec(ctx, `INSERT INTO participants (id, account_id, inbox_id, conversation_id, address, name) VALUES `+
		strings.Join(rows, ", ")+` ON CONFLICT (conversation_id, address) DO NOTHING`, s.args...)
	if err != nil {
		return fmt.Errorf("save participants: %w", err)
	}
	return nil
}

// maxParticipants is the most people whom one mail makes participants.
const maxParticipants = 200

// wroteTo remembers that the team wrote to the contacts among the recipients,
// who are then no role addresses to be filtered (IN-11).
func (ch *change) wroteTo(ctx context.Context, mail Outgoing) error {
	addresses := []string{}
	for _, list := range [][]schema.Mailbox{mail.To, mail.Cc, mail.Bcc} {
		for _, m := range list {
			addresses = append(addresses, m.Address)
		}
	}
	s := &statement{}
	s.WriteString("UPDATE contacts SET written_at = " + s.arg(int64(ch.now())) + " WHERE account_id = " + s.arg(ch.c.AccountID) +
		" AND id IN (SELECT contact_id FROM contact_emails WHERE account_id = " + s.arg(ch.c.AccountID) + " AND address IN (" + list(s, addresses) + "))")
	_, err := ch.tx.Exec(ctx, s.String(), s.args...)
	return err
}

// maxSubject is the most characters of a subject.
const maxSubject = 500

// replyMail is the envelope of an answer in an e-mail conversation.
func (ch *change) replyMail(ctx context.Context, in SendMessageInput) (Outgoing, error) {
	given, err := cleanRecipients(in.To, in.Cc, in.Bcc)
	if err != nil {
		return Outgoing{}, err
	}
	last, err := ch.lastMail(ctx)
	if err != nil {
		return Outgoing{}, err
	}
	mail := Outgoing{Subject: replySubject(ch.c.Subject), AttachmentIDs: in.AttachmentIDs}
	if last != nil {
		mail.ReplyToMessageID, mail.Quote = last.ID, true
	}
	if in.Subject != nil {
		if mail.Subject, err = oneLine(*in.Subject, maxSubject, "subject"); err != nil {
			return mail, err
		}
	}
	usual, err := ch.usualRecipients(ctx, last, in.ReplyAll)
	if err != nil {
		return mail, err
	}
	if in.To == nil {
		given.to = usual.to
	}
	if in.Cc == nil && in.To == nil {
		given.cc = usual.cc
	}
	return mail, given.into(&mail)
}

// replySubject is the subject of an answer.
func replySubject(subject string) string {
	if subject == "" || strings.HasPrefix(strings.ToLower(subject), "re:") {
		return subject
	}
	return "Re: " + subject
}
