package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

const (
	// renewTimeout bounds a refresh with all that belongs to it.
	renewTimeout = time.Minute
	// firstWait and longestWait bound the back-off after a failed refresh.
	firstWait   = 5 * time.Second
	longestWait = 5 * time.Minute
)

// Vault keeps the token of one mailbox where all nodes find it, sealed.
type Vault struct {
	// Load returns the newest token that was saved.
	Load func(ctx context.Context) (Token, error)
	// Save replaces it.
	Save func(ctx context.Context, t Token) error
	// Alone calls do while no other node is inside Alone for the same mailbox. If
	// it is nil, two nodes may refresh at once: the one that comes too late with a
	// refresh token that has rotated away then takes the other's. Providers that
	// see theft in that, and withdraw the grant, need it.
	Alone func(ctx context.Context, do func(context.Context) error) error
}

// TokenSource gives out access tokens of one mailbox that are good for two minutes at
// least. It refreshes one at a time; a token that the provider gave is saved
// before it is used; and before it refreshes it looks whether another node has
// done so. It is safe for concurrent use.
type TokenSource struct {
	client   *Client
	provider Provider
	vault    Vault

	// refused is the access token that a mail server did not accept.
	refused atomic.Pointer[string]

	// turn holds one value while a goroutine is in turn to use what follows.
	turn  chan struct{}
	token Token
	// unsaved was given for the refresh token spent, and could not be saved yet.
	unsaved *Token
	spent   string
	// revoked is the refresh token for which the provider has nothing any longer.
	revoked string
	// failure is how the last refresh failed; there is no other until then.
	failure  error
	failures int
	until    time.Time
}

// TokenSource returns a source for the mailbox whose token the vault keeps.
func (c *Client) TokenSource(p Provider, v Vault) *TokenSource {
	if v.Alone == nil {
		v.Alone = func(ctx context.Context, do func(context.Context) error) error { return do(ctx) }
	}
	return &TokenSource{client: c, provider: p, vault: v, turn: make(chan struct{}, 1)}
}

// Token returns an access token. If the provider fails for a while, it returns
// the present one as long as that lasts, then an error of kind ErrTemporary,
// and asks again after a growing time only, or when the provider said so.
// ErrRevoked and ErrNoRefresh last until the vault has another grant. An error
// of the vault is returned as it is.
//
// A refresh that has begun is finished even if ctx ends: the provider may have
// taken back the old refresh token already.
func (s *TokenSource) Token(ctx context.Context) (string, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-s.turn }()
	if s.isFresh(s.token) {
		return s.token.Access, nil
	}
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTimeout)
	defer cancel()
	err := s.vault.Alone(whole, s.renewToken)
	if err != nil && (s.lasting(err) || !s.isValid(s.token)) {
		return "", err
	}
	return s.token.Access, nil
}

// Invalidate records that a mail server did not accept the access token: the next
// call of Token refreshes, unless there is another one by then.
func (s *TokenSource) Invalidate(access string) { s.refused.Store(&access) }

// isValid reports whether a token may still be tried.
func (s *TokenSource) isValid(t Token) bool {
	refused := s.refused.Load()
	return t.Access != "" && (refused == nil || *refused != t.Access) &&
		(t.Expiry.IsZero() || s.client.clock.Now().Before(t.Expiry))
}

// isFresh reports whether a token is valid, and its refresh not due.
func (s *TokenSource) isFresh(t Token) bool {
	return s.isValid(t) && (t.Expiry.IsZero() || s.client.clock.Now().Before(t.due()))
}

// lasting reports whether trying again without a new grant is of no use.
func (s *TokenSource) lasting(err error) bool {
	return errors.Is(err, ErrRevoked) || errors.Is(err, ErrNoRefresh)
}

// renewToken puts a newer token in place of the present one: one that could not be
// saved, another node's, or a refreshed one.
func (s *TokenSource) renewToken(ctx context.Context) error {
	stored, err := s.vault.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the token of a mailbox: %w", err)
	}
	if s.unsaved != nil && stored.Refresh == s.spent {
		if err := s.saveToken(ctx); err != nil {
			return err
		}
		stored = s.token
	}
	// Otherwise someone has connected again, or refreshed in the meantime.
	s.unsaved, s.token = nil, stored
	switch {
	case s.isFresh(stored):
		s.forgetFailures()
		return nil
	case stored.Refresh == "":
		return &Error{Kind: ErrNoRefresh, Provider: s.provider.Name}
	case stored.Refresh == s.revoked, s.client.clock.Now().Before(s.until):
		return s.failure
	}
	return s.refreshToken(ctx, stored)
}

func (s *TokenSource) refreshToken(ctx context.Context, old Token) error {
	next, err := s.client.refreshGrant(ctx, s.provider, old)
	if errors.Is(err, ErrRevoked) {
		newer, failed := s.vault.Load(ctx)
		if failed == nil && newer.Refresh != old.Refresh && s.isFresh(newer) {
			s.token = newer
			s.forgetFailures()
			return nil
		}
		s.forgetFailures()
		s.revoked, s.failure = old.Refresh, err
		return err
	}
	if err != nil {
		s.recordFailure(err)
		return err
	}
	s.forgetFailures()
	s.unsaved, s.spent = &next, old.Refresh
	return s.saveToken(ctx)
}

// saveToken keeps the refreshed token. If that fails it is tried again next time,
// instead of a refresh.
func (s *TokenSource) saveToken(ctx context.Context) error {
	if err := s.vault.Save(ctx, *s.unsaved); err != nil {
		return fmt.Errorf("save the refreshed token of a mailbox: %w", err)
	}
	s.token, s.unsaved = *s.unsaved, nil
	return nil
}

// recordFailure remembers a failure, and when to ask again.
func (s *TokenSource) recordFailure(err error) {
	wait := min(firstWait<<min(s.failures, 10), longestWait)
	var refusal *Error
	if errors.As(err, &refusal) {
		wait = max(wait, refusal.RetryAfter)
	}
	s.failures++
	s.failure, s.until = err, s.client.clock.Now().Add(wait)
}

// forgetFailures forgets failures.
func (s *TokenSource) forgetFailures() {
	s.failure, s.failures, s.until, s.revoked = nil, 0, time.Time{}, ""
}

// refreshGrant trades a refresh token for a new access token, and perhaps a new
// refresh token.
func (c *Client) refreshGrant(ctx context.Context, p Provider, old Token) (Token, error) {
	p, err := c.resolveEndpoints(ctx, p)
	if err != nil {
		return Token{}, err
	}
	answer, err := p.config("").TokenSource(c.context(ctx), &oauth2.Token{RefreshToken: old.Refresh}).Token()
	if err != nil {
		failed := failure(p, c.clock.Now(), err, old.Refresh, old.Access, p.ClientSecret)
		if errors.Is(failed, ErrDenied) {
			// No one is there to ask: the user must sign in again.
			failed.Kind = ErrRevoked
		}
		return Token{}, failed
	}
	return c.tokenOf(answer, old.Scopes), nil
}
