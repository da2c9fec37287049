package email

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"parley/ent"
	"parley/ent/emailconnection"
	"parley/internal/channel/email/oauth"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Finish ends what Begin or Reconnect began, for the same admin with the same
// token alone: state and code are what the provider gave their browser. It works
// once. Errors: INVALID on state or code; ALREADY_EXISTS on address (EM-2).
func (s *Service) Finish(ctx context.Context, in FinishEmailChannelInput) (*ent.EmailChannel, error) {
	if err := people.MayAdminister(ctx); err != nil {
		return nil, err
	}
	pending, finished, err := s.redeem(ctx, in)
	if err != nil {
		return nil, err
	}
	if finished != "" {
		return s.finished(ctx, finished)
	}
	secrets, err := s.secretsOf(pending)
	if err != nil {
		return nil, err
	}
	provider, ok := s.o.Providers[pending.Provider]
	if !ok {
		return nil, errs.New(errs.Invalid, "This server has no OAuth client for %s any more.", pending.Provider).On("state")
	}
	grant, err := s.o.OAuth.Finish(ctx, provider, s.callbackURL(), in.Code, secrets["verifier"], secrets["nonce"])
	if err != nil {
		return nil, signInFailed(err)
	}
	existing, err := s.store.Client(ctx).EmailChannel.Get(ctx, pending.ChannelID)
	if err != nil && !ent.IsNotFound(err) {
		return nil, err
	}
	if existing != nil {
		return s.granted(ctx, existing, grant)
	}
	return s.made(ctx, pending, grant)
}

// redeem takes the pending connection that the state names, once. Where the same
// call came before it returns the id of the channel that it was for.
func (s *Service) redeem(ctx context.Context, in FinishEmailChannelInput) (pending *ent.EmailConnection, finished string, err error) {
	hash := sha256.Sum256([]byte(in.State))
	v := viewer.FromContext(ctx)
	refused := errs.New(errs.Invalid, "This sign-in is not yours, was used already, or is too old. Begin again.").On("state")
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Client.EmailConnection.Query().Where(emailconnection.StateHash(hash[:])).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		channelID := id.New(id.Channel) // of none: then the call is refused
		if found != nil {
			channelID = found.ChannelID
		}
		if finished, err = once.Claim(ctx, tx, "finishEmailChannel", in.IdempotencyKey, in, channelID); err != nil || finished != "" {
			return err
		}
		if found == nil || found.ExpiresAt <= tx.Now() || found.UserID != v.Actor().ActorID || found.TokenID != v.TokenID {
			return refused
		}
		pending = found
		n, err := tx.Client.EmailConnection.Delete().Where(emailconnection.ID(found.ID)).Exec(ctx)
		if err == nil && n == 0 {
			err = refused
		}
		return err
	})
	return pending, finished, err
}

// finished is the channel that an earlier call made or connected again; it may
// have failed after it took the sign-in.
func (s *Service) finished(ctx context.Context, channelID string) (*ent.EmailChannel, error) {
	c, err := s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.Invalid, "This sign-in was used already, and did not succeed. Begin again.").On("state")
	}
	return c, err
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

// made makes the channel that the admin signed in for. The mailbox is the one
// that they chose at the provider.
func (s *Service) made(ctx context.Context, pending *ent.EmailConnection, grant oauth.Grant) (*ent.EmailChannel, error) {
	kept := pending.Settings
	in := BeginEmailChannelInput{
		InboxID: pending.InboxID, Provider: pending.Provider, Address: grant.Address, SenderName: &kept.SenderName, Aliases: kept.Aliases,
		AcceptTerms: kept.TermsAt.IsSet(), ImportSince: &kept.ImportSince, Routing: kept.Routing, TicketPreset: kept.Ticket,
	}
	if asked := strings.ToLower(kept.Address); asked != "" && asked != strings.ToLower(grant.Address) {
		return nil, errs.New(errs.Invalid, "You signed in to %s, but the address to connect is %s. Sign in to that mailbox, or connect this one.",
			grant.Address, asked).On("code")
	}
	if pending.Provider == vocab.EmailIMAP {
		in.IMAP, in.SMTP = asInput(kept.IMAP), asInput(kept.SMTP)
	}
	c, err := s.draft(ctx, in)
	if err != nil {
		return nil, err
	}
	c.ID, c.TermsAcceptedAt = pending.ChannelID, kept.TermsAt
	if c.Credentials, err = s.seal(c.ID, credentials{Token: &grant.Token}); err != nil {
		return nil, err
	}
	s.look(ctx, c, grant.Token.Access)
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := people.Lock(ctx, tx); err != nil {
			return err
		}
		return s.insert(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	s.stir()
	return s.store.Client(ctx).EmailChannel.Get(ctx, c.ID)
}

// look has a new channel begin with the mail that comes from now on. Where the
// mailbox cannot be opened it is connected all the same: the sign-in is used up,
// and the channel's state tells.
func (s *Service) look(ctx context.Context, c *ent.EmailChannel, access string) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	config := s.reach(c)
	config.Token = func(context.Context) (string, error) { return access, nil }
	if err := mark(ctx, c, config); err != nil {
		s.o.Log.InfoContext(ctx, "a new channel's mailbox cannot be opened", "channel", c.ID, "error", err)
	}
}

