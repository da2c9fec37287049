package receive

import (
	"context"
	"time"

	"parley/ent"
	"parley/ent/inboundmail"
	"parley/internal/mail"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// mostUnproved is how many mails within unprovedWithin tell a user that a mail, which anyone
	// may have written, was not sent: whoever has the address of a notification fills no one's
	// mailbox. Of a user's own mails each is answered.
	mostUnproved   = 5
	unprovedWithin = time.Hour
)

// unproved begins the note of a refused mail that nothing proves to be the user's.
func unproved(u *ent.User) string { return "not proved to be of " + u.ID + ": " }

// refusal is why an answer to a notification was not sent. said is what it says, if its user
// wrote that.
type refusal struct {
	answer
	conversationID, subject, why, said string
}

// writeRefusal writes to the user whose notification was answered that the answer was not sent.
// It goes to the address that Parley has of them, whoever wrote the answer; what anyone may have
// written has no word in it.
func (s *Service) writeRefusal(ctx context.Context, tx *store.Tx, r refusal) error {
	if r.user == nil || r.user.Email == "" {
		return nil
	}
	subject := clipAddress(r.subject)
	if !r.proved {
		if may, err := mayHear(ctx, tx, r.answer); err != nil || !may {
			return err
		}
		subject = "an answer by e-mail"
	}
	letter := mail.Notice{To: r.user.Email, Subject: "Not sent: " + subject, Text: "An answer by e-mail to a notification of yours was not sent to anyone, because " + r.why + "\n"}
	if r.said != "" {
		letter.Text += "\nIt said:\n\n" + r.said + "\n"
	}
	about, err := s.aboutOf(ctx, tx, r.conversationID)
	if err != nil {
		return err
	}
	letter.About = about
	mail.Post(tx, letter)
	return nil
}

// mayHear reports whether the user of a notification is written of a mail that nothing proves to
// be theirs: while they are a member, and not too often.
func mayHear(ctx context.Context, tx *store.Tx, a answer) (bool, error) {
	if a.notification == nil || a.user.DeactivatedAt.IsSet() {
		return false, nil
	}
	members, err := routing.Members(ctx, tx.Client, a.notification.InboxID)
	if err != nil || !members[a.user.ID] {
		return false, err
	}
	n, err := tx.Client.InboundMail.Query().Where(inboundmail.StateEQ(vocab.InboundRefused), inboundmail.CreatedAtGT(tx.Now().Add(-unprovedWithin)),
		inboundmail.ErrorHasPrefix(unproved(a.user))).Count(ctx)
	return n <= mostUnproved, err
}

// aboutOf is whose conversation it is: once they are erased, the letter is not sent.
func (s *Service) aboutOf(ctx context.Context, tx *store.Tx, conversationID string) (*mail.About, error) {
	if conversationID == "" {
		return nil, nil
	}
	c, err := tx.Client.Conversation.Get(ctx, conversationID)
	if err != nil || c.ContactID == "" && c.VisitorID == "" {
		return nil, ent.MaskNotFound(err)
	}
	return &mail.About{AccountID: c.AccountID, ContactID: c.ContactID, VisitorID: c.VisitorID}, nil
}
