package settings

import (
	"context"
	"encoding/json"
	"errors"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/internal/job"
	"parley/internal/oauth"
	"parley/internal/store"
	"parley/internal/vocab"
)

// RevokeArgs asks to give a grant back to its provider. The credentials are
// sealed as they were in the channel's row.
type RevokeArgs struct {
	ChannelID string              `json:"channelId"`
	Provider  vocab.EmailProvider `json:"provider"`
	Sealed    string              `json:"sealed"`
}

// Kind names the job.
func (RevokeArgs) Kind() string { return "revoke-grant" }

// KindAliases are names of such jobs that may be queued still.
func (RevokeArgs) KindAliases() []string { return []string{"revoke_grant"} }

// forgetGrant has a channel's grant given back, once its credentials are gone.
func (s *Service) forgetGrant(tx *store.Tx, c *ent.EmailChannel) {
	if c.Authentication == vocab.EmailOAuth && c.Credentials != "" {
		tx.Enqueue(store.Job{Args: RevokeArgs{ChannelID: c.ID, Provider: c.Provider, Sealed: c.Credentials}})
	}
}

// Release gives back the grants of an inbox that is being deleted (IB-3). It is
// called before its channels' credentials go.
func (s *Service) Release(ctx context.Context, tx *store.Tx, inboxID string) error {
	channels, err := tx.Client.EmailChannel.Query().Where(emailchannel.InboxID(inboxID)).All(ctx)
	for _, c := range channels {
		s.forgetGrant(tx, c)
	}
	return err
}

// RunRevoke is the queue's worker. A provider that offers no revocation keeps the
// grant until it runs out.
func (s *Service) RunRevoke(ctx context.Context, args RevokeArgs) error {
	provider, known := s.o.Providers[args.Provider]
	if !known {
		return nil
	}
	opened := credentials{}
	plain, err := s.keys.Open(args.Sealed, credentialsPlace(args.ChannelID))
	if err == nil {
		err = json.Unmarshal(plain, &opened)
	}
	if err != nil || opened.Token == nil {
		return job.GiveUp(errors.New("the grant's credentials cannot be read"))
	}
	err = s.o.OAuth.Revoke(ctx, provider, *opened.Token)
	if errors.Is(err, oauth.ErrTemporary) {
		return err
	}
	if err != nil && !errors.Is(err, oauth.ErrNoRevocation) && !errors.Is(err, oauth.ErrRevoked) {
		s.o.Log.WarnContext(ctx, "a grant could not be given back", "channel", args.ChannelID, "error", err)
	}
	return nil
}