// granted gives a channel that is there new tokens of the same mailbox.
func (s *Service) granted(ctx context.Context, c *ent.EmailChannel, grant oauth.Grant) (*ent.EmailChannel, error) {
	if !strings.EqualFold(grant.Address, c.Address) {
		return nil, errs.New(errs.Invalid, "You signed in to %s, but the channel's mailbox is %s.", grant.Address, c.Address).On("code")
	}
	sealed, err := s.seal(c.ID, credentials{Token: &grant.Token})
	if err != nil {
		return nil, err
	}
	c.Credentials = sealed
	err = s.alone(c.AccountID, "oauth/"+c.ID)(ctx, func(context.Context) error { // no refresh may overwrite it
		c, err = s.revive(ctx, c, ReconnectEmailChannelInput{EmailChannelID: c.ID})
		return err
	})
	return c, err
}

// signInFailed tells an admin what a provider refused.
func signInFailed(err error) error {
	switch {
	case errors.Is(err, oauth.ErrTemporary):
		return errs.New(errs.Unavailable, "The provider cannot be reached now. Try again shortly.")
	case errors.Is(err, oauth.ErrScope):
		return errs.New(errs.Invalid, "Access to the mail was not granted. Begin again, and leave all boxes ticked.").On("code")
	case errors.Is(err, oauth.ErrNoRefresh):
		return errs.New(errs.Invalid, "The provider gave no lasting access. Remove Parley's access at the provider, and begin again.").On("code")
	case errors.Is(err, oauth.ErrStale), errors.Is(err, oauth.ErrDenied), errors.Is(err, oauth.ErrIdentity), errors.Is(err, oauth.ErrAddress):
		return errs.New(errs.Invalid, "The sign-in did not succeed: %v. Begin again.", err).On("code")
	case errors.Is(err, oauth.ErrConfiguration), errors.Is(err, oauth.ErrRefused):
		return errs.New(errs.Invalid, "The provider refused this server: %v. Its operator must look at the OAuth client.", err).On("code")
	}
	return err
}

// returnTo checks where a browser goes from the callback: to pages of this
// server, or of a site that the operator trusts.
func (s *Service) returnTo(address *string) (string, error) {
	if address == nil || *address == "" {
		return "", nil
	}
	u, err := url.Parse(*address)
	if err != nil || u.Host == "" || u.User != nil || s.o.Trusts == nil || !s.o.Trusts(u) {
		return "", errs.New(errs.Invalid, "The browser may return to this server's pages, and those of PARLEY_ALLOWED_ORIGINS, alone.").On("returnUrl")
	}
	return u.String(), nil
}

// Returns says where the browser goes that came back from a provider: to the
// page that the admin named, with the query as it came; "" to none.
func (s *Service) Returns(ctx context.Context, query url.Values) (string, error) {
	hash := sha256.Sum256([]byte(query.Get("state")))
	ctx = viewer.NewContext(ctx, viewer.Everywhere("oauth"))
	pending, err := s.store.Client(ctx).EmailConnection.Query().Where(emailconnection.StateHash(hash[:])).Only(ctx)
	if ent.IsNotFound(err) {
		return "", errs.New(errs.NotFound, "This sign-in is not known, or is over. Begin again.")
	}
	if err != nil {
		return "", err
	}
	if _, err := oauth.Callback(s.o.Providers[pending.Provider], query); errors.Is(err, oauth.ErrIdentity) {
		return "", errs.New(errs.Invalid, "Another provider answered than the one that was asked. Begin again.")
	}
	if pending.Settings.ReturnURL == "" {
		return "", nil
	}
	u, err := url.Parse(pending.Settings.ReturnURL)
	if err != nil {
		return "", err
	}
	q := u.Query()
	for _, name := range []string{"state", "code", "error", "error_description"} {
		if value := query.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
