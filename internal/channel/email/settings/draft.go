package settings

import (
	"context"
	"errors"
	"reflect"

	"parley/ent"
	entinbox "parley/ent/inbox"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/routing"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// draftChannel is the channel as the input has it, checked as far as that goes
// without asking anyone.
func (s *Service) draftChannel(ctx context.Context, in BeginEmailChannelInput) (*ent.EmailChannel, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	client := s.store.Client(ctx)
	if err := checkInbox(ctx, client, in.InboxID); err != nil {
		return nil, err
	}
	if !in.AcceptTerms {
		return nil, errs.New(errs.Required, "Accept these terms first, with acceptTerms: true. %s", Notice).On("acceptTerms")
	}
	address, err := account.CleanEmail(in.Address, "address")
	if err != nil {
		return nil, err
	}
	aliases, err := cleanAliases(address, in.Aliases)
	if err != nil {
		return nil, err
	}
	c := &ent.EmailChannel{
		ID: id.New(id.Channel), AccountID: v.AccountID, InboxID: in.InboxID, Address: address, Aliases: aliases, Provider: in.Provider,
		TermsAcceptedBy: v.Actor().ActorID, TermsAcceptedAt: s.store.Now(), TicketPreset: in.TicketPreset.Preset(),
	}
	if in.ImportSince != nil {
		c.ImportSince = *in.ImportSince
	}
	if c.SenderName, err = senderName(in.SenderName); err != nil {
		return nil, err
	}
	if in.Routing != nil {
		c.Routing = *in.Routing
	}
	return c, errors.Join(s.fillServers(c, in), s.checkPresets(ctx, client, vocab.Routing{}, c, true), checkAddressesFree(ctx, client, c))
}

// checkPresets checks what is done with each new mail (EM-3); of the routing, what is
// another than before, and the preset of tickets if it is given.
func (s *Service) checkPresets(ctx context.Context, client *ent.Client, before vocab.Routing, c *ent.EmailChannel, ticket bool) error {
	if err := routing.NameProperties(ctx, client, &c.Routing); err != nil {
		return err
	}
	err := routing.CheckChange(ctx, client, c.InboxID, vocab.Email, before, c.Routing)
	if !reflect.DeepEqual(before, c.Routing) {
		err = errors.Join(err, routing.CheckHours(ctx, client, c.InboxID, c.Routing))
	}
	if c.TicketPreset == nil || !ticket {
		return err
	}
	clean, bad := crm.CleanPreset(ctx, client, *c.TicketPreset, "ticketPreset")
	c.TicketPreset = clean
	return errors.Join(err, bad)
}

func checkInbox(ctx context.Context, client *ent.Client, inboxID string) error {
	if id.Is(inboxID, id.Inbox) {
		there, err := client.Inbox.Query().Where(entinbox.ID(inboxID), entinbox.DeletedAt(clock.Micros(0))).Exist(ctx)
		if err != nil || there {
			return err
		}
	}
	return errs.New(errs.NotFound, "There is no inbox %q that you may see.", errs.Clip(inboxID)).On("inboxId")
}

// fillServers fills in how the channel's servers are reached, and refuses what does
// not go with its provider.
func (s *Service) fillServers(c *ent.EmailChannel, in BeginEmailChannelInput) error {
	c.Authentication = vocab.EmailOAuth
	switch in.Provider {
	case vocab.EmailForwarding:
		c.Authentication = ""
		if s.o.Domain == "" {
			return errs.New(errs.Invalid, "This server does not accept forwarded mail: its operator must set PARLEY_MAIL_DOMAIN.").On("provider")
		}
		if in.IMAP != nil || in.SMTP != nil || in.Password != nil {
			return errs.New(errs.Invalid, "A forwarding address needs no servers and no password: omit imap, smtp and password.").On("provider")
		}
		return nil
	case vocab.EmailIMAP:
		if in.Password != nil {
			c.Authentication = vocab.EmailPassword
		}
		return errors.Join(checkServer(in.IMAP, "imap"), checkServer(in.SMTP, "smtp"), s.checkSignIn(c), setServer(&c.Imap, in.IMAP), setServer(&c.SMTP, in.SMTP))
	}
	if in.IMAP != nil || in.SMTP != nil || in.Password != nil {
		return errs.New(errs.Invalid, "The servers of %s are known, and it does not accept a password: omit imap, smtp and password.", in.Provider).On("provider")
	}
	return s.checkSignIn(c)
}

// checkSignIn checks that the channel can sign in by OAuth 2, if it has to.
func (s *Service) checkSignIn(c *ent.EmailChannel) error {
	if c.Authentication != vocab.EmailOAuth {
		return nil
	}
	p, ok := s.o.Providers[c.Provider]
	if !ok {
		return errs.New(errs.Invalid, "This server has no OAuth client for %s: its operator must set one up (see docs/email.md), or use IMAP with a password.",
			c.Provider).On("provider")
	}
	c.Imap, c.SMTP = serverOf(p.IMAP), serverOf(p.SMTP)
	return nil
}

// maxSenderName is how long a sender's name may be, in characters.
const maxSenderName = 200

func senderName(name *string) (string, error) {
	if name == nil {
		return "", nil
	}
	text, err := richtext.Clean(*name, "senderName")
	if err != nil {
		return "", err
	}
	clean := richtext.Name(text)
	if len([]rune(clean)) > maxSenderName {
		return "", errs.Exceeds(maxSenderName, "A sender's name may have at most %d characters.", maxSenderName).On("senderName")
	}
	return clean, nil
}
