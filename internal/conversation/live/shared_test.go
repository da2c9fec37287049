package live_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// unasked leaves out how nodes compare their positions, which goes by the clock.
func unasked(list []string) []string {
	return slices.DeleteFunc(list, func(q string) bool { return strings.HasPrefix(q, "SELECT id, sequence FROM account_sequences") })
}

// Many who look at the same cost what one costs: an event's conversation is
// loaded once, also by different views, and all get the same updates.
func TestViewersShareWatches(t *testing.T) {
	t.Parallel()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) {
		s := stageOn(d, &wire{})
		hello := func() { s.AgentSays(s.Agent(0), s.ConversationIDs[0], "Hello") }
		hello()
		alone := unasked(asked.Of(hello))
		var screens []*screen
		for i := range 20 {
			screens = append(screens, s.watches(newPerson(s.Agent(i%2)), view.Selection{InboxID: &s.InboxIDs[0]}, 5))
		}
		for _, shown := range desk.BuiltInViews {
			screens = append(screens, s.watches(newPerson(s.Agent(0)), view.Selection{View: shown}, 5))
		}
		for _, c := range screens {
			c.sees()
		}
		check.Same(t, s.live.Watches(), 1+len(desk.BuiltInViews))
		head := s.head() + 1
		var first live.ViewUpdate
		told := unasked(asked.Of(func() {
			hello()
			for i, c := range screens {
				updates := check.Must(c.Until(t.Context(), head))(t)
				if i == 0 {
					first = updates[0]
				}
				if i < 20 && (len(updates) != 1 || updates[0] != first) {
					t.Error("members of a watch got different updates")
				}
			}
		}))
		if len(told) != len(alone)+1 {
			t.Errorf("%d statements, without watchers %d: %q", len(told), len(alone), told)
		}
	})
}

// Two nodes on one database, between which nothing is carried: each finds what
// the other did.
func TestViewOnAnotherNode(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() == "" {
			t.Skip("SQLite has one node")
		}
		turned := clock.At(desk.Monday)
		here := stageOn(desk.On(t, db.Open(t, turned), turned), &wire{})
		other := *here.Desk
		fixture := *here.Fixture
		fixture.Store = db.Open(t, turned)
		other.Fixture, other.Service = &fixture, desk.Conversations(fixture.Store, conversation.Deps{Viewers: other.Viewers})
		there := stageOn(&other, &wire{})
		c := there.watches(newPerson(there.Agent(0)), view.Selection{}, 1)
		c.right("at first")
		for range 5 {
			here.StartChat(0, "Hello")
			here.MustClose(here.ConversationIDs[0])
			there.feed.Check(t.Context())
			c.right("what happened elsewhere")
		}
	})
}

// What goes wrong with the database, or in a watch, is told as a reset, and a
// new snapshot follows: never silence (NT-5).
func TestViewWithoutADatabase(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		var broken atomic.Int64
		trap := func(o *store.Options) {
			o.Trace = func(query string) {
				// A watch alone walks lists here.
				if strings.HasPrefix(strings.TrimPrefix(query, "("), "SELECT c.id, c.") && broken.Add(-1) >= 0 {
					panic("the database is gone")
				}
			}
		}
		turned := clock.At(desk.Monday)
		s := stageOn(desk.On(t, db.Open(t, turned, trap), turned), &wire{})
		s.live.LimitSpare(0)
		open := view.Selection{InboxID: &s.InboxIDs[0], Filter: view.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}}
		c := s.watches(newPerson(s.Agent(0)), open, 1)
		c.right("at first")
		broken.Store(2)
		s.MustClose(s.ConversationIDs[0])
		s.MustClose(s.ConversationIDs[1])
		c.sees()
		check.Same(t, c.resets, 1)
		broken.Store(0)
		c.right("afterwards")
		broken.Store(1 << 30)
		other := open
		other.View = vocab.ViewChat
		stream := check.Must(s.live.View(s.Agent(0), other, nil, false))(t)
		defer stream.Close()
		_, err := stream.Next(t.Context())
		check.Refused(t, err, errs.Unavailable)
		broken.Store(0)
	})
}

