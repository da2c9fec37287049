package email

import (
	"context"
	"errors"
	"strings"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/channeladdress"
	"parley/ent/emailchannel"
	"parley/ent/schema"
	"parley/internal/channel/email/smtp"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/people"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Limits of a channel's settings.
const (
	maxSignature   = 20_000
	maxUndoSeconds = 120
)

// Of returns the e-mail channels of each inbox, oldest first.
func (s *Service) Of(ctx context.Context, inboxes []*ent.Inbox) ([][]*ent.EmailChannel, error) {
	ids := make([]string, len(inboxes))
	for i, inbox := range inboxes {
		ids[i] = inbox.ID
	}
	all, err := s.store.Client(ctx).EmailChannel.Query().Where(emailchannel.InboxIDIn(ids...)).Order(emailchannel.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]*ent.EmailChannel, len(inboxes))
	for i, inbox := range inboxes {
		lists[i] = []*ent.EmailChannel{}
		for _, c := range all {
			if c.InboxID == inbox.ID {
				lists[i] = append(lists[i], c)
			}
		}
	}
	return lists, nil
}

// Get returns channels by their ids, in any order; what the viewer may not see
// is left out.
func (s *Service) Get(ctx context.Context, ids []string) ([]*ent.EmailChannel, error) {
	return s.store.Client(ctx).EmailChannel.Query().Where(emailchannel.IDIn(ids...)).All(ctx)
}

