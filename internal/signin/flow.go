package signin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"parley/ent"
	"parley/ent/identityprovider"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/oauth"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Opened is a session that has begun, and the page of this server to go to.
type Opened struct {
	account.Opened
	ReturnTo string
}

// pending is a sign-in that has begun.
type pending struct {
	accountID, providerID, secrets, returnTo string
	browserHash                              []byte
	expiresAt                                clock.Micros
}

// flowSecrets are what a sign-in is ended with.
type flowSecrets struct {
	Verifier string `json:"verifier"`
	Nonce    string `json:"nonce"`
}

func sealedFor(providerID string) []byte { return []byte("sign_ins.secrets/" + providerID) }

// RedirectURL is where a provider sends browsers back, as it is registered there.
func (s *Service) RedirectURL(p *ent.IdentityProvider) string { return s.o.PublicURL + callbackOf(p) }

func callbackOf(p *ent.IdentityProvider) string {
	if p.FromEnvironment {
		return CallbackPath
	}
	return CallbackPath + "/" + p.ID
}

// Begin begins a sign-in at a provider and returns where the browser goes. browser is the
// secret of its cookie; returnTo is where it goes afterwards. Errors: NOT_FOUND;
// RATE_LIMITED for too many from one network; UNAVAILABLE if the provider does not answer.
func (s *Service) Begin(ctx context.Context, providerID, returnTo, browser string) (string, error) {
	if err := s.begins.count(ctx, s.store.Clock(), beginsPerMinute); err != nil {
		return "", err
	}
	p, err := s.enabledProvider(ctx, providerID)
	if err != nil {
		return "", err
	}
	at, err := s.openSecret(p)
	if err != nil {
		return "", err
	}
	asking, cancel := s.bounded(ctx)
	defer cancel()
	flow, err := s.o.OAuth.Begin(asking, at, s.RedirectURL(p), "")
	if err != nil {
		return "", s.refuseFor(ctx, p, err)
	}
	plain, err := json.Marshal(flowSecrets{flow.Verifier, flow.Nonce})
	if err != nil {
		return "", err
	}
	sealed, err := s.keys.Seal(plain, sealedFor(p.ID))
	if err != nil {
		return "", err
	}
	err = s.store.WithTx(asSystem(ctx, p.AccountID), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO sign_ins (state_hash, account_id, provider_id, browser_hash, secrets, return_to, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, secret.HashToken(flow.State), p.AccountID, p.ID, secret.HashToken(browser), sealed,
			LocalPath(returnTo), int64(tx.Now().Add(signInLife)))
		return err
	})
	return flow.URL, err
}

func asSystem(ctx context.Context, accountID string) context.Context {
	return viewer.NewContext(ctx, viewer.System("sign-in", accountID))
}

