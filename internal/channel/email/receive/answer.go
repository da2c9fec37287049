package receive

import (
	"context"
	"slices"
	"time"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/ent/inboundmail"
	"parley/ent/participant"
	"parley/ent/personalmailbox"
	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/quote"
	"parley/internal/channel/email/thread"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxAnswerSubject is the most characters of the subject that such a mail has.
	maxAnswerSubject = 120
	// clocksDiffer is how far the clock of whoever answers may be behind.
	clocksDiffer = 15 * time.Minute
)

// answer is a mail that answers a notification (NT-8).
type answer struct {
	notification *ent.Notification // nil: it is gone
	user         *ent.User         // whom the notification was for; nil: not known
	// proved: a server that is trusted confirms that the user sent it.
	proved bool
}

// conversationID is the conversation that is answered; "": it is not known.
func (a answer) conversationID() string {
	if a.notification == nil {
		return ""
	}
	return a.notification.ConversationID
}

// answerNotification takes a mail that is addressed to where a notification is answered (NT-8):
// it is the user's whom that was for, by the test of EM-9. What a machine wrote is filed; what is
// refused is not sent to anyone, and its user is written why. What the contact writes there, and
// what they have already, is a mail as any other.
func (p *placing) answerNotification(ctx context.Context) (bool, error) {
	var to []string
	for _, a := range slices.Concat(p.mail.To, p.mail.Cc) { // no field of a server's: anyone can send there what others signed
		to = append(to, a.Address)
	}
	notificationID, ok := p.service.tokens.AnsweredNotification(to)
	if !ok {
		return false, nil
	}
	a, mine, err := p.readAnswer(ctx, notificationID)
	if err != nil {
		return false, err
	}
	if passed, err := p.passAnswer(ctx, a, mine); err != nil || passed {
		return false, err
	}
	p.result.Authenticated, p.result.Problems = a.proved, p.problems
	if v := classify.Classify(p.facts()); v.Automatic || v.Bounce || v.AutoReply || p.mail.Report != nil {
		p.result.Automatic = true
		return true, p.refuseAnswer(ctx, a, "a machine wrote it")
	}
	if why := p.refusalOf(a, mine); why != "" {
		note := why
		if !a.proved && a.user != nil {
			note = unproved(a.user) + why
		}
		if err := p.refuseAnswer(ctx, a, note); err != nil {
			return true, err
		}
		return true, p.service.writeRefusal(ctx, p.tx, refusal{a, a.conversationID(), p.mail.Subject, why, ""})
	}
	p.tx.Enqueue(store.Job{Args: AnswerArgs{AccountID: p.row.AccountID, MailID: p.row.ID, UserID: a.user.ID, ConversationID: a.conversationID()}})
	return true, p.finishAnswer(ctx, vocab.InboundAnswer, a.conversationID(), answerOf+a.user.ID)
}

// passAnswer reports whether the mail is handled as any other: the contact, or someone of the
// thread, wrote it to all; or it went to the contact as well, whose server has it (EM-9).
func (p *placing) passAnswer(ctx context.Context, a answer, mine bool) (bool, error) {
	if a.conversationID() == "" || p.unjudged() || p.plain {
		return false, nil
	}
	c, err := p.tx.Client.Conversation.Get(ctx, a.conversationID())
	if err != nil {
		return false, ent.MaskNotFound(err)
	}
	if !mine {
		return p.takesPart(ctx, c, thread.Address(p.mail.From.Address))
	}
	if !a.proved || p.isPassedOn() || c.DeletedAt.IsSet() || c.InboxID != p.row.InboxID {
		return false, nil
	}
	reached := false
	for _, to := range slices.Concat(p.mail.To, p.mail.Cc) {
		is, err := p.isContact(ctx, c, thread.Address(to.Address))
		if err != nil {
			return false, err
		}
		reached = reached || is
	}
	members, err := routing.Members(ctx, p.tx.Client, c.InboxID)
	if err != nil || !reached || !members[a.user.ID] {
		return false, err
	}
	p.answered = c.ID
	above := *p.reading
	if above.takeAbove(); above.visible() != "" {
		*p.reading = above
	}
	return true, nil
}

// isContact reports whether an address is of a conversation's contact.
func (p *placing) isContact(ctx context.Context, c *ent.Conversation, address string) (bool, error) {
	if c.ContactID == "" {
		return false, nil
	}
	return p.tx.Client.ContactEmail.Query().Where(contactemail.ContactID(c.ContactID), contactemail.Address(address)).Exist(ctx)
}

// takesPart reports whether an address is of a conversation's contact, or of its thread.
func (p *placing) takesPart(ctx context.Context, c *ent.Conversation, address string) (bool, error) {
	if is, err := p.isContact(ctx, c, address); err != nil || is {
		return is, err
	}
	return p.tx.Client.Participant.Query().Where(participant.ConversationID(c.ID), participant.Address(address)).Exist(ctx)
}

// isPassedOn reports whether the mail forwards another one.
func (p *placing) isPassedOn() bool {
	return isForwarded(p.mail.Subject) || quote.Forwards(p.mail.Text)
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
	case a.conversationID() == "":
		return "the notification that it answers is no longer there."
	case a.user.DeactivatedAt.IsSet():
		return "you are no longer a user of Parley there."
	case p.isPassedOn():
		return "it passes on another e-mail: answer the notification instead."
	case !p.service.tokens.NamesNotification(slices.Concat(p.mail.References, p.mail.InReplyTo), a.notification.ID):
		return "it does not answer the e-mail of the notification, but was written as a new one."
	case p.mail.Date.Before(a.notification.CreatedAt.Add(-clocksDiffer).Time()): // also if it has none
		return "its date is before the notification's."
	case p.plain:
		return "the e-mail could not be read."
	}
	return p.reading.isWhole()
}

func clipAddress(address string) string {
	if runes := []rune(address); len(runes) > maxAnswerSubject {
		return string(runes[:maxAnswerSubject]) + "…"
	}
	return address
}

// refuseAnswer notes that a mail is sent to no one, and why. Of one without conversation nothing
// is kept but that it came: no erasure would find it.
func (p *placing) refuseAnswer(ctx context.Context, a answer, why string) error {
	p.service.o.Log.InfoContext(ctx, "an answer to a notification was not sent", "mail", p.row.ID, "why", why)
	if err := p.finishAnswer(ctx, vocab.InboundRefused, a.conversationID(), why); err != nil || a.conversationID() != "" {
		return err
	}
	return p.forget(ctx)
}

// finishAnswer notes what became of a mail that answers a notification.
func (p *placing) finishAnswer(ctx context.Context, state vocab.InboundState, conversationID, note string) error {
	if err := p.finishMail(ctx, state, conversationID, ""); err != nil {
		return err
	}
	return p.tx.Client.InboundMail.Update().Where(inboundmail.ID(p.row.ID)).SetError(note).Exec(ctx)
}
