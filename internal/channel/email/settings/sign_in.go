package settings

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"parley/ent"
	"parley/ent/emailconnection"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/oauth"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// flowLife is how long an admin may take to sign in at the provider.
const flowLife = 15 * time.Minute

// beginSignIn keeps the channel to be until the admin has signed in at its
// provider, and returns where they do.
func (s *Service) beginSignIn(ctx context.Context, c *ent.EmailChannel, settings vocab.EmailConnectionSettings, returnURL *string) (string, error) {
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

// secretsOf are the verifier and the nonce of a sign-in.
func (s *Service) secretsOf(pending *ent.EmailConnection) (map[string]string, error) {
	plain, err := s.keys.Open(pending.Secrets, []byte("email_connections.secrets/"+pending.ChannelID))
	if err != nil {
		return nil, err
	}
	secrets := map[string]string{}
	return secrets, json.Unmarshal(plain, &secrets)
}

// signInFailed says in words for admins what a provider refused.
func signInFailed(err error) error {
	switch {
	case errors.Is(err, oauth.ErrTemporary):
		return errs.New(errs.Unavailable, "The provider cannot be reached at the moment. Try again shortly.")
	case errors.Is(err, oauth.ErrScope):
		return errs.New(errs.Invalid, "Access to the mail was not granted. Start again, and leave all boxes ticked.").On("code")
	case errors.Is(err, oauth.ErrNoRefresh):
		return errs.New(errs.Invalid, "The provider gave no permanent access. Remove Parley's access at the provider, and start again.").On("code")
	case errors.Is(err, oauth.ErrStale), errors.Is(err, oauth.ErrDenied), errors.Is(err, oauth.ErrIdentity), errors.Is(err, oauth.ErrAddress):
		return errs.New(errs.Invalid, "The sign-in failed: %v. Start again.", err).On("code")
	case errors.Is(err, oauth.ErrConfiguration), errors.Is(err, oauth.ErrRefused):
		return errs.New(errs.Invalid, "The provider refused this server: %v. Its operator must check the OAuth client.", err).On("code")
	}
	return err
}

// ForgetSignIns removes sign-ins that no one finished. The system runs it each
// hour.
func (s *Service) ForgetSignIns(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("email"))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client.EmailConnection.Delete().Where(emailconnection.ExpiresAtLT(tx.Now())).Exec(ctx)
		return err
	})
}
