package presence_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"parley/internal/bus"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/presence"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

func TestMain(m *testing.M) {
	code := testkit.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error())
		code = 1
	}
	os.Exit(code)
}

// wire is a bus within the test, which can be cut.
type wire struct {
	mu        sync.Mutex
	listeners map[string][]*func([]byte)
	published [][]byte
	cut       bool
	refuse    error
}

func newWire() *wire { return &wire{listeners: map[string][]*func([]byte){}} }

func (w *wire) Publish(subject string, data []byte) error {
	w.mu.Lock()
	if w.cut {
		w.mu.Unlock()
		return errors.New("cut")
	}
	w.published = append(w.published, data)
	listeners := slices.Clone(w.listeners[subject])
	w.mu.Unlock()
	for _, l := range listeners {
		(*l)(data)
	}
	return nil
}

func (w *wire) Listen(subject string, deliver func([]byte)) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		return nil, w.refuse
	}
	w.listeners[subject] = append(w.listeners[subject], &deliver)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.listeners[subject] = slices.DeleteFunc(w.listeners[subject], func(l *func([]byte)) bool { return l == &deliver })
	}, nil
}

func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
}

// count returns how many messages were published that contain a text.
func (w *wire) count(text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, p := range w.published {
		if strings.Contains(string(p), text) {
			n++
		}
	}
	return n
}

// nats is the real bus.
type nats struct{ *bus.Bus }

func (n nats) Listen(subject string, deliver func([]byte)) (func(), error) {
	s, err := n.Subscribe(subject, deliver)
	if err != nil {
		return nil, err
	}
	return s.Close, nil
}

// world is an account on two nodes.
type world struct {
	*testkit.Fixture
	a, b *presence.Service
	wire *wire
}

func newWorld(t testing.TB, s *store.Store) *world {
	w := newWire()
	return &world{testkit.Account(t, s), node(s, w), node(s, w), w}
}

func node(s *store.Store, b presence.Bus) *presence.Service {
	return presence.New(s, b, slog.New(slog.DiscardHandler))
}

// inTime runs a test on SQLite in a bubble, where time passes as it is waited for.
func inTime(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		test(t, newWorld(t, testkit.Database{Name: "sqlite"}.Open(t, clock.System{})))
	})
}

// onBoth runs a test on both databases, and on the real bus and the test's.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		t.Run("wire", func(t *testing.T) { test(t, newWorld(t, s)) })
		t.Run("nats", func(t *testing.T) {
			b, err := bus.Open(bus.Options{Name: "test", Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close() })
			test(t, &world{Fixture: testkit.Account(t, s), a: node(s, nats{b}), b: node(s, nats{b})})
		})
	})
}

func watch(ctx context.Context, t testing.TB, s *presence.Service, conversation string, viewing bool) *presence.Stream {
	t.Helper()
	st, err := s.Watch(ctx, conversation, viewing)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	return st
}

// visit follows the visitor's conversation i as visitor i.
func (w *world) visit(t testing.TB, s *presence.Service, i int) *presence.Typing {
	t.Helper()
	st, err := s.WatchVisitor(w.Visitor(i), w.AccountID, w.InboxIDs[i/2], w.ConversationIDs[i])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	return st
}

func typing(ctx context.Context, t testing.TB, s *presence.Service, conversation string, on, note bool) {
	t.Helper()
	if err := s.SetTyping(ctx, presence.SetTypingInput{ConversationID: conversation, Typing: on, Note: &note}); err != nil {
		t.Fatal(err)
	}
}

// anywhere compares presences whatever the conversation: a stream has one only.
var anywhere = cmpopts.IgnoreFields(presence.Presence{}, "ConversationID")

// who is the expected presence of a context's viewer.
func who(ctx context.Context, viewing, typing bool) *presence.Presence {
	v := viewer.FromContext(ctx)
	return &presence.Presence{Kind: v.Kind, ActorID: v.ActorID, Viewing: viewing, Typing: typing}
}

func sorted(list []*presence.Presence) []*presence.Presence {
	list = append([]*presence.Presence{}, list...)
	slices.SortFunc(list, func(a, b *presence.Presence) int { return strings.Compare(a.ActorID, b.ActorID) })
	return list
}

// reach reads a stream until its roster is the expected one, and returns it.
func reach(t testing.TB, st *presence.Stream, want ...*presence.Presence) *presence.Roster {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var last *presence.Roster
	for {
		got, err := st.Next(ctx)
		if err != nil {
			t.Fatalf("%v; the last roster: %s", err, cmp.Diff(sorted(want), last.List, anywhere))
		}
		if last = got; cmp.Equal(got.List, sorted(want), anywhere) {
			return got
		}
	}
}

// latest reads what a stream has to tell now; nil: nothing new.
func latest(t testing.TB, st *presence.Stream) *presence.Roster {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var last *presence.Roster
	for {
		got, err := st.Next(ctx)
		if err != nil {
			return last
		}
		last = got
	}
}

// is checks what a stream has to tell now.
func is(t testing.TB, st *presence.Stream, want ...*presence.Presence) {
	t.Helper()
	settle()
	got := latest(t, st)
	if got == nil {
		t.Fatal("nothing new was told")
	}
	if diff := cmp.Diff(sorted(want), got.List, anywhere); diff != "" {
		t.Fatalf("roster (-want +got):\n%s", diff)
	}
}

// silent checks that a stream has nothing new to tell.
func silent(t testing.TB, st *presence.Stream) {
	t.Helper()
	settle()
	if got := latest(t, st); got != nil {
		t.Fatalf("unexpected: %s", cmp.Diff([]*presence.Presence{}, got.List))
	}
}

// next checks the next that a visitor is told: that someone types, or stopped.
func next(t testing.TB, st *presence.Typing, want *presence.Presence) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	got, err := st.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&presence.TypingChange{Kind: want.Kind, ActorID: want.ActorID, Typing: want.Typing}, got); diff != "" {
		t.Fatalf("typing (-want +got):\n%s", diff)
	}
}

func nothing(t testing.TB, st *presence.Typing) {
	t.Helper()
	settle()
	if got, _, err := st.Peek(); got != nil || err != nil {
		t.Fatalf("the visitor was told %+v, %v", got, err)
	}
}

func refused(t testing.TB, err error, code errs.Code) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Fatalf("got %v, want %s", err, code)
	}
}
