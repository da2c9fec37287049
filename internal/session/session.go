// Package session keeps viewers current while connections stream for them: who
// joins or leaves an inbox, changes role, or loses a token, has that said to the
// running streams before they go past the event that records it (AC-11).
//
// Connections of one token share a session. It asks for its viewer again, with the
// token, after each event of the log that may change what someone sees, and
// when the token expires; it never trusts what it remembers beyond such an event.
package session

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// Authenticator knows whose token a bearer is; see httpserver.Authenticator.
type Authenticator interface {
	Authenticate(ctx context.Context, bearer string) (*viewer.Viewer, error)
}

// Feed reports changes of what someone may see; see event.Feed.
type Feed interface {
	OnAuthority(ctx context.Context, accountID string, changed func(sequence int64)) (stop func(), err error)
}

// Sessions are the sessions of a node. It is safe for concurrent use.
type Sessions struct {
	auth  Authenticator
	feed  Feed
	clock clock.Clock
	// checks bounds how many tokens are asked about at once: an event of an
	// account concerns all of its sessions.
	checks chan struct{}

	mu     sync.Mutex
	tokens map[string]*session
}

// maxChecks is how many tokens are asked about at once.
const maxChecks = 4

// New returns a node's sessions.
func New(auth Authenticator, feed Feed, c clock.Clock) *Sessions {
	return &Sessions{auth: auth, feed: feed, clock: c, checks: make(chan struct{}, maxChecks), tokens: map[string]*session{}}
}

// session is what the connections of one token share.
type session struct {
	all    *Sessions
	bearer string
	users  int // guarded by all

	ready  sync.Once
	err    error
	ctx    context.Context // ends with the token
	cancel context.CancelCauseFunc
	stop   func()
	expiry *time.Timer

	viewer  atomic.Pointer[viewer.Viewer]
	doubts  atomic.Int64 // how often something happened that may have changed the viewer
	checked atomic.Int64 // how many of the doubts the viewer has seen
	asking  sync.Mutex
	changed atomic.Pointer[chan struct{}]
}

// Begin returns a context for a connection of v, who presented bearer. It has
// the live viewer, and ends with an UNAUTHENTICATED error as its cause when the
// token expires or is revoked. A caller without a token stays who they are. The
// returned function ends the connection's part in it.
func (a *Sessions) Begin(ctx context.Context, bearer string, v *viewer.Viewer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	end := func() { cancel(context.Canceled) }
	if bearer == "" || v.TokenID == "" {
		return ctx, end
	}
	s := a.joinSession(bearer)
	s.ready.Do(func() { s.startListening(ctx, v) })
	if s.err != nil {
		cancel(s.err)
		a.leaveSession(s)
		return ctx, end
	}
	detach := context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })
	return viewer.NewLiveContext(ctx, s), sync.OnceFunc(func() {
		detach()
		end()
		a.leaveSession(s)
	})
}

func (a *Sessions) joinSession(bearer string) *session {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.tokens[bearer]
	if s == nil {
		s = &session{all: a, bearer: bearer}
		a.tokens[bearer] = s
	}
	s.users++
	return s
}

func (a *Sessions) leaveSession(s *session) {
	a.mu.Lock()
	s.users--
	last := s.users == 0
	if last && a.tokens[s.bearer] == s {
		delete(a.tokens, s.bearer)
	}
	a.mu.Unlock()
	if last && s.err == nil {
		s.expiry.Stop()
		s.stop()
		s.cancel(context.Canceled)
	}
}

// startListening starts listening, and then asks who the viewer is: what changed
// between their sign-in and now is seen.
func (s *session) startListening(ctx context.Context, v *viewer.Viewer) {
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	changed := make(chan struct{})
	s.changed.Store(&changed)
	s.viewer.Store(v)
	s.expiry = time.AfterFunc(s.timeLeft(v), s.expire)
	if s.stop, s.err = s.all.feed.OnAuthority(s.ctx, v.AccountID, s.requestRecheck); s.err == nil {
		s.doubts.Store(1)
		_, s.err = s.At(ctx, 1)
	}
	if s.err != nil {
		s.expiry.Stop()
		if s.stop != nil {
			s.stop()
		}
		s.cancel(s.err)
		s.all.forgetSession(s)
	}
}

