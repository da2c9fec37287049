package reaction_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/internal/clock"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(dropping{m}) }

// dropping drops the databases after the tests.
type dropping struct{ m *testing.M }

func (d dropping) Run() int { return testkit.Main(d.m) }

// patience bounds a wait that a broken engine would not end.
const patience = 60 * time.Second

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// stage is an empty database with a clock that stands still until it is turned,
// and a bus that can be cut.
type stage struct {
	*store.Store
	statements testkit.Statements
	clock      *clock.Turned
	bus        *localBus
	logged     *logged
	t          *testing.T
}

func eachStage(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Helper()
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := &stage{clock: clock.At(monday), bus: &localBus{}, logged: &logged{}, t: t}
		s.Store = db.Open(t, s.clock, s.statements.Trace)
		test(t, s)
	})
}

// localBus carries messages within the test, or none.
type localBus struct {
	mu        sync.Mutex
	cut       bool
	listeners []func([]byte)
}

func (b *localBus) Publish(subject string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if subject == "reactions" && !b.cut {
		for _, deliver := range b.listeners {
			deliver(data)
		}
	}
	return nil
}

func (b *localBus) Listen(subject string, deliver func([]byte)) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if subject == "reactions" {
		b.listeners = append(b.listeners, deliver)
	}
	return func() {}, nil
}

func (b *localBus) cutOff() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cut = true
}

// logged keeps what is logged.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(line))
	return len(line), nil
}

func (l *logged) has(words ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.lines, func(line string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) })
	})
}

// node is an engine that runs by hand.
type node struct {
	*reaction.Engine
	s    *stage
	stop func() // and waits
}

// node starts an engine. Whoever is started last hears of the commits at once;
// the others hear of them by the bus.
func (s *stage) node(consumers ...reaction.Consumer) *node { return s.nodeFor(time.Hour, consumers...) }

func (s *stage) nodeFor(lease time.Duration, consumers ...reaction.Consumer) *node {
	s.t.Helper()
	n := &node{Engine: s.engine(consumers...), s: s}
	n.ByHand(lease)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	feed := event.NewFeed(s.Store, s.bus, slog.New(slog.DiscardHandler))
	go func() {
		defer close(ended)
		n.Run(ctx, feed, s.bus)
	}()
	n.stop = sync.OnceFunc(func() {
		cancel()
		wait(s.t, ended)
	})
	s.t.Cleanup(n.stop)
	wait(s.t, n.Started())
	n.Settle()
	return n
}

// engine is one that does not run.
func (s *stage) engine(consumers ...reaction.Consumer) *reaction.Engine {
	e := reaction.New(s.Store, slog.New(slog.NewTextHandler(s.logged, nil)))
	for _, c := range consumers {
		e.Register(c)
	}
	return e
}

// sweep has the node look for what no one reported, and handle it.
func (n *node) sweep() {
	n.Sweep(n.s.t.Context())
	n.Settle()
}

func wait(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("nothing happened")
	}
}

// account makes an account and returns its fixture.
func (s *stage) account() *testkit.Fixture { return testkit.Account(s.t, s.Store) }

// write appends events to an account's log with one commit.
func (s *stage) write(f *testkit.Fixture, events ...store.Event) {
	s.t.Helper()
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		for _, e := range events {
			tx.Append(ctx, e)
		}
		return nil
	})
}

// message is an event of the i-th conversation.
func message(f *testkit.Fixture, i int) store.Event {
	return store.Event{Type: vocab.MessageCreated, InboxID: f.InboxIDs[i/2], ConversationID: f.ConversationIDs[i]}
}

// team is an event that belongs to no conversation.
func team() store.Event { return store.Event{Type: vocab.TeamCreated} }

// handled keeps which events a consumer handled, as "account/sequence".
type handled struct {
	mu   sync.Mutex
	list []string
	// fails says for an event whether its handler fails.
	fails func(e *event.Entry) error
}

// consumer makes a consumer that keeps what it handles.
func (h *handled) consumer(name string, types ...vocab.EventType) reaction.Consumer {
	return reaction.Consumer{Name: name, Types: types, Handle: func(ctx context.Context, e *event.Entry) error {
		v := viewer.FromContext(ctx)
		if v.Kind != viewer.SystemKind || v.ActorID != name || v.AccountID != e.AccountID {
			return fmt.Errorf("the handler's viewer is %v", v)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.fails != nil {
			if err := h.fails(e); err != nil {
				return err
			}
		}
		h.list = append(h.list, fmt.Sprint(e.AccountID, "/", e.Sequence))
		return nil
	}}
}

// setFails changes which events fail.
func (h *handled) setFails(fails func(e *event.Entry) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fails = fails
}

// of returns the numbers of an account's events that were handled since the last
// call, in their order.
func (h *handled) of(f *testkit.Fixture) []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine := []int{}
	rest := []string{}
	for _, line := range h.list {
		account, number, _ := strings.Cut(line, "/")
		if account != f.AccountID {
			rest = append(rest, line)
			continue
		}
		var n int
		_, _ = fmt.Sscan(number, &n)
		mine = append(mine, n)
	}
	h.list = rest
	return mine
}

// mark is a consumer's stored mark in an account; -1: none.
func (s *stage) mark(f *testkit.Fixture, consumer string) int64 {
	s.t.Helper()
	list, err := s.Numbers(s.t.Context(), "SELECT mark FROM reaction_marks WHERE account_id = $1 AND consumer = $2", f.AccountID, consumer)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(list) == 0 {
		return -1
	}
	return list[0]
}

func (s *stage) parked(e *reaction.Engine) []reaction.Parked {
	s.t.Helper()
	list, err := e.Parked(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}
