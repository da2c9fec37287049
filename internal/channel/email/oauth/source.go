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

// Source gives out access tokens of one mailbox that are good for two minutes at
// least. It refreshes one at a time; a token that the provider gave is saved
// before it is used; and before it refreshes it looks whether another node has
// done so. It is safe for concurrent use.
type Source struct {
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
	// revoked is the refresh token for which the provider has nothing any more.
	revoked string
	// failure is how the last refresh failed; there is no other until then.
	failure  error
	failures int
	until    time.Time
}

// Source returns a source for the mailbox whose token the vault keeps.
func (c *Client) Source(p Provider, v Vault) *Source {
	if v.Alone == nil {
		v.Alone = func(ctx context.Context, do func(context.Context) error) error { return do(ctx) }
	}
	return &Source{client: c, provider: p, vault: v, turn: make(chan struct{}, 1)}
}

// Token returns an access token. If the provider fails for a while, it returns
// the present one as long as that lasts, then an error of kind ErrTemporary,
// and asks again after a growing time only, or when the provider said so.
// ErrRevoked and ErrNoRefresh last until the vault has another grant. An error
// of the vault is returned as it is.
//
// A refresh that has begun is finished even if ctx ends: the provider may have
// taken back the old refresh token already.
func (s *Source) Token(ctx context.Context) (string, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-s.turn }()
	if s.fresh(s.token) {
		return s.token.Access, nil
	}
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTimeout)
	defer cancel()
	err := s.vault.Alone(whole, s.renew)
	if err != nil && (s.lasting(err) || !s.valid(s.token)) {
		return "", err
	}
	return s.token.Access, nil
}

// Invalidate tells that a mail server did not accept the access token: the next
// call of Token refreshes, unless there is another one by then.
func (s *Source) Invalidate(access string) { s.refused.Store(&access) }

// valid reports whether a token may still be tried.
func (s *Source) valid(t Token) bool {
	refused := s.refused.Load()
	return t.Access != "" && (refused == nil || *refused != t.Access) &&
		(t.Expiry.IsZero() || s.client.clock.Now().Before(t.Expiry))
}

// fresh reports whether a token is valid, and its refresh not due.
func (s *Source) fresh(t Token) bool {
	return s.valid(t) && (t.Expiry.IsZero() || s.client.clock.Now().Before(t.due()))
}

// lasting reports whether trying again without a new grant is of no use.
func (s *Source) lasting(err error) bool {
	return errors.Is(err, ErrRevoked) || errors.Is(err, ErrNoRefresh)
}

// renew puts a newer token in place of the present one: one that could not be
// saved, another node's, or a refreshed one.
func (s *Source) renew(ctx context.Context) error {
	stored, err := s.vault.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the token of a mailbox: %w", err)
	}
	if s.unsaved != nil && stored.Refresh == s.spent {
		if err := s.save(ctx); err != nil {
			return err
		}
		stored = s.token
	}
	// Else somebody has connected anew, or refreshed meanwhile.
	s.unsaved, s.token = nil, stored
	switch {
	case s.fresh(stored):
		s.settle()
		return nil
	case stored.Refresh == "":
		return &Error{Kind: ErrNoRefresh, Provider: s.provider.Name}
	case stored.Refresh == s.revoked, s.client.clock.Now().Before(s.until):
		return s.failure
	}
	return s.refresh(ctx, stored)
}

func (s *Source) refresh(ctx context.Context, old Token) error {
	next, err := s.client.refresh(ctx, s.provider, old)
	if errors.Is(err, ErrRevoked) {
		newer, failed := s.vault.Load(ctx)
		if failed == nil && newer.Refresh != old.Refresh && s.fresh(newer) {
			s.token = newer
			s.settle()
			return nil
		}
		s.settle()
		s.revoked, s.failure = old.Refresh, err
		return err
	}
	if err != nil {
		s.note(err)
		return err
	}
	s.settle()
	s.unsaved, s.spent = &next, old.Refresh
	return s.save(ctx)
}

// save keeps the refreshed token. If that fails it is tried again next time,
// instead of a refresh.
func (s *Source) save(ctx context.Context) error {
	if err := s.vault.Save(ctx, *s.unsaved); err != nil {
		return fmt.Errorf("save the refreshed token of a mailbox: %w", err)
	}
	s.token, s.unsaved = *s.unsaved, nil
	return nil
}

// note remembers a failure, and when to ask again.
func (s *Source) note(err error) {
	wait := min(firstWait<<min(s.failures, 10), longestWait)
	var told *Error
	if errors.As(err, &told) {
		wait = max(wait, told.RetryAfter)
	}
	s.failures++
	s.failure, s.until = err, s.client.clock.Now().Add(wait)
}

// settle forgets failures.
func (s *Source) settle() { s.failure, s.failures, s.until, s.revoked = nil, 0, time.Time{}, "" }

// refresh trades a refresh token for a new access token, and perhaps a new
// refresh token.
func (c *Client) refresh(ctx context.Context, p Provider, old Token) (Token, error) {
	p, err := c.resolve(ctx, p)
	if err != nil {
		return Token{}, err
	}
	answer, err := p.config("").TokenSource(c.context(ctx), &oauth2.Token{RefreshToken: old.Refresh}).Token()
	if err != nil {
		failed := failure(p, c.clock.Now(), err, old.Refresh, old.Access, p.ClientSecret)
		if errors.Is(failed, ErrDenied) {
			// Nobody is there to ask: the user must sign in again.
			failed.Kind = ErrRevoked
		}
		return Token{}, failed
	}
	return c.token(answer, old.Scopes), nil
}
