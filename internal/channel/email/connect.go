package email

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"

	"parley/ent"
	entinbox "parley/ent/inbox"
	"parley/ent/schema"
	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/oauth"
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/people"
	"parley/internal/richtext"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Notice is what an admin accepts by connecting a mailbox (EM-8).
const Notice = "All mail that this mailbox receives from now on becomes visible to every member of the inbox, " +
	"and members can send mail in its name. Connect shared mailboxes alone, never a person's own."

// flowLife is how long an admin may take to sign in at the provider.
const flowLife = 15 * time.Minute

// Begun is what Begin leads to: a channel, or the address at which the admin
// signs in before there is one.
type Begun struct {
	Channel          *ent.EmailChannel
	AuthorizationURL string
}

// Begin connects a mailbox, or begins to: Gmail, Microsoft 365 and IMAP servers
// without a password answer with an address at which the admin signs in, and
// Finish ends it (EM-1). Errors: REQUIRED on acceptTerms, with the notice;
// ALREADY_EXISTS on address or aliases, with the name of who has it (EM-2);
// INVALID on what does not work of the servers.
func (s *Service) Begin(ctx context.Context, in BeginEmailChannelInput) (*Begun, error) {
	known, err := s.begun(ctx, in)
	if err != nil || known != nil {
		return known, err
	}
	draft, err := s.draft(ctx, in)
	if err != nil {
		return nil, err
	}
	if in.Provider == vocab.EmailForwarding || in.Password != nil {
		c, err := s.connect(ctx, draft, in)
		return &Begun{Channel: c}, err
	}
	url, err := s.authorize(ctx, draft, *in.connection(s.now()), in.ReturnURL)
	return &Begun{AuthorizationURL: url}, err
}

// errNew says that an idempotency key was not used before.
var errNew = errors.New("not begun before")

// begun is what an earlier Begin with the same idempotency key made; nil: there
// was none. Otherwise the address would be taken by the channel itself.
func (s *Service) begun(ctx context.Context, in BeginEmailChannelInput) (*Begun, error) {
	if in.IdempotencyKey == nil {
		return nil, nil
	}
	channelID, err := people.Administer(ctx, s.store, in.call(id.New(id.Channel)), func(context.Context, *store.Tx) error { return errNew })
	if errors.Is(err, errNew) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := find(ctx, s.store.Client(ctx), channelID)
	return &Begun{Channel: c}, err
}

// call is the mutation that makes the channel. The password is left out of what
// is remembered for its replay.
func (in BeginEmailChannelInput) call(channelID string) people.Call {
	key := in.IdempotencyKey
	in.Password, in.IdempotencyKey = nil, nil
	return people.Call{Mutation: "beginEmailChannel", Key: key, Input: in, Result: channelID}
}

// connection is what is kept of the input until the admin has signed in.
func (in BeginEmailChannelInput) connection(now clock.Micros) *schema.EmailConnectionSettings {
	kept := &schema.EmailConnectionSettings{
		Address: in.Address, Aliases: in.Aliases, TermsAt: now, Routing: in.Routing, Ticket: in.TicketPreset,
		IMAP: in.IMAP.stored(), SMTP: in.SMTP.stored(),
	}
	if in.SenderName != nil {
		kept.SenderName = *in.SenderName
	}
	if in.ImportSince != nil {
		kept.ImportSince = *in.ImportSince
	}
	return kept
}

func (m *MailServerInput) stored() *schema.MailServer {
	if m == nil {
		return nil
	}
	server := &schema.MailServer{Host: strings.TrimSpace(m.Host), Port: m.Port, Security: m.Security}
	if m.Username != nil {
		server.Username = *m.Username
	}
	return server
}