// find returns a channel by an id of the caller's: NOT_FOUND on emailChannelId.
func find(ctx context.Context, client *ent.Client, channelID string) (*ent.EmailChannel, error) {
	if id.Is(channelID, id.Channel) {
		c, err := client.EmailChannel.Get(ctx, channelID)
		if !ent.IsNotFound(err) {
			return c, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no e-mail channel %q that you may see.", errs.Clip(channelID)).On("emailChannelId")
}

// ForwardingAddress is where other mailboxes forward a channel's mail to (EM-1);
// empty where the channel has a mailbox.
func (s *Service) ForwardingAddress(ctx context.Context, c *ent.EmailChannel) (string, error) {
	if c.Provider != vocab.EmailForwarding || s.o.Domain == "" {
		return "", nil
	}
	row, err := s.store.Client(ctx).Channel.Query().Where(channel.ID(c.ID)).Only(ctx)
	if err != nil {
		return "", err
	}
	return row.Key + "@" + s.o.Domain, nil
}

// administer changes a channel as an admin, once per idempotency key.
func (s *Service) administer(ctx context.Context, mutation, channelID string, key *string, input any,
	apply func(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error) (*ent.EmailChannel, error) {
	call := people.Call{Mutation: mutation, Key: key, Input: input, Result: channelID}
	_, err := people.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := find(ctx, tx.Client, channelID)
		if err != nil {
			return err
		}
		return apply(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	s.stir()
	return find(ctx, s.store.Client(ctx), channelID)
}

// Update changes a channel's settings (EM-3, EM-6). A DKIM selector makes a new
// key, whose DNS record DKIMRecord gives; an empty one ends signing.
func (s *Service) Update(ctx context.Context, in UpdateEmailChannelInput) (*ent.EmailChannel, error) {
	return s.administer(ctx, "updateEmailChannel", in.EmailChannelID, in.IdempotencyKey, in,
		func(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
			if err := s.apply(ctx, tx, c, in); err != nil {
				return err
			}
			if err := s.presets(ctx, tx.Client, c); err != nil {
				return err
			}
			update := tx.Client.EmailChannel.UpdateOneID(c.ID).SetSenderName(c.SenderName).SetAliases(c.Aliases).SetSignature(c.Signature).
				SetUndoSeconds(c.UndoSeconds).SetRouting(c.Routing).SetDkimSelector(c.DkimSelector).SetDkimKey(c.DkimKey)
			if c.TicketPreset == nil {
				update.ClearTicketPreset()
			} else {
				update.SetTicketPreset(c.TicketPreset)
			}
			tx.Append(ctx, store.Event{Type: vocab.ChannelUpdated, InboxID: c.InboxID, SubjectID: c.ID})
			return update.Exec(ctx)
		})
}

func (s *Service) apply(ctx context.Context, tx *store.Tx, c *ent.EmailChannel, in UpdateEmailChannelInput) (err error) {
	if in.SenderName != nil {
		if c.SenderName, err = senderName(in.SenderName); err != nil {
			return err
		}
	}
	if in.Signature != nil {
		if len(*in.Signature) > maxSignature {
			return errs.New(errs.TooLong, "A signature has %d bytes of HTML at most.", maxSignature).On("signature")
		}
		c.Signature = richtext.Sanitize(*in.Signature)
	}
	if in.UndoSeconds != nil {
		if *in.UndoSeconds < 0 || *in.UndoSeconds > maxUndoSeconds {
			return errs.New(errs.Invalid, "Sending can be undone for 0 to %d seconds.", maxUndoSeconds).On("undoSeconds")
		}
		c.UndoSeconds = *in.UndoSeconds
	}
	if in.Routing != nil {
		c.Routing = *in.Routing
	}
	if in.TicketPreset != nil {
		c.TicketPreset = in.TicketPreset
	}
	if in.NoTicket != nil && *in.NoTicket {
		if in.TicketPreset != nil {
			return errs.New(errs.Invalid, "ticketPreset and noTicket contradict each other: give one.").On("noTicket")
		}
		c.TicketPreset = nil
	}
	if in.Aliases != nil {
		if c.Aliases, err = cleanAliases(c.Address, in.Aliases); err != nil {
			return err
		}
		if c.State != vocab.EmailDisconnected {
			if err := hold(ctx, tx, c); err != nil {
				return err
			}
		}
	}
	return s.newDKIM(c, in.DKIMSelector)
}

// newDKIM makes a key for a selector that is new.
func (s *Service) newDKIM(c *ent.EmailChannel, selector *string) error {
	switch {
	case selector == nil || *selector == c.DkimSelector:
		return nil
	case *selector == "":
		c.DkimSelector, c.DkimKey = "", ""
		return nil
	case len(*selector) > 63 || strings.Trim(strings.ToLower(*selector), "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return errs.New(errs.Invalid, "A selector is a DNS label: letters, digits and hyphens, at most 63.").On("dkimSelector")
	}
	private, _, err := smtp.GenerateDKIMKey(smtp.RSA)
	if err != nil {
		return err
	}
	sealed, err := s.keys.Seal([]byte(private), []byte("email_channels.dkim_key/"+c.ID))
	c.DkimSelector, c.DkimKey = strings.ToLower(*selector), sealed
	return err
}

// DKIMRecord is the DNS record under which others find the key that the
// channel's mail is signed with; nil: it is not signed.
type DKIMRecord struct{ Name, Value string }

// DKIM returns the record to publish.
func (s *Service) DKIM(c *ent.EmailChannel) (*DKIMRecord, error) {
	if c.DkimKey == "" {
		return nil, nil
	}
	private, err := s.keys.Open(c.DkimKey, []byte("email_channels.dkim_key/"+c.ID))
	if err != nil {
		return nil, err
	}
	value, err := smtp.DKIMRecord(string(private))
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(c.Address, "@")
	return &DKIMRecord{Name: c.DkimSelector + "._domainkey." + domain, Value: value}, nil
}

// Disconnect ends a channel's receiving and sending: its addresses are free
// again, its credentials are gone, its grant is revoked, its unsent mail fails.
// Its conversations stay.
func (s *Service) Disconnect(ctx context.Context, in DisconnectEmailChannelInput) (*ent.EmailChannel, error) {
	return s.administer(ctx, "disconnectEmailChannel", in.EmailChannelID, in.IdempotencyKey, in,
		func(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error {
			if c.State == vocab.EmailDisconnected {
				return nil
			}
			if _, err := tx.Client.ChannelAddress.Delete().Where(channeladdress.ChannelID(c.ID)).Exec(ctx); err != nil {
				return err
			}
			s.forgetGrant(tx, c)
			return s.enter(ctx, tx, c, vocab.EmailDisconnected, "", "", func(u *ent.EmailChannelUpdateOne) { u.SetCredentials("") })
		})
}

// Reconnect gives a channel that does not work, or was disconnected, new
// credentials; see Begin. Mail that came meanwhile is fetched (EM-7).
func (s *Service) Reconnect(ctx context.Context, in ReconnectEmailChannelInput) (*Begun, error) {
	if err := people.MayAdminister(ctx); err != nil {
		return nil, err
	}
	c, err := find(ctx, s.store.Client(ctx), in.EmailChannelID)
	if err != nil {
		return nil, err
	}
	if c.Provider == vocab.EmailForwarding {
		c, err := s.revive(ctx, c, in)
		return &Begun{Channel: c}, err
	}
	kept := [2]schema.MailServer{c.Imap, c.SMTP}
	if err := errors.Join(replaceServer(&c.Imap, in.IMAP, "imap"), replaceServer(&c.SMTP, in.SMTP, "smtp")); err != nil {
		return nil, err
	}
	moves := kept != [2]schema.MailServer{c.Imap, c.SMTP}
	if moves && c.Authentication == vocab.EmailOAuth {
		return nil, errs.New(errs.Invalid, "The servers of a channel that signs in by OAuth 2 stay: leave imap and smtp out.").On("imap")
	}
	if in.Password == nil && c.Authentication == vocab.EmailOAuth {
		url, err := s.authorize(ctx, c, schema.EmailConnectionSettings{Address: c.Address}, in.ReturnURL)
		return &Begun{Channel: c, AuthorizationURL: url}, err
	}
	if in.Password == nil && c.Credentials == "" {
		return nil, errs.New(errs.Required, "The channel's password is not kept any more: give it again.").On("password")
	}
	if in.Password == nil && moves { // it is for those servers that whoever gave it chose
		return nil, errs.New(errs.Required, "Other servers need the password anew.").On("password")
	}
	if in.Password != nil {
		if c.Authentication != vocab.EmailPassword {
			return nil, errs.New(errs.Invalid, "The channel signs in by OAuth 2: leave the password out.").On("password")
		}
		if err := checkPassword(*in.Password); err != nil {
			return nil, err
		}
		if c.Credentials, err = s.seal(c.ID, credentials{Password: *in.Password}); err != nil {
			return nil, err
		}
	}
	if err := s.try(ctx, c); err != nil {
		return nil, err
	}
	c, err = s.revive(ctx, c, in)
	return &Begun{Channel: c}, err
}

func replaceServer(into *schema.MailServer, from *MailServerInput, field string) error {
	if from == nil {
		return nil
	}
	if err := checkServer(from, field); err != nil {
		return err
	}
	return take(into, from)
}

// revive writes a channel's new credentials and has it work again.
func (s *Service) revive(ctx context.Context, c *ent.EmailChannel, in ReconnectEmailChannelInput) (*ent.EmailChannel, error) {
	key := in.IdempotencyKey
	in.Password = nil // not even its hash is remembered
	return s.administer(ctx, "reconnectEmailChannel", c.ID, key, in, func(ctx context.Context, tx *store.Tx, _ *ent.EmailChannel) error {
		if err := hold(ctx, tx, c); err != nil {
			return err
		}
		return s.enter(ctx, tx, c, vocab.EmailConnected, "", "", func(u *ent.EmailChannelUpdateOne) {
			u.SetCredentials(c.Credentials).SetImap(c.Imap).SetSMTP(c.SMTP).SetFailures(0).SetFailingSince(0).SetNextAttemptAt(0).
				SetConnectedAt(tx.Now())
		})
	})
}

// asInput is a stored server as an input.
func asInput(m *schema.MailServer) *MailServerInput {
	if m == nil {
		return nil
	}
	return &MailServerInput{Host: m.Host, Port: m.Port, Security: m.Security, Username: &m.Username}
}
