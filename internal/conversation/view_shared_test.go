package conversation_test

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
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit"
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
	eachCountedDesk(t, func(t *testing.T, d *desk, asked *testkit.Statements) {
		s := stageOn(d, &wire{})
		hello := func() { s.says(s.Agent(0), s.ConversationIDs[0], "Hello") }
		hello()
		alone := unasked(asked.Of(hello))
		var screens []*screen
		for i := range 20 {
			screens = append(screens, s.watches(newPerson(s.Agent(i%2)), conversation.Selection{InboxID: &s.InboxIDs[0]}, 5))
		}
		for _, view := range views {
			screens = append(screens, s.watches(newPerson(s.Agent(0)), conversation.Selection{View: view}, 5))
		}
		for _, c := range screens {
			c.sees()
		}
		same(t, s.live.Watches(), 1+len(views))
		head := s.head() + 1
		var first conversation.ViewUpdate
		told := unasked(asked.Of(func() {
			hello()
			for i, c := range screens {
				updates := must(c.Until(t.Context(), head))(t)
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
		turned := clock.At(monday)
		here := stageOn(deskOn(t, db.Open(t, turned), turned), &wire{})
		other := *here.desk
		fixture := *here.Fixture
		fixture.Store = db.Open(t, turned)
		other.Fixture, other.Service = &fixture, conversation.New(fixture.Store, other.viewers)
		there := stageOn(&other, &wire{})
		c := there.watches(newPerson(there.Agent(0)), conversation.Selection{}, 1)
		c.right("at first")
		for range 5 {
			here.begin(0, "Hello")
			here.closes(here.ConversationIDs[0])
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
		turned := clock.At(monday)
		s := stageOn(deskOn(t, db.Open(t, turned, trap), turned), &wire{})
		s.LimitSpare(0)
		open := conversation.Selection{InboxID: &s.InboxIDs[0], Filter: conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}}
		c := s.watches(newPerson(s.Agent(0)), open, 1)
		c.right("at first")
		broken.Store(2)
		s.closes(s.ConversationIDs[0])
		s.closes(s.ConversationIDs[1])
		c.sees()
		same(t, c.resets, 1)
		broken.Store(0)
		c.right("afterwards")
		broken.Store(1 << 30)
		other := open
		other.View = vocab.ViewChat
		stream := must(s.live.View(s.Agent(0), other, nil, false))(t)
		defer stream.Close()
		_, err := stream.Next(t.Context())
		refused(t, err, errs.Unavailable)
		broken.Store(0)
	})
}

// A stream that ends leaves nothing behind. It looks at all goroutines, so that
// no other test may run meanwhile.
func TestViewsEnd(t *testing.T) {
	turned := clock.At(monday)
	d := deskOn(t, testkit.Database{Name: "sqlite"}.Open(t, turned), turned)
	d.closes(d.ConversationIDs[0])
	before := goleak.IgnoreCurrent()
	feed := event.NewFeed(d.Store, &wire{}, slog.New(slog.DiscardHandler))
	live := conversation.NewLive(d.Service, feed)
	for i := range 30 {
		stream := must(live.View(d.Agent(i%2), conversation.Selection{View: views[i%8]}, nil, i%3 == 0))(t)
		if i%2 == 0 {
			must(stream.Next(t.Context()))(t)
		}
		stopped, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := stream.Next(stopped); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		stream.Close()
		stream.Close()
	}
	same(t, live.Watches(), 0)
	live.Wait()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	feed.Run(stopped)
	goleak.VerifyNone(t, before)
}