// enabledProvider returns a provider of any account at which people may sign in.
func (s *Service) enabledProvider(ctx context.Context, providerID string) (*ent.IdentityProvider, error) {
	if id.Is(providerID, id.IdentityProvider) {
		ctx = viewer.NewContext(ctx, viewer.Everywhere("sign-in"))
		p, err := s.store.Client(ctx).IdentityProvider.Query().Where(identityprovider.ID(providerID), identityprovider.Enabled(true)).Only(ctx)
		if !ent.IsNotFound(err) {
			return p, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no such way to sign in. Begin again.")
}

// stale is what someone hears whose sign-in cannot be ended.
func stale() error {
	return errs.New(errs.Invalid, "This sign-in was used already, has expired, or was begun in another browser. Begin again.")
}

// Finish ends a sign-in with the path and the query with which the browser came back: it finds or makes
// the user, and begins a session (AC-9). Errors: INVALID for a sign-in that is not this
// browser's, was used or has expired; FORBIDDEN for whom the account does not let in, and
// for an answer that cannot be trusted; UNAVAILABLE if the provider does not answer.
func (s *Service) Finish(ctx context.Context, path string, query url.Values, browser, userAgent string) (Opened, error) {
	begun, err := s.takeSignIn(ctx, query.Get("state"), browser)
	if err != nil {
		return Opened{}, err
	}
	p, err := s.enabledProvider(ctx, begun.providerID)
	if err != nil {
		return Opened{}, err
	}
	if path != callbackOf(p) {
		return Opened{}, stale() // another provider answers
	}
	at, err := s.openSecret(p)
	if err != nil {
		return Opened{}, err
	}
	plain, err := s.keys.Open(begun.secrets, sealedFor(p.ID))
	if err != nil {
		return Opened{}, fmt.Errorf("open a sign-in: %w", err)
	}
	var known flowSecrets
	if err := json.Unmarshal(plain, &known); err != nil {
		return Opened{}, err
	}
	asking, cancel := s.bounded(ctx)
	defer cancel()
	who, err := s.o.OAuth.Identify(asking, at, s.RedirectURL(p), query, known.Verifier, known.Nonce)
	if err != nil {
		return Opened{}, s.refuseFor(ctx, p, err)
	}
	made := Opened{ReturnTo: begun.returnTo}
	err = s.store.WithTx(asSystem(ctx, p.AccountID), func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		p, err := sameProvider(ctx, tx, p)
		if err != nil {
			return err
		}
		u, err := admit(ctx, tx, p, who)
		if err != nil {
			return err
		}
		if err := tx.Client.IdentityProvider.UpdateOneID(p.ID).SetLastUsedAt(tx.Now()).SetLastError("").Exec(ctx); err != nil {
			return err
		}
		made.Opened, err = account.OpenSession(ctx, tx, account.NewSession{
			User: u, ProviderID: p.ID, Session: who.Session, Subject: who.Subject, UserAgent: userAgent,
		})
		return err
	})
	if refused := (*refusal)(nil); errors.As(err, &refused) {
		err = errors.Join(refused.error, s.recordFailure(ctx, refused.user, p.ID))
	}
	if err == nil {
		s.warnOfMissing(ctx, p, who)
	}
	return made, err
}

// sameProvider returns a provider as it is by now, if people may still sign in there: an admin
// may have changed it while it was asked.
func sameProvider(ctx context.Context, tx *store.Tx, asked *ent.IdentityProvider) (*ent.IdentityProvider, error) {
	p, err := tx.Client.IdentityProvider.Query().Where(identityprovider.ID(asked.ID), identityprovider.Enabled(true),
		identityprovider.Issuer(asked.Issuer), identityprovider.ClientID(asked.ClientID)).Only(ctx)
	if ent.IsNotFound(err) {
		err = stale()
	}
	return p, err
}

// takeSignIn uses a sign-in up. Of two who come with it at once, one finds it.
func (s *Service) takeSignIn(ctx context.Context, state, browser string) (*pending, error) {
	if state == "" || browser == "" {
		return nil, stale()
	}
	hash := secret.HashToken(state)
	begun, err := s.findSignIn(ctx, hash)
	if err != nil {
		return nil, err
	}
	if begun == nil || subtle.ConstantTimeCompare(begun.browserHash, secret.HashToken(browser)) != 1 {
		return nil, stale()
	}
	err = s.store.WithTx(asSystem(ctx, begun.accountID), func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM sign_ins WHERE state_hash = $1", hash)
		if err == nil && n == 0 {
			err = stale()
		}
		return err
	})
	if err == nil && begun.expiresAt <= s.store.Now() {
		err = stale()
	}
	return begun, err
}

func (s *Service) findSignIn(ctx context.Context, hash []byte) (*pending, error) {
	rows, err := s.store.Query(ctx, `SELECT account_id, provider_id, browser_hash, secrets, return_to, expires_at FROM sign_ins WHERE state_hash = $1`, hash)
	if err != nil {
		return nil, fmt.Errorf("look a sign-in up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return nil, rows.Err()
	}
	p := &pending{}
	if err := rows.Scan(&p.accountID, &p.providerID, &p.browserHash, &p.secrets, &p.returnTo, &p.expiresAt); err != nil {
		return nil, fmt.Errorf("read a sign-in: %w", err)
	}
	return p, nil
}

// refuseFor says in words for people why a provider did not let them in, and keeps it for
// admins.
func (s *Service) refuseFor(ctx context.Context, p *ent.IdentityProvider, failed error) error {
	if errors.Is(failed, oauth.ErrDenied) || errors.Is(failed, oauth.ErrStale) {
		return errs.New(errs.Forbidden, "You were not signed in at %s: %s. Begin again.", p.Name, wordsOf(failed))
	}
	// What went wrong is kept even if the browser is gone.
	kept := asSystem(context.WithoutCancel(ctx), p.AccountID)
	if err := s.store.WithTx(kept, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.IdentityProvider.UpdateOneID(p.ID).SetLastError(wordsOf(failed)).Exec(ctx)
	}); err != nil {
		s.o.Log.ErrorContext(ctx, "what an identity provider refused could not be kept", "provider", p.ID, "error", err)
	}
	s.o.Log.WarnContext(ctx, "a sign-in failed", "provider", p.ID, "error", failed)
	if errors.Is(failed, oauth.ErrIdentity) || errors.Is(failed, oauth.ErrAddress) {
		return errs.New(errs.Forbidden, "The answer of %s cannot be trusted: %s. Begin again.", p.Name, wordsOf(failed))
	}
	if errors.Is(failed, oauth.ErrConfiguration) || errors.Is(failed, oauth.ErrRefused) {
		return errs.New(errs.Unavailable, "%s refused this server. An admin finds the reason with the identity provider.", p.Name)
	}
	return errs.New(errs.Unavailable, "%s does not answer at the moment. Try again shortly.", p.Name)
}