// draft is the channel as the input has it, checked as far as that goes without
// asking anybody.
func (s *Service) draft(ctx context.Context, in BeginEmailChannelInput) (*ent.EmailChannel, error) {
	if err := people.MayAdminister(ctx); err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	client := s.store.Client(ctx)
	if err := inboxThere(ctx, client, in.InboxID); err != nil {
		return nil, err
	}
	if !in.AcceptTerms {
		return nil, errs.New(errs.Required, "Accept this first, by acceptTerms: true. %s", Notice).On("acceptTerms")
	}
	address, err := people.CleanEmail(in.Address, "address")
	if err != nil {
		return nil, err
	}
	aliases, err := cleanAliases(address, in.Aliases)
	if err != nil {
		return nil, err
	}
	c := &ent.EmailChannel{
		ID: id.New(id.Channel), AccountID: v.AccountID, InboxID: in.InboxID, Address: address, Aliases: aliases, Provider: in.Provider,
		TermsAcceptedBy: v.Actor().ActorID, TermsAcceptedAt: s.now(), TicketPreset: in.TicketPreset,
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
	return c, errors.Join(s.servers(c, in), s.presets(ctx, client, c), allFree(ctx, client, c))
}

// presets checks what is done with each new mail (EM-3).
func (s *Service) presets(ctx context.Context, client *ent.Client, c *ent.EmailChannel) error {
	err := routing.Check(ctx, client, c.InboxID, vocab.Email, c.Routing)
	if c.TicketPreset == nil {
		return err
	}
	clean, bad := crm.CleanPreset(*c.TicketPreset, "ticketPreset")
	c.TicketPreset = clean
	return errors.Join(err, bad)
}

func inboxThere(ctx context.Context, client *ent.Client, inboxID string) error {
	if id.Is(inboxID, id.Inbox) {
		there, err := client.Inbox.Query().Where(entinbox.ID(inboxID), entinbox.DeletedAt(clock.Micros(0))).Exist(ctx)
		if err != nil || there {
			return err
		}
	}
	return errs.New(errs.NotFound, "There is no inbox %q that you may see.", errs.Clip(inboxID)).On("inboxId")
}

// servers fills in how the channel's servers are reached, and refuses what does
// not go with its provider.
func (s *Service) servers(c *ent.EmailChannel, in BeginEmailChannelInput) error {
	c.Authentication = vocab.EmailOAuth
	switch in.Provider {
	case vocab.EmailForwarding:
		c.Authentication = ""
		if s.o.Domain == "" {
			return errs.New(errs.Invalid, "This server takes no forwarded mail: its operator must set PARLEY_MAIL_DOMAIN.").On("provider")
		}
		if in.IMAP != nil || in.SMTP != nil || in.Password != nil {
			return errs.New(errs.Invalid, "A forwarding address needs neither servers nor a password.").On("provider")
		}
		return nil
	case vocab.EmailIMAP:
		if in.Password != nil {
			c.Authentication = vocab.EmailPassword
		}
		return errors.Join(checkServer(in.IMAP, "imap"), checkServer(in.SMTP, "smtp"), s.signIn(c), take(&c.Imap, in.IMAP), take(&c.SMTP, in.SMTP))
	}
	if in.IMAP != nil || in.SMTP != nil || in.Password != nil {
		return errs.New(errs.Invalid, "The servers of %s are known, and it takes no password: leave imap, smtp and password out.", in.Provider).On("provider")
	}
	return s.signIn(c)
}

// signIn checks that the channel can sign in by OAuth 2, if it has to.
func (s *Service) signIn(c *ent.EmailChannel) error {
	if c.Authentication != vocab.EmailOAuth {
		return nil
	}
	p, ok := s.o.Providers[c.Provider]
	if !ok {
		return errs.New(errs.Invalid, "This server has no OAuth client for %s: its operator must set one up (see the README), or give a password with IMAP.",
			c.Provider).On("provider")
	}
	c.Imap, c.SMTP = serverOf(p.IMAP), serverOf(p.SMTP)
	return nil
}

func serverOf(o oauth.Server) schema.MailServer {
	return schema.MailServer{Host: o.Host, Port: o.Port, Security: vocab.MailSecurity(o.Security)}
}

func take(into *schema.MailServer, from *MailServerInput) error {
	if from != nil {
		*into = *from.stored()
	}
	return nil
}

func checkServer(m *MailServerInput, field string) error {
	switch {
	case m == nil:
		return errs.New(errs.Required, "An IMAP mailbox needs its servers: imap and smtp.").On(field)
	case strings.TrimSpace(m.Host) == "" || len(m.Host) > 253 || strings.ContainsFunc(m.Host, unicode.IsControl) ||
		strings.ContainsAny(m.Host, " /@:") && !strings.Contains(m.Host, "::"):
		return errs.New(errs.Invalid, "This is no host; write its name alone, such as imap.example.com.").On(field, "host")
	case m.Port < 1 || m.Port > 65535:
		return errs.New(errs.Invalid, "A port is a number from 1 to 65535, such as 993 for IMAP and 465 or 587 for SMTP.").On(field, "port")
	case m.Username != nil && (len(*m.Username) > 320 || strings.ContainsFunc(*m.Username, unicode.IsControl)):
		return errs.New(errs.Invalid, "The user name is too long, or has line ends in it.").On(field, "username")
	}
	return nil
}

// connect makes a channel that needs no sign-in at a provider, once its servers
// were tried.
func (s *Service) connect(ctx context.Context, c *ent.EmailChannel, in BeginEmailChannelInput) (*ent.EmailChannel, error) {
	if in.Password != nil {
		if err := checkPassword(*in.Password); err != nil {
			return nil, err
		}
		sealed, err := s.seal(c.ID, credentials{Password: *in.Password})
		if err != nil {
			return nil, err
		}
		c.Credentials = sealed
		if err := s.try(ctx, c); err != nil {
			return nil, err
		}
	}
	channelID, err := people.Administer(ctx, s.store, in.call(c.ID), func(ctx context.Context, tx *store.Tx) error { return s.insert(ctx, tx, c) })
	if err != nil {
		return nil, err
	}
	s.stir()
	return s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
}

func checkPassword(password string) error {
	if password == "" || len(password) > 1000 {
		return errs.New(errs.Invalid, "A password has 1 to 1,000 characters.").On("password")
	}
	return nil
}

// mark opens a mailbox, and has a channel that was never read begin with what
// comes from now on.
func mark(ctx context.Context, c *ent.EmailChannel, config imap.Config) error {
	conn, err := imap.Dial(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	box, err := conn.Select(ctx)
	if err == nil && c.UIDValidity == 0 && !c.ImportSince.IsSet() {
		c.UIDValidity, c.LastUID = int64(box.UIDValidity), int64(box.UIDNext)-1
	}
	return err
}

// insert writes a new channel, connected.
func (s *Service) insert(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
	if err := inboxThere(ctx, tx.Client, c.InboxID); err != nil {
		return err
	}
	now := tx.Now()
	if err := tx.Client.Channel.Create().SetID(c.ID).SetInboxID(c.InboxID).SetKind(vocab.Email).SetKey(strings.ToLower(rand.Text())).
		SetCreatedAt(now).Exec(ctx); err != nil {
		return err
	}
	if err := hold(ctx, tx, c); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.ChannelCreated, InboxID: c.InboxID, SubjectID: c.ID})
	create := tx.Client.EmailChannel.Create().SetID(c.ID).SetInboxID(c.InboxID).SetAddress(c.Address).SetAliases(c.Aliases).
		SetSenderName(c.SenderName).SetProvider(c.Provider).SetState(vocab.EmailConnected).SetStateSince(now).
		SetImap(c.Imap).SetSMTP(c.SMTP).SetAuthentication(c.Authentication).SetCredentials(c.Credentials).
		SetRouting(c.Routing).SetImportSince(c.ImportSince).SetUIDValidity(c.UIDValidity).SetLastUID(c.LastUID).SetTermsAcceptedBy(c.TermsAcceptedBy).
		SetTermsAcceptedAt(c.TermsAcceptedAt).SetConnectedAt(now).SetCreatedAt(now)
	if c.TicketPreset != nil {
		create.SetTicketPreset(c.TicketPreset)
	}
	return create.Exec(ctx)
}

