package receive

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/inboundmail"
	"parley/ent/personalmailbox"
	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/thread"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// mostRefusals is how many mails within refusalsWithin say of one conversation that an answer
	// was not sent: whoever has the address of a notification fills no one's mailbox.
	mostRefusals = 5
	// maxAnswerSubject is the most characters of the subject that such a mail has.
	maxAnswerSubject = 120
)

// answer is a mail that answers a notification (NT-8).
type answer struct {
	notification *ent.Notification // nil: it is gone
	user         *ent.User         // whom the notification was for; nil: not known
	// proved: a server that is trusted confirms that the user sent it.
	proved bool
}

// answerNotification takes a mail that answers the mail of a notification (NT-8): it is the
// user's whom that was for, by the test of EM-9, and never a contact's message. What a machine
// wrote is filed; what is refused is not sent to anyone, and its user is written why.
func (p *placing) answerNotification(ctx context.Context) (bool, error) {
	notificationID, addressed, ok := p.service.tokens.Notification(slices.Concat(p.mail.References, p.mail.InReplyTo), p.replyAddresses())
	if !ok {
		return false, nil
	}
	a, mine, err := p.readAnswer(ctx, notificationID)
	if err != nil || !addressed && !mine { // passed on: ids come along
		return false, err
	}
	p.result.Authenticated, p.result.Problems = a.proved, p.problems
	conversationID := ""
	if a.notification != nil {
		conversationID = a.notification.ConversationID
	}
	if v := classify.Classify(p.facts()); v.Automatic || v.Bounce || v.AutoReply || p.mail.Report != nil {
		p.result.Automatic = true
		return true, p.finishAnswer(ctx, vocab.InboundRefused, conversationID, "a machine wrote it")
	}
	if why := p.refusalOf(a, mine); why != "" {
		if err := p.finishAnswer(ctx, vocab.InboundRefused, conversationID, why); err != nil {
			return true, err
		}
		return true, p.service.writeRefusal(ctx, p.tx, refusal{a, conversationID, p.mail.Subject, why, ""})
	}
	p.tx.Enqueue(store.Job{Args: AnswerArgs{AccountID: p.row.AccountID, MailID: p.row.ID, UserID: a.user.ID, ConversationID: conversationID}})
	return true, p.finishAnswer(ctx, vocab.InboundAnswer, conversationID, "")
}

// readAnswer reads whose notification is answered, and reports whether the mail names that user
// as its sender.
func (p *placing) readAnswer(ctx context.Context, notificationID string) (a answer, mine bool, err error) {
	from := thread.Address(p.mail.From.Address)
	a.notification, err = p.tx.Client.Notification.Get(ctx, notificationID)
	switch {
	case ent.IsNotFound(err): // so old that it is deleted
		a.notification = nil
		if a.user, err = p.userAt(ctx, from); err != nil {
			return a, false, err
		}
		mine = a.user != nil
	case err != nil:
		return a, false, err
	default:
		if a.user, err = p.tx.Client.User.Get(ctx, a.notification.UserID); err != nil {
			return a, false, err
		}
		if mine = thread.Address(a.user.Email) == from; !mine {
			mine, err = p.tx.Client.PersonalMailbox.Query().Where(personalmailbox.UserID(a.user.ID), personalmailbox.Address(from)).Exist(ctx)
		}
	}
	a.proved = mine && len(p.mail.Authors) == 0 && !slices.Contains(p.own, from) && p.trust() == confirmed
	return a, mine, err
}

// refusalOf says why an answer is not sent; "": it may be.
func (p *placing) refusalOf(a answer, mine bool) string {
	switch {
	case !mine:
		return "it came from " + clipAddress(p.mail.From.Address) + ", and Parley knows no such address of yours."
	case !a.proved:
		return "no server that is trusted confirms that it came from your mailbox, so that anyone may have written it."
	case a.notification == nil || a.notification.ConversationID == "":
		return "the notification that it answers is no longer there."
	case a.user.DeactivatedAt.IsSet():
		return "you are no longer a user of Parley there."
	case p.plain:
		return "the e-mail could not be read."
	}
	return ""
}

func clipAddress(address string) string {
	if runes := []rune(address); len(runes) > maxAnswerSubject {
		return string(runes[:maxAnswerSubject]) + "…"
	}
	return address
}

// finishAnswer notes what became of a mail that answers a notification, and why.
func (p *placing) finishAnswer(ctx context.Context, state vocab.InboundState, conversationID, why string) error {
	if err := p.finishMail(ctx, state, conversationID, ""); err != nil {
		return err
	}
	if why != "" {
		p.service.o.Log.InfoContext(ctx, "an answer to a notification was not sent", "mail", p.row.ID, "why", why)
	}
	return p.tx.Client.InboundMail.Update().Where(inboundmail.ID(p.row.ID)).SetError(why).Exec(ctx)
}

// refusal is why an answer to a notification was not sent. said is what it says, if its user
// wrote that.
type refusal struct {
	answer
	conversationID, subject, why, said string
}

// writeRefusal writes to the user whose notification was answered that the answer was not sent.
// It goes to the address that Parley has of them, whoever wrote the answer.
func (s *Service) writeRefusal(ctx context.Context, tx *store.Tx, r refusal) error {
	if r.user == nil || r.user.Email == "" || r.notification == nil && !r.proved {
		return nil
	}
	if r.conversationID != "" {
		n, err := tx.Client.InboundMail.Query().Where(inboundmail.ConversationID(r.conversationID), inboundmail.StateEQ(vocab.InboundRefused),
			inboundmail.CreatedAtGT(tx.Now().Add(-refusalsWithin))).Count(ctx)
		if err != nil || n > mostRefusals {
			return err
		}
	}
	letter := mail.Notice{To: r.user.Email, Subject: "Not sent: " + clipAddress(r.subject), Text: "An answer by e-mail to a notification of yours was not sent to anyone, because " + r.why + "\n"}
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
