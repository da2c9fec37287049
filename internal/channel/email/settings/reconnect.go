package settings

import (
	"context"
	"errors"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Reconnect gives a channel that does not work, or was disconnected, new
// credentials; see Begin. Mail that came since then is fetched (EM-7).
func (s *Service) Reconnect(ctx context.Context, in ReconnectEmailChannelInput) (*Begun, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	c, err := Find(ctx, s.store.Client(ctx), in.ChannelID)
	if err != nil {
		return nil, err
	}
	if c.Provider == vocab.EmailForwarding {
		c, err := s.reviveChannel(ctx, c, in)
		return &Begun{Channel: c}, err
	}
	kept := [2]vocab.MailServer{c.Imap, c.SMTP}
	if err := errors.Join(replaceServer(&c.Imap, in.IMAP, "imap"), replaceServer(&c.SMTP, in.SMTP, "smtp")); err != nil {
		return nil, err
	}
	moves := kept != [2]vocab.MailServer{c.Imap, c.SMTP}
	if moves && c.Authentication == vocab.EmailOAuth {
		return nil, errs.New(errs.Invalid, "The servers of a channel that signs in with OAuth 2 cannot be changed: omit imap and smtp.").On("imap")
	}
	if in.Password == nil && c.Authentication == vocab.EmailOAuth {
		url, err := s.beginSignIn(ctx, c, vocab.EmailConnectionSettings{Address: c.Address}, in.ReturnURL)
		return &Begun{Channel: c, AuthorizationURL: url}, err
	}
	if in.Password == nil && c.Credentials == "" {
		return nil, errs.New(errs.Required, "The channel's password is no longer stored: enter it again.").On("password")
	}
	if in.Password == nil && moves { // it is for those servers that whoever gave it chose
		return nil, errs.New(errs.Required, "Other servers need the password again: give it with them.").On("password")
	}
	if in.Password != nil {
		if c.Authentication != vocab.EmailPassword {
			return nil, errs.New(errs.Invalid, "The channel signs in with OAuth 2: omit the password.").On("password")
		}
		if err := checkPassword(*in.Password); err != nil {
			return nil, err
		}
		if c.Credentials, err = s.sealCredentials(c.ID, credentials{Password: *in.Password}); err != nil {
			return nil, err
		}
	}
	if err := s.tryServers(ctx, c); err != nil {
		return nil, err
	}
	c, err = s.reviveChannel(ctx, c, in)
	return &Begun{Channel: c}, err
}

func replaceServer(into *vocab.MailServer, from *MailServerInput, field string) error {
	if from == nil {
		return nil
	}
	if err := checkServer(from, field); err != nil {
		return err
	}
	return setServer(into, from)
}

// reviveChannel writes a channel's new credentials and has it work again.
func (s *Service) reviveChannel(ctx context.Context, c *ent.EmailChannel, in ReconnectEmailChannelInput) (*ent.EmailChannel, error) {
	key := in.IdempotencyKey
	in.Password = nil // not even its hash is remembered
	return s.administer(ctx, "reconnectEmailChannel", c.ID, key, in, func(ctx context.Context, tx *store.Tx, _ *ent.EmailChannel) error {
		if err := claimAddresses(ctx, tx, c); err != nil {
			return err
		}
		tx.Audit(ctx, store.Audit{Action: vocab.AuditChannelUpdated, InboxID: c.InboxID, SubjectID: c.ID, Changes: store.NamedChanges("credentials")})
		return s.enterState(ctx, tx, c, vocab.EmailConnected, "", "", func(u *ent.EmailChannelUpdateOne) {
			u.SetCredentials(c.Credentials).SetImap(c.Imap).SetSMTP(c.SMTP).SetFailures(0).SetFailingSince(0).SetNextAttemptAt(0).
				SetConnectedAt(tx.Now())
		})
	})
}

// asInput is a stored server as an input.
func asInput(m *vocab.MailServer) *MailServerInput {
	if m == nil {
		return nil
	}
	return &MailServerInput{Host: m.Host, Port: m.Port, Security: m.Security, Username: &m.Username}
}