// authorize keeps the channel to be until the admin has signed in at its
// provider, and returns where they do.
func (s *Service) authorize(ctx context.Context, c *ent.EmailChannel, settings schema.EmailConnectionSettings, returnURL *string) (string, error) {
	back, err := s.returnTo(returnURL)
	if err != nil {
		return "", err
	}
	settings.ReturnURL = back
	flow, err := s.o.OAuth.Begin(ctx, s.o.Providers[c.Provider], s.callbackURL(), c.Address)
	if err != nil {
		return "", signInFailed(err)
	}
	secrets, err := json.Marshal(map[string]string{"verifier": flow.Verifier, "nonce": flow.Nonce})
	if err != nil {
		return "", err
	}
	sealed, err := s.keys.Seal(secrets, []byte("email_connections.secrets/"+c.ID))
	if err != nil {
		return "", err
	}
	v, hash := viewer.FromContext(ctx), sha256.Sum256([]byte(flow.State))
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.EmailConnection.Create().SetID(id.New("connection")).SetInboxID(c.InboxID).SetStateHash(hash[:]).
			SetUserID(v.Actor().ActorID).SetTokenID(v.TokenID).SetChannelID(c.ID).SetProvider(c.Provider).SetSecrets(sealed).
			SetSettings(settings).SetExpiresAt(tx.Now().Add(flowLife)).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	return flow.URL, err
}

// callbackURL is where providers send the browser back.
func (s *Service) callbackURL() string {
	return strings.TrimSuffix(s.o.PublicURL, "/") + "/oauth/callback"
}

func senderName(name *string) (string, error) {
	if name == nil {
		return "", nil
	}
	text, err := richtext.Clean(*name, "senderName")
	if err != nil {
		return "", err
	}
	clean := strings.Join(strings.Fields(text), " ")
	if len([]rune(clean)) > 200 {
		return "", errs.New(errs.TooLong, "A sender's name has 200 characters at most.").On("senderName")
	}
	return clean, nil
}