// forgetSession lets the next connection of a session that could not begin try again.
func (a *Sessions) forgetSession(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tokens[s.bearer] == s {
		delete(a.tokens, s.bearer)
	}
}

// never is how long a timer runs whose time does not come.
const never = 24 * time.Hour

// timeLeft is how long a viewer's token holds, at most a day: then it is asked again.
func (s *session) timeLeft(v *viewer.Viewer) time.Duration {
	if v.ExpiresAt.IsZero() {
		return never
	}
	return min(max(v.ExpiresAt.Sub(s.all.clock.Now()), 0), never)
}

// requestRecheck says that an event may have changed the viewer. It does not block.
func (s *session) requestRecheck(int64) {
	if s.doubts.Add(1)-1 == s.checked.Load() { // else someone is on it
		go s.recheckViewer()
	}
}

// expire asks again at the end of the token's time.
func (s *session) expire() { s.requestRecheck(0) }

// retryAfter is how long a session waits when it could not ask.
const retryAfter = time.Second

// recheckViewer asks who the viewer is until that is known, or the session ends.
func (s *session) recheckViewer() {
	for s.doubts.Load() != s.checked.Load() {
		select {
		case s.all.checks <- struct{}{}:
		case <-s.ctx.Done():
			return
		}
		_, err := s.At(s.ctx, 1)
		<-s.all.checks
		if err == nil {
			continue
		}
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(retryAfter):
		}
	}
}

// At implements viewer.Live. A position within the log asks for the viewer again
// if something happened that may have changed them; 0 takes them as they were
// last known.
func (s *session) At(ctx context.Context, sequence int64) (*viewer.Viewer, error) {
	if s.ctx.Err() != nil {
		return nil, context.Cause(s.ctx)
	}
	if sequence == 0 || s.checked.Load() == s.doubts.Load() {
		return s.viewer.Load(), nil
	}
	s.asking.Lock()
	defer s.asking.Unlock()
	doubts := s.doubts.Load()
	if s.checked.Load() == doubts {
		return s.viewer.Load(), nil
	}
	v, err := s.all.auth.Authenticate(ctx, s.bearer)
	if err != nil {
		return nil, s.endIfRefused(ctx, err)
	}
	s.setViewer(v)
	s.checked.Store(doubts)
	return v, nil
}

// endIfRefused ends the session when its token is no longer valid.
func (s *session) endIfRefused(ctx context.Context, err error) error {
	switch {
	case errs.Is(err, errs.Unauthenticated):
		s.cancel(errs.Of(err))
	case ctx.Err() == nil && !errors.Is(err, context.Canceled):
		return errs.New(errs.Unavailable, "The token could not be checked. Try again.")
	}
	return err
}

// setViewer remembers who the viewer is, and notifies whoever waits if that is new.
func (s *session) setViewer(v *viewer.Viewer) {
	s.expiry.Reset(s.timeLeft(v))
	old := s.viewer.Load()
	if same(old, v) {
		return
	}
	s.viewer.Store(v)
	next := make(chan struct{})
	close(*s.changed.Swap(&next))
}

// Changed implements viewer.Live.
func (s *session) Changed() <-chan struct{} { return *s.changed.Load() }

// same reports whether two viewers may see and do the same.
func same(a, b *viewer.Viewer) bool {
	return a.Kind == b.Kind && a.ActorID == b.ActorID && a.OwnContacts == b.OwnContacts && slices.Equal(a.InboxIDs, b.InboxIDs) && slices.Equal(a.Scopes, b.Scopes)
}
