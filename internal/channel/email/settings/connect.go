package settings

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/channel/email/imap"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Notice is what an admin accepts by connecting a mailbox (EM-8).
const Notice = "All mail that this mailbox receives from now on becomes visible to every member of the inbox, " +
	"and members can send mail in its name. Connect only shared mailboxes, never a personal one."

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
	known, err := s.earlierBegun(ctx, in)
	if err != nil || known != nil {
		return known, err
	}
	draft, err := s.draftChannel(ctx, in)
	if err != nil {
		return nil, err
	}
	if in.Provider == vocab.EmailForwarding || in.Password != nil {
		c, err := s.createChannel(ctx, draft, in)
		return &Begun{Channel: c}, err
	}
	url, err := s.beginSignIn(ctx, draft, *in.connectionSettings(s.store.Now()), in.ReturnURL)
	return &Begun{AuthorizationURL: url}, err
}

// errNew says that an idempotency key was not used before.
var errNew = errors.New("not begun before")

// earlierBegun is what an earlier Begin with the same idempotency key made;
// nil: there was none. Otherwise the address would be taken by the channel
// itself.
func (s *Service) earlierBegun(ctx context.Context, in BeginEmailChannelInput) (*Begun, error) {
	if in.IdempotencyKey == nil || *in.IdempotencyKey == "" {
		return nil, nil
	}
	channelID, err := account.Administer(ctx, s.store, in.call(id.New(id.Channel)), func(context.Context, *store.Tx) error { return errNew })
	if errors.Is(err, errNew) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := Find(ctx, s.store.Client(ctx), channelID)
	return &Begun{Channel: c}, err
}

// call is the mutation that makes the channel. The password is left out of what
// is remembered for its replay.
func (in BeginEmailChannelInput) call(channelID string) account.Call {
	key := in.IdempotencyKey
	in.Password, in.IdempotencyKey = nil, nil
	return account.Call{Mutation: "beginEmailChannel", Key: key, Input: in, Result: channelID}
}

// connectionSettings is what is kept of the input until the admin has signed in.
func (in BeginEmailChannelInput) connectionSettings(now clock.Micros) *vocab.EmailConnectionSettings {
	kept := &vocab.EmailConnectionSettings{
		Address: in.Address, Aliases: in.Aliases, TermsAt: now, Routing: in.Routing, Ticket: in.TicketPreset.Preset(),
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

// createChannel makes a channel that needs no sign-in at a provider, once its
// servers were tried.
func (s *Service) createChannel(ctx context.Context, c *ent.EmailChannel, in BeginEmailChannelInput) (*ent.EmailChannel, error) {
	if in.Password != nil {
		if err := checkPassword(*in.Password); err != nil {
			return nil, err
		}
		sealed, err := s.sealCredentials(c.ID, credentials{Password: *in.Password})
		if err != nil {
			return nil, err
		}
		c.Credentials = sealed
		if err := s.tryServers(ctx, c); err != nil {
			return nil, err
		}
	}
	channelID, err := account.Administer(ctx, s.store, in.call(c.ID), func(ctx context.Context, tx *store.Tx) error { return s.insertChannel(ctx, tx, c) })
	if err != nil {
		return nil, err
	}
	s.announceChange()
	return s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
}

// markMailbox opens a mailbox, and has a channel that was never read begin with
// what comes from now on.
func markMailbox(ctx context.Context, c *ent.EmailChannel, config imap.Config) error {
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

// insertChannel writes a new channel, connected.
func (s *Service) insertChannel(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
	if err := checkInbox(ctx, tx.Client, c.InboxID); err != nil {
		return err
	}
	now := tx.Now()
	if err := tx.Client.Channel.Create().SetID(c.ID).SetInboxID(c.InboxID).SetKind(vocab.Email).SetKey(strings.ToLower(rand.Text())).
		SetCreatedAt(now).Exec(ctx); err != nil {
		return err
	}
	if err := claimAddresses(ctx, tx, c); err != nil {
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