// The log says what lost the database: a view or counts, of which account, and why.
func TestLogNamesTheFollower(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		var broken atomic.Bool
		trap := func(o *store.Options) {
			o.Trace = func(query string) {
				if broken.Load() && (strings.Contains(query, "SELECT c.id, c.") || strings.HasPrefix(query, "SELECT id, folder, kind")) {
					panic("the database is gone")
				}
			}
		}
		turned := clock.At(desk.Monday)
		s := stageOn(desk.On(t, db.Open(t, turned, trap), turned), &wire{})
		lost := make(lostLog, 100)
		l := live.New(s.Store, s.feed, slog.New(lost))
		defer l.Close()
		broken.Store(true)
		views := check.Must(l.View(s.Agent(0), view.Selection{View: vocab.ViewMine}, nil, false))(t)
		defer views.Close()
		check.Same(t, <-lost, "live view ASSIGNED_TO_ME of account "+s.AccountID+": panic: the database is gone")
		counts := check.Must(l.Counts(s.Agent(0), s.InboxIDs[0]))(t)
		defer counts.Close()
		want := "counts of inbox " + s.InboxIDs[0] + " of account " + s.AccountID + ": panic: the database is gone"
		for got := range lost {
			if strings.HasPrefix(got, "counts") {
				check.Same(t, got, want)
				break
			}
		}
		broken.Store(false)
	})
}

// lostLog gets the errors that the log is told.
type lostLog chan string

func (l lostLog) Enabled(context.Context, slog.Level) bool { return true }
func (l lostLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l lostLog) WithGroup(string) slog.Handler            { return l }

func (l lostLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			l <- a.Value.String()
		}
		return true
	})
	return nil
}

// A stream that ends leaves nothing behind. It looks at all goroutines, so that
// no other test may run meanwhile.
func TestViewsEnd(t *testing.T) {
	turned := clock.At(desk.Monday)
	d := desk.On(t, testkit.Database{Name: "sqlite"}.Open(t, turned), turned)
	d.MustClose(d.ConversationIDs[0])
	before := goleak.IgnoreCurrent()
	feed := event.NewFeed(d.Store, &wire{}, slog.New(slog.DiscardHandler))
	live := live.New(d.Store, feed, slog.New(slog.DiscardHandler))
	for i := range 30 {
		stream := check.Must(live.View(d.Agent(i%2), view.Selection{View: desk.BuiltInViews[i%8]}, nil, i%3 == 0))(t)
		if i%2 == 0 {
			check.Must(stream.Next(t.Context()))(t)
		}
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := stream.Next(stopped); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		stream.Close()
		stream.Close()
	}
	check.Same(t, live.Watches(), 0)
	live.Wait()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	feed.Run(stopped)
	goleak.VerifyNone(t, before)
}

// Close waits for what follows the log, also for streams that are still open, and
// nothing follows it afterwards.
func TestClose(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		open := check.Must(s.live.View(s.Agent(0), view.Selection{View: vocab.ViewAll}, nil, false))(t)
		defer open.Close()
		check.Must(open.Next(t.Context()))(t)
		ended := make(chan struct{})
		s.live.Run(func(ctx context.Context) { <-ctx.Done(); close(ended) })
		s.live.Close()
		select {
		case <-ended:
		default:
			t.Error("Close returned while something still followed the log")
		}
		late := check.Must(s.live.View(s.Agent(1), view.Selection{View: vocab.ViewTrash}, nil, false))(t)
		defer late.Close()
		s.live.Wait()
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		if update, err := late.Next(stopped); !errors.Is(err, context.Canceled) {
			t.Errorf("a view that began after Close got %v (%v), want nothing", update, err)
		}
	})
}
