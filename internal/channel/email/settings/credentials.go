package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"parley/ent"
	"parley/internal/oauth"
	"parley/internal/store"
)

// credentials are what a channel signs in with: a password, or a token.
type credentials struct {
	Password string       `json:"password,omitempty"`
	Token    *oauth.Token `json:"token,omitempty"`
}

// credentialsPlace binds sealed credentials to their row.
func credentialsPlace(channelID string) []byte {
	return []byte("email_channels.credentials/" + channelID)
}

func (s *Service) sealCredentials(channelID string, c credentials) (string, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return s.keys.Seal(plain, credentialsPlace(channelID))
}

func (s *Service) openCredentials(c *ent.EmailChannel) (credentials, error) {
	opened := credentials{}
	plain, err := s.keys.Open(c.Credentials, credentialsPlace(c.ID))
	if err == nil {
		err = json.Unmarshal(plain, &opened)
	}
	if err != nil {
		return opened, fmt.Errorf("the credentials of %s: %w", c.ID, err)
	}
	return opened, nil
}

// tokenSource gives fresh access tokens of a channel that signs in by OAuth 2. They
// are kept in its row, where other nodes find them.
func (s *Service) tokenSource(c *ent.EmailChannel) (*oauth.TokenSource, error) {
	p, ok := s.o.Providers[c.Provider]
	if !ok {
		return nil, errors.New("no OAuth client is set up for " + string(c.Provider))
	}
	if known, ok := s.sources.Load(c.ID + c.ConnectedAt.String()); ok {
		return known.(*oauth.TokenSource), nil //nolint:errcheck,forcetypeassert // the map holds nothing else
	}
	accountID, channelID := c.AccountID, c.ID
	source := s.o.OAuth.TokenSource(p, oauth.Vault{
		Load: func(ctx context.Context) (oauth.Token, error) {
			ctx = InAccount(ctx, accountID)
			row, err := s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
			if err != nil {
				return oauth.Token{}, err
			}
			opened, err := s.openCredentials(row)
			if err != nil {
				return oauth.Token{}, err
			}
			if opened.Token == nil {
				return oauth.Token{}, oauth.ErrRevoked
			}
			return *opened.Token, nil
		},
		Save: func(ctx context.Context, t oauth.Token) error {
			sealed, err := s.sealCredentials(channelID, credentials{Token: &t})
			if err != nil {
				return err
			}
			return s.store.WithTx(InAccount(ctx, accountID), func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.EmailChannel.UpdateOneID(channelID).SetCredentials(sealed).Exec(ctx)
			})
		},
		Alone: s.takingTurns(accountID, "oauth/"+channelID),
	})
	kept, _ := s.sources.LoadOrStore(c.ID+c.ConnectedAt.String(), source)
	return kept.(*oauth.TokenSource), nil //nolint:errcheck,forcetypeassert // the map holds nothing else
}
