package signin

import (
	"context"
	"errors"
	"fmt"

	"parley/ent"
	"parley/ent/session"
	"parley/ent/user"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/oauth"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// EndByProvider ends the sessions that a provider says are over, with its signed logout
// token (OpenID Connect Back-Channel Logout 1.0). A token counts once. Errors: INVALID for
// one that cannot be trusted; NOT_FOUND; UNAVAILABLE if the provider's keys cannot be read.
func (s *Service) EndByProvider(ctx context.Context, providerID, token string) error {
	p, err := s.enabledProvider(ctx, providerID)
	if err != nil {
		return err
	}
	at, err := s.openSecret(p)
	if err != nil {
		return err
	}
	asking, cancel := s.bounded(ctx)
	defer cancel()
	over, err := s.o.OAuth.ReadLogout(asking, at, token)
	switch {
	case errors.Is(err, oauth.ErrIdentity):
		return errs.New(errs.Invalid, "The logout token is not valid: %s.", wordsOf(err))
	case err != nil:
		s.o.Log.WarnContext(ctx, "a provider's logout could not be checked", "provider", p.ID, "error", err)
		return errs.New(errs.Unavailable, "The logout token could not be checked. Try again.")
	}
	return s.store.WithTx(asSystem(ctx, p.AccountID), func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO logout_tokens (provider_id, token_hash, account_id, expires_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (provider_id, token_hash) DO NOTHING`, p.ID, secret.HashToken(over.ID), p.AccountID, int64(clock.Of(over.Until)))
		if err != nil {
			return fmt.Errorf("keep a logout token: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Invalid, "The logout token was used already.")
		}
		return endSessions(ctx, tx, p, over)
	})
}

// endSessions ends what a provider says is over: each user's in the name of that user.
func endSessions(ctx context.Context, tx *store.Tx, p *ent.IdentityProvider, over oauth.Logout) error {
	q := tx.Client.Session.Query().Where(session.ProviderID(p.ID), session.EndedAt(0))
	if over.Session != "" {
		q.Where(session.ProviderSession(over.Session))
	}
	if over.Subject != "" {
		q.Where(session.ProviderSubject(over.Subject))
	}
	found, err := q.Order(session.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, n := range found {
		u, err := tx.Client.User.Query().Where(user.ID(n.UserID)).Only(ctx)
		if err != nil {
			return err
		}
		if err := account.EndSessions(viewer.NewContext(ctx, account.AsUser(u)), tx, session.ID(n.ID)); err != nil {
			return err
		}
	}
	return nil
}

// Forget removes what is over: sign-ins that no one ended, links and logout tokens. The
// system runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("sign-in"))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := int64(tx.Now())
		for _, statement := range []string{
			"DELETE FROM sign_ins WHERE expires_at < $1", "DELETE FROM logout_tokens WHERE expires_at < $1",
			// Links are counted for an hour, and work for less.
			"DELETE FROM sign_in_links WHERE created_at < $1 - 3600000000",
		} {
			if _, err := tx.Exec(ctx, statement, now); err != nil {
				return err
			}
		}
		return nil
	})
}
