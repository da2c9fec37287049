package conversation

import (
	"context"
	"fmt"
	"strings"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Outbox queues what goes by mail. deliver.Outbox implements it.
type Outbox interface {
	// Queue keeps a message as a mail that is to go out, within the transaction
	// that makes it. CHANNEL_NOT_CONNECTED where the channel cannot send.
	Queue(ctx context.Context, tx *store.Tx, c *ent.Conversation, m *ent.Message, mail Outgoing) error
}

// Outgoing is the envelope of a mail that is to go out. No one is in it twice.
type Outgoing struct {
	To, Cc, Bcc []vocab.Mailbox
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
	FindOrCreateByEmail(ctx context.Context, tx *store.Tx, address string, source vocab.ContactSource) (c *ent.Contact, created bool, err error)
	Introduce(ctx context.Context, tx *store.Tx, contactID, name string) error
}

// queueMail hands a message over, and remembers whom the team wrote to.
func (s *Service) queueMail(ctx context.Context, ch *change, m *ent.Message, mail Outgoing) error {
	if err := s.deps.Outbox.Queue(ctx, ch.tx, ch.c, m, mail); err != nil {
		return err
	}
	if err := ch.addParticipants(ctx, append(mail.To[:len(mail.To):len(mail.To)], mail.Cc...), namedByTeam); err != nil {
		return err
	}
	return ch.wroteTo(ctx, mail)
}

// naming is how people come to take part in a conversation by mail.
type naming int

const (
	// namedByTeam: we write to them. Strangers stay strangers, whom an answer to their
	// mail goes to.
	namedByTeam naming = iota
	// namedByParticipant: someone who takes part names them: they are no strangers.
	namedByParticipant
	// joinedByThemselves: a stranger's mail came, which names a mail of the thread that
	// someone gave them (EM-6).
	joinedByThemselves
)

// addParticipants makes people participants: from then on their mail joins the
// conversation by its headers alone (pitfall 5).
func (ch *change) addParticipants(ctx context.Context, people []vocab.Mailbox, how naming) error {
	if len(people) == 0 {
		return nil
	}
	known := "DO NOTHING"
	if how == namedByParticipant {
		known = "DO UPDATE SET joined = excluded.joined WHERE participants.joined"
	}
	s, rows := &store.Statement{}, []string{}
	for _, p := range people[:min(len(people), maxParticipants)] {
		rows = append(rows, "("+strings.Join([]string{s.Arg(id.New("participant")), s.Arg(ch.c.AccountID), s.Arg(ch.c.InboxID), s.Arg(ch.c.ID),
			s.Arg(strings.ToLower(p.Address)), s.Arg(p.Name), s.Arg(how == joinedByThemselves)}, ", ")+")")
	}
	_, err := ch.tx.Exec(ctx, `INSERT INTO participants (id, account_id, inbox_id, conversation_id, address, name, joined) VALUES `+
		strings.Join(rows, ", ")+` ON CONFLICT (conversation_id, address) `+known, s.Args...)
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
	for _, list := range [][]vocab.Mailbox{mail.To, mail.Cc, mail.Bcc} {
		for _, m := range list {
			addresses = append(addresses, m.Address)
		}
	}
	s := &store.Statement{}
	s.WriteString("UPDATE contacts SET written_at = " + s.Arg(int64(ch.now())) + ", contacted_at = " + s.Arg(int64(ch.now())) + " WHERE account_id = " + s.Arg(ch.c.AccountID) +
		" AND id IN (SELECT contact_id FROM contact_emails WHERE account_id = " + s.Arg(ch.c.AccountID) + " AND address IN (" + store.List(s, addresses) + "))")
	_, err := ch.tx.Exec(ctx, s.String(), s.Args...)
	return err
}

// maxSubject is the most characters of a subject.
const maxSubject = 500

// replyMail is the envelope of an answer in an e-mail conversation, to a message or
// to the last one.
func (ch *change) replyMail(ctx context.Context, in SendMessageInput, answered string) (Outgoing, error) {
	given, err := cleanRecipients(in.To, in.Cc, in.Bcc)
	if err != nil {
		return Outgoing{}, err
	}
	last, err := ch.mailToAnswer(ctx, answered)
	if err != nil {
		return Outgoing{}, err
	}
	mail := Outgoing{Subject: replySubject(ch.c.Subject), AttachmentIDs: in.AttachmentIDs}
	if last != nil {
		mail.ReplyToMessageID, mail.Quote = last.ID, true
	}
	if in.Subject != nil && *in.Subject != "" {
		if mail.Subject, err = richtext.OneLine(*in.Subject, maxSubject, "subject"); err != nil {
			return mail, err
		}
	}
	usual, err := ch.usualRecipients(ctx, last, in.ReplyAll)
	if err != nil {
		return mail, err
	}
	if in.To == nil {
		given.to, given.cc = usual.to, append(given.cc, usual.cc...)
	}
	return mail, given.fillRecipients(&mail)
}

// replySubject is the subject of an answer.
func replySubject(subject string) string {
	if subject == "" || strings.HasPrefix(strings.ToLower(subject), "re:") {
		return subject
	}
	return "Re: " + subject
}
