package receive

import (
	"context"
	"strings"

	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/thread"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// findContact finds or makes the mail's contact, and looks whether they are blocked
// and known.
func (p *placing) findContact(ctx context.Context, facts *classify.Facts) error {
	senders := []string{}
	c, _, err := p.service.contacts.FindOrCreateByEmail(ctx, p.tx, p.sender.Address, vocab.SourceEmail)
	switch {
	case errs.Of(err) != nil: // no address that anyone could have
	case err != nil:
		return err
	default:
		p.contactID = c.ID
		senders = append(senders, c.ID)
		if err := p.service.contacts.Introduce(ctx, p.tx, c.ID, p.sender.Name); err != nil && errs.Of(err) == nil {
			return err
		}
		facts.WrittenBefore = c.WrittenAt.IsSet()
		if !facts.WrittenBefore {
			if facts.WrittenBefore, err = p.service.conversations.Answered(ctx, p.tx, c.ID); err != nil {
				return err
			}
		}
	}
	if p.sender.Address != "" {
		senders = append(senders, strings.ToLower(p.sender.Address))
	}
	if p.form != nil { // whom the form names lifts no block of the form
		senders = append(senders, thread.Address(p.mail.From.Address))
	}
	facts.Blocked, err = p.service.conversations.Blocked(ctx, p.tx, p.c.InboxID, p.c.ID, senders...)
	return err
}
