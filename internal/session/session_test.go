package session_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/session"
	"parley/internal/viewer"
)

// desk says who has which token, and tells of changes.
type desk struct {
	mu        sync.Mutex
	viewer    viewer.Viewer
	err       error
	asked     int
	listeners map[*func(int64)]struct{}
}

func newDesk() *desk {
	return &desk{
		viewer:    viewer.Viewer{Kind: viewer.Agent, AccountID: "account_1", ActorID: "user_1", TokenID: "token_1", InboxIDs: []string{"inbox_1", "inbox_2"}},
		listeners: map[*func(int64)]struct{}{},
	}
}

func (d *desk) Authenticate(context.Context, string) (*viewer.Viewer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.err != nil {
		return nil, d.err
	}
	v := d.viewer
	return &v, nil
}

func (d *desk) OnAuthority(_ context.Context, _ string, changed func(int64)) (func(), error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listeners[&changed] = struct{}{}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.listeners, &changed)
	}, nil
}

// change alters what is known, and tells of it as the log does.
func (d *desk) change(alter func(d *desk)) {
	d.mu.Lock()
	alter(d)
	told := make([]func(int64), 0, len(d.listeners))
	for l := range d.listeners {
		told = append(told, *l)
	}
	d.mu.Unlock()
	for _, l := range told {
		l(7)
	}
}

func (d *desk) counts() (asked, listeners int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked, len(d.listeners)
}

func begin(t *testing.T, all *session.Sessions, d *desk) (context.Context, viewer.Live, func()) {
	t.Helper()
	v := d.viewer
	ctx, end := all.Begin(t.Context(), "bearer", &v)
	return ctx, viewer.LiveFrom(ctx), end
}

func inboxes(t *testing.T, l viewer.Live, sequence int64) int {
	t.Helper()
	v, err := l.At(t.Context(), sequence)
	if err != nil {
		t.Fatal(err)
	}
	return len(v.InboxIDs)
}

// AC-11: after an event that may have changed the viewer, no one who asks for a
// position of the log gets the old one, and who waits is woken.
func TestViewerChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		all := session.New(d, d, clock.System{})
		ctx, l, end := begin(t, all, d)
		defer end()
		if n := inboxes(t, l, 5); n != 2 {
			t.Errorf("sees %d inboxes at first", n)
		}
		woken := l.Changed()
		d.change(func(d *desk) { d.viewer.InboxIDs = []string{"inbox_1"} })
		if n := inboxes(t, l, 7); n != 1 {
			t.Errorf("sees %d inboxes after the event", n)
		}
		<-woken
		synctest.Wait()
		woken = l.Changed()
		d.change(func(*desk) {})
		synctest.Wait()
		select {
		case <-woken:
			t.Error("woken, though nothing changed")
		default:
		}
		if ctx.Err() != nil {
			t.Error("the session ended")
		}
	})
}

// AC-9: a token that is revoked, or expires, ends all its connections, with the
// reason.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	gone := errs.New(errs.Unauthenticated, "The token was revoked.")
	for name, end := range map[string]func(d *desk){
		"revoked": func(d *desk) { d.change(func(d *desk) { d.err = gone }) },
		"expired": func(d *desk) {
			d.mu.Lock()
			d.err = gone
			d.mu.Unlock()
			<-time.After(2 * time.Hour) // by the test's own clock
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk()
				d.viewer.ExpiresAt = time.Now().Add(time.Hour)
				all := session.New(d, d, clock.System{})
				first, l, endFirst := begin(t, all, d)
				second, _, endSecond := begin(t, all, d)
				end(d)
				synctest.Wait()
				for _, ctx := range []context.Context{first, second} {
					if !errs.Is(context.Cause(ctx), errs.Unauthenticated) {
						t.Errorf("ended with %v", context.Cause(ctx))
					}
				}
				if _, err := l.At(t.Context(), 0); !errs.Is(err, errs.Unauthenticated) {
					t.Errorf("the viewer is still there: %v", err)
				}
				endFirst()
				endSecond()
			})
		})
	}
}

// While the database does not answer, no one goes past the event; then all go on.
func TestAsksAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		ctx, l, end := begin(t, session.New(d, d, clock.System{}), d)
		defer end()
		d.change(func(d *desk) { d.err = errors.New("connection refused") })
		if _, err := l.At(t.Context(), 7); !errs.Is(err, errs.Unavailable) {
			t.Errorf("went on with %v", err)
		}
		woken := l.Changed()
		d.mu.Lock()
		d.err, d.viewer.InboxIDs = nil, nil
		d.mu.Unlock()
		<-woken
		if n := inboxes(t, l, 0); n != 0 || ctx.Err() != nil {
			t.Errorf("sees %d inboxes, %v", n, ctx.Err())
		}
	})
}

// Connections of one token share a session, which asks once for all of them, and
// leaves nothing behind.
func TestShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		all := session.New(d, d, clock.System{})
		ends := make([]func(), 100)
		for i := range ends {
			_, _, ends[i] = begin(t, all, d)
		}
		d.change(func(*desk) {})
		synctest.Wait()
		if asked, listeners := d.counts(); asked != 2 || listeners != 1 {
			t.Errorf("asked %d times, %d listeners", asked, listeners)
		}
		for _, end := range ends {
			end()
			end()
		}
		if _, listeners := d.counts(); listeners != 0 {
			t.Errorf("%d listeners are left", listeners)
		}
	})
}

// Whoever has no token stays who they are; one whose token ended before the
// session began does not begin.
func TestBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		all := session.New(d, d, clock.System{})
		ctx, end := all.Begin(viewer.NewContext(t.Context(), viewer.Anonymous()), "", viewer.Anonymous())
		if v, err := viewer.LiveFrom(ctx).At(ctx, 9); err != nil || v.Kind != viewer.Anyone {
			t.Errorf("%v, %v", v, err)
		}
		end()
		d.err = errs.New(errs.Unauthenticated, "The token expired.")
		refused, _, endRefused := begin(t, all, d)
		defer endRefused()
		if !errs.Is(context.Cause(refused), errs.Unauthenticated) {
			t.Errorf("began with %v", context.Cause(refused))
		}
		if _, listeners := d.counts(); listeners != 0 {
			t.Errorf("%d listeners are left", listeners)
		}
	})
}
