package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"parley/ent"
	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/oauth"
	"parley/internal/channel/email/smtp"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// credentials are what a channel signs in with: a password, or a token.
type credentials struct {
	Password string       `json:"password,omitempty"`
	Token    *oauth.Token `json:"token,omitempty"`
}

// place binds sealed credentials to their row.
func place(channelID string) []byte { return []byte("email_channels.credentials/" + channelID) }

func (s *Service) seal(channelID string, c credentials) (string, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return s.keys.Seal(plain, place(channelID))
}

func (s *Service) open(c *ent.EmailChannel) (credentials, error) {
	opened := credentials{}
	plain, err := s.keys.Open(c.Credentials, place(c.ID))
	if err == nil {
		err = json.Unmarshal(plain, &opened)
	}
	if err != nil {
		return opened, fmt.Errorf("the credentials of %s: %w", c.ID, err)
	}
	return opened, nil
}

// bearer gives fresh access tokens of a channel that signs in by OAuth 2. They
// are kept in its row, where other nodes find them.
func (s *Service) bearer(c *ent.EmailChannel) (*oauth.Source, error) {
	p, ok := s.o.Providers[c.Provider]
	if !ok {
		return nil, errors.New("no OAuth client is set up for " + string(c.Provider))
	}
	if known, ok := s.sources.Load(c.ID + c.ConnectedAt.String()); ok {
		return known.(*oauth.Source), nil //nolint:errcheck,forcetypeassert // the map holds nothing else
	}
	accountID, channelID := c.AccountID, c.ID
	inAccount := func(ctx context.Context) context.Context {
		return viewer.NewContext(ctx, viewer.System("email", accountID))
	}
	source := s.o.OAuth.Source(p, oauth.Vault{
		Load: func(ctx context.Context) (oauth.Token, error) {
			ctx = inAccount(ctx)
			row, err := s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
			if err != nil {
				return oauth.Token{}, err
			}
			opened, err := s.open(row)
			if err != nil {
				return oauth.Token{}, err
			}
			if opened.Token == nil {
				return oauth.Token{}, oauth.ErrRevoked
			}
			return *opened.Token, nil
		},
		Save: func(ctx context.Context, t oauth.Token) error {
			sealed, err := s.seal(channelID, credentials{Token: &t})
			if err != nil {
				return err
			}
			return s.store.WithTx(inAccount(ctx), func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.EmailChannel.UpdateOneID(channelID).SetCredentials(sealed).Exec(ctx)
			})
		},
		Alone: s.alone(accountID, "oauth/"+channelID),
	})
	kept, _ := s.sources.LoadOrStore(c.ID+c.ConnectedAt.String(), source)
	return kept.(*oauth.Source), nil //nolint:errcheck,forcetypeassert // the map holds nothing else
}

// mailbox is how to reach a channel's mailbox.
func (s *Service) mailbox(c *ent.EmailChannel) (imap.Config, *oauth.Source, error) {
	config := s.reach(c)
	if c.Authentication == vocab.EmailOAuth {
		source, err := s.bearer(c)
		if err != nil {
			return config, nil, err
		}
		config.Token = source.Token
		return config, source, nil
	}
	opened, err := s.open(c)
	config.Password = opened.Password
	return config, nil, err
}

// reach is how to reach a channel's mailbox, but for credentials.
func (s *Service) reach(c *ent.EmailChannel) imap.Config {
	return imap.Config{
		Host: c.Imap.Host, Port: c.Imap.Port, Security: imap.Security(c.Imap.Security), Username: nameOr(c.Imap.Username, c.Address), Dial: s.o.Dial,
	}
}

// submission is how to reach the server that sends a channel's mail; nil: there
// is none, and mail goes to the outbox.
func (s *Service) submission(c *ent.EmailChannel) (*smtp.Server, *oauth.Source, error) {
	if c.Provider == vocab.EmailForwarding {
		return s.o.Relay, nil, nil
	}
	server := &smtp.Server{
		Host: c.SMTP.Host, Port: c.SMTP.Port, Security: c.SMTP.Security, Username: nameOr(c.SMTP.Username, c.Address), Dial: s.o.Dial,
	}
	if c.Authentication == vocab.EmailOAuth {
		source, err := s.bearer(c)
		if err != nil {
			return nil, nil, err
		}
		server.Bearer = source.Token
		return server, source, nil
	}
	opened, err := s.open(c)
	server.Password = opened.Password
	return server, nil, err
}

func nameOr(name, address string) string {
	if name != "" {
		return name
	}
	return address
}

// now is the store's time.
func (s *Service) now() clock.Micros { return s.store.Now() }
