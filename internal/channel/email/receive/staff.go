package receive

import (
	"context"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/ent/personalmailbox"
	"parley/ent/user"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/quote"
	"parley/internal/channel/email/thread"
	"parley/internal/clock"
	"parley/internal/richtext"
	"parley/internal/routing"
	"parley/internal/vocab"
)

// findStaff finds out whether a member of the team sent the mail from a mailbox of their
// own (EM-9). Anyone can write their address: only a server that is trusted makes it the
// team's word. What they forward was written by who stands in it.
func (p *placing) findStaff(ctx context.Context) error {
	from := thread.Address(p.mail.From.Address)
	if len(p.mail.Authors) > 0 || slices.Contains(p.own, from) || !strings.Contains(from, "@") {
		return nil
	}
	found, err := p.userAt(ctx, from)
	if err != nil || found == nil {
		return err
	}
	if p.trust() != confirmed {
		p.doubtStaff("no server that is trusted confirms that " + found.Name + " sent it")
		return nil
	}
	members, err := routing.Members(ctx, p.tx.Client, p.row.InboxID)
	if err != nil {
		return err
	}
	if !members[found.ID] {
		p.doubtStaff(found.Name + " is not a member of the inbox")
		return nil
	}
	p.staff = found
	p.findForwarded()
	return nil
}

// doubtStaff says why the mail is not the team's word.
func (p *placing) doubtStaff(why string) {
	p.problems = append(slices.Clone(p.problems), vocab.MailProblem{Code: vocab.MailUnverifiedStaff, Text: "It names a member of the team as its sender, but " + why + "."})
}

// userAt is the active user who has an address, or a mailbox at it; nil: no one.
func (p *placing) userAt(ctx context.Context, address string) (*ent.User, error) {
	hasMailbox := func(s *sql.Selector) {
		boxes := sql.Dialect(s.Dialect()).Table(personalmailbox.Table)
		s.Where(sql.In(s.C(user.FieldID), sql.Dialect(s.Dialect()).Select(boxes.C(personalmailbox.FieldUserID)).From(boxes).Where(sql.And(
			sql.EQ(boxes.C(personalmailbox.FieldAccountID), p.row.AccountID), sql.EQ(boxes.C(personalmailbox.FieldAddress), address)))))
	}
	found, err := p.tx.Client.User.Query().Where(user.Or(user.Email(address), hasMailbox), user.DeactivatedAt(clock.Micros(0))).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return found, err
}

// findForwarded makes the author of what a colleague forwards the mail's sender, unless it
// is one of us.
func (p *placing) findForwarded() {
	said := p.mail.Text
	if p.mail.HTML != "" {
		said = richtext.Text(richtext.Sanitize(p.mail.HTML))
	}
	if !isForwarded(p.mail.Subject) && !quote.Forwards(said) {
		return
	}
	authors := parse.Addresses(quote.ForwardedFrom(said))
	if len(authors) == 0 {
		for _, part := range p.mail.Parts {
			if part.ContentType == "message/rfc822" {
				authors = append(authors, parse.Parse(part.Content).From)
			}
		}
	}
	if len(authors) == 0 {
		return
	}
	address := thread.Address(authors[0].Address)
	if strings.Contains(address, "@") && address != thread.Address(p.mail.From.Address) && !p.isOurs(address) && !slices.Contains(p.own, address) {
		p.forwarded = &vocab.Mailbox{Name: richtext.Clip(authors[0].Name, 200), Address: address}
	}
}

// settleStaff decides what a colleague's mail is, once it is known where it belongs: their
// word in a thread, a customer's mail that they bring, or a mail like anyone's.
func (p *placing) settleStaff(ctx context.Context) error {
	switch {
	case p.staff == nil:
		return nil
	case p.verdict.Automatic:
		p.staff = nil
	case p.decision.ConversationID != "":
		return nil
	case p.forwarded != nil:
		p.sender, p.typed = *p.forwarded, true
	default:
		p.staff = nil
	}
	facts := p.facts()
	return p.findContact(ctx, &facts)
}

// addStaffMessage makes a colleague's mail a message of the thread that it names: theirs to
// the contact if it went there, else a note (EM-9).
func (p *placing) addStaffMessage(ctx context.Context) error {
	c, err := p.tx.Client.Conversation.Get(ctx, p.decision.ConversationID)
	if err != nil {
		return err
	}
	in := p.incomingMail()
	addresses, err := p.tx.Client.ContactEmail.Query().Where(contactemail.ContactID(c.ContactID), contactemail.AddressIn(in.Recipients...)).Count(ctx)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(p.participants(), func(m vocab.Mailbox) bool { return m.Address == thread.Address(p.mail.From.Address) })
	p.thread, p.m, err = p.service.conversations.ReceiveFromStaff(ctx, p.tx, in, p.staff.ID, addresses > 0 && c.ContactID != "", others)
	return err
}
