package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// badBus is a bus between feeds that loses, doubles and reorders what it
// carries: each message has a fate.
type badBus struct {
	mu        sync.Mutex
	listeners map[string]map[*func([]byte)]struct{}
	fate      func() (times int, late bool)
	held      [][]byte
}

func newBus(fate func() (int, bool)) *badBus {
	return &badBus{listeners: map[string]map[*func([]byte)]struct{}{}, fate: fate}
}

func reliable() (int, bool) { return 1, false }
func dead() (int, bool)     { return 0, false }

func (b *badBus) Publish(subject string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	times, late := b.fate()
	if late {
		b.held = append(b.held, data)
		return nil
	}
	for range times {
		b.give(subject, data)
	}
	for _, old := range b.held {
		b.give(subject, old)
	}
	b.held = nil
	if times == 0 {
		return errors.New("the bus is down")
	}
	return nil
}

func (b *badBus) give(subject string, data []byte) {
	for l := range b.listeners[subject] {
		(*l)(data)
	}
}

func (b *badBus) Listen(subject string, deliver func([]byte)) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners[subject] == nil {
		b.listeners[subject] = map[*func([]byte)]struct{}{}
	}
	b.listeners[subject][&deliver] = struct{}{}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.listeners[subject], &deliver)
	}, nil
}

// node is a reader with a feed of its own on a shared database.
type node struct {
	*reader
	feed *event.Feed
}

func eachNode(t *testing.T, fate func() (int, bool), test func(t *testing.T, n *node, bus *badBus)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		bus := newBus(fate)
		n := &node{
			reader: &reader{Fixture: testkit.Account(t, s), Service: event.New(s), t: t},
			feed:   event.NewFeed(s, bus, slog.New(slog.DiscardHandler)),
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { n.feed.Run(ctx) })
		t.Cleanup(func() { cancel(); running.Wait() })
		test(t, n, bus)
	})
}

func (n *node) follow(conversationID string, after *int64) *event.Reader {
	n.t.Helper()
	r, err := n.feed.Follow(n.t.Context(), event.Topic{AccountID: n.AccountID, ConversationID: conversationID}, after)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(r.Close)
	return r
}

// take reads the next events of a reader, up to a number.
func (n *node) take(r *event.Reader, to int64) []int64 {
	n.t.Helper()
	var got []int64
	for len(got) == 0 || got[len(got)-1] < to {
		e, err := r.Next(n.t.Context())
		if err != nil {
			n.t.Error(err)
			return got
		}
		got = append(got, e.Sequence)
	}
	return got
}

func count(from, to int64) []int64 {
	list := []int64{}
	for i := from; i <= to; i++ {
		list = append(list, i)
	}
	return list
}

func at(n int64) *int64 { return &n }

// NT-3, pitfall 1: whatever the bus loses, doubles or reorders, each reader gets
// each event once and in order, from the position that it asked for.
func TestFeedIsExact(t *testing.T) {
	t.Parallel()
	fates := map[string]func() (int, bool){
		"reliable": reliable,
		"dead":     dead,
		"wild":     func() (int, bool) { return rand.IntN(3), rand.IntN(4) == 0 },
	}
	for name, fate := range fates {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachNode(t, fate, func(t *testing.T, n *node, _ *badBus) {
				for range 30 {
					n.append(store.Event{Type: vocab.TeamCreated})
				}
				const last = 30 + 4*50
				var all sync.WaitGroup
				for i := range 20 {
					all.Go(func() {
						after := int64(i)
						if got := n.take(n.follow("", at(after)), last); !cmp.Equal(got, count(after+1, last)) {
							t.Errorf("after %d: %v", after, got)
						}
					})
				}
				for range 4 {
					all.Go(func() {
						for range 50 {
							n.append(store.Event{Type: vocab.TeamUpdated})
						}
					})
				}
				all.Wait()
			})
		})
	}
}

// A reader that stands still while more is committed than the node remembers
// goes on from the table, and misses nothing.
func TestFeedCatchesUp(t *testing.T) {
	t.Parallel()
	eachNode(t, reliable, func(t *testing.T, n *node, _ *badBus) {
		slow, quick := n.follow("", nil), n.follow("", nil)
		one := n.follow(n.ConversationIDs[0], nil)
		for i := range 6 {
			batch := make([]store.Event, 700)
			for j := range batch {
				batch[j] = store.Event{Type: vocab.ConversationUpdated, InboxID: n.InboxIDs[0], ConversationID: n.ConversationIDs[j%2]}
			}
			n.append(batch...)
			same(t, n.take(quick, int64(700*(i+1))), count(int64(700*i+1), int64(700*(i+1))))
		}
		same(t, n.take(slow, 4200), count(1, 4200))
		own := n.take(one, 4199)
		if len(own) != 2100 || own[0] != 1 || own[1] != 3 {
			t.Errorf("the conversation's reader got %d events, from %v", len(own), own[:2])
		}
	})
}

// Two readers of one topic share each event, and what is derived of it.
func TestEntriesAreShared(t *testing.T) {
	t.Parallel()
	eachNode(t, reliable, func(t *testing.T, n *node, _ *badBus) {
		a, b := n.follow("", nil), n.follow("", nil)
		n.append(store.Event{Type: vocab.TeamCreated})
		first, err := a.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.Next(t.Context())
		if err != nil || first != second {
			t.Fatalf("%p and %p, %v", first, second, err)
		}
		made := 0
		failing := errors.New("not now")
		derive := func(err error) (*int, error) {
			return event.Derive(first, "key", func() (*int, error) { made++; return &made, err })
		}
		if _, err := derive(failing); !errors.Is(err, failing) {
			t.Errorf("the error is %v", err)
		}
		for range 3 {
			if _, err := derive(nil); err != nil {
				t.Error(err)
			}
		}
		if made != 2 {
			t.Errorf("derived %d times, want once failing and once for all", made)
		}
	})
}

// A position below the log's floor is expired, one beyond its end never was; a
// log that is cut off behind a reader that stands still ends its stream.
func TestFeedBounds(t *testing.T) {
	t.Parallel()
	eachNode(t, dead, func(t *testing.T, n *node, _ *badBus) {
		for range 5 {
			n.append(store.Event{Type: vocab.TeamCreated})
		}
		still := n.follow("", at(1))
		n.Write(n.System, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, "DELETE FROM events WHERE account_id = $1 AND sequence <= 3", n.AccountID); err != nil {
				return err
			}
			return tx.Client.AccountSequence.UpdateOneID(n.AccountID).SetLogFloor(3).Exec(ctx)
		})
		if _, err := still.Next(t.Context()); !errs.Is(err, errs.CursorExpired) {
			t.Errorf("a reader whose log was cut off: %v", err)
		}
		for after, code := range map[int64]errs.Code{0: errs.CursorExpired, 2: errs.CursorExpired, 6: errs.Invalid} {
			_, err := n.feed.Follow(t.Context(), event.Topic{AccountID: n.AccountID}, &after)
			if !errs.Is(err, code) || errs.Of(err).Field[0] != "after" {
				t.Errorf("after %d: %v", after, err)
			}
		}
		same(t, n.take(n.follow("", at(3)), 5), []int64{4, 5})
	})
}

// AC-1, AC-3, IN-15: what Visible says of an event is what the fence in storage
// says of it.
func TestVisibleIsTheFence(t *testing.T) {
	t.Parallel()
	eachNode(t, reliable, func(t *testing.T, n *node, _ *badBus) {
		var all []store.Event
		for _, inbox := range []string{"", n.InboxIDs[0], n.InboxIDs[1]} {
			for _, conversation := range []string{"", n.ConversationIDs[0], n.ConversationIDs[2]} {
				for _, user := range []string{"", n.AdminID, n.AgentIDs[0]} {
					all = append(all, store.Event{Type: vocab.ConversationUpdated, InboxID: inbox, ConversationID: conversation, UserID: user})
				}
			}
		}
		n.append(all...)
		for name, ctx := range map[string]context.Context{"admin": n.Admin, "agent": n.Agent(0), "agent of both": n.Agent(1), "system": n.System} {
			stream, err := n.feed.Watch(ctx, at(0), event.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range n.list(ctx, 0, 100, event.Filter{}).Edges {
				got, err := stream.Next(ctx)
				if err != nil || got.ID != want.Node.ID {
					t.Errorf("%s: got %v, want %v, %v", name, got, want.Node, err)
				}
			}
			stream.Close()
		}
	})
}

// AC-11: those who listen for changes of what someone may see hear of them
// before a reader gets the event.
func TestAuthorityComesFirst(t *testing.T) {
	t.Parallel()
	eachNode(t, reliable, func(t *testing.T, n *node, _ *badBus) {
		var mu sync.Mutex
		heard := map[int64]bool{}
		stop, err := n.feed.OnAuthority(t.Context(), n.AccountID, func(sequence int64) {
			mu.Lock()
			defer mu.Unlock()
			heard[sequence] = true
		})
		if err != nil {
			t.Fatal(err)
		}
		r := n.follow("", nil)
		for range 20 {
			n.append(store.Event{Type: vocab.TeamCreated}, store.Event{Type: vocab.MemberRemoved, InboxID: n.InboxIDs[0]})
		}
		for range 40 {
			e, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			if heard[e.Sequence] != (e.Type == vocab.MemberRemoved) {
				t.Errorf("event %d, %s: heard %v", e.Sequence, e.Type, heard[e.Sequence])
			}
			mu.Unlock()
		}
		stop()
		n.append(store.Event{Type: vocab.MemberRemoved, InboxID: n.InboxIDs[0]})
		if n.take(r, 41); heard[41] {
			t.Error("heard after it was stopped")
		}
	})
}

// What is published of an event is all of it.
func TestPublishedIsWhole(t *testing.T) {
	t.Parallel()
	eachNode(t, reliable, func(t *testing.T, n *node, bus *badBus) {
		published := make(chan *ent.Event, 10)
		if _, err := bus.Listen("log."+n.AccountID, func(data []byte) {
			var events []*ent.Event
			if err := json.Unmarshal(data, &events); err != nil {
				t.Error(err)
			}
			for _, e := range events {
				published <- e
			}
		}); err != nil {
			t.Fatal(err)
		}
		n.append(store.Event{
			Type: vocab.ConversationUpdated, InboxID: n.InboxIDs[0], ConversationID: n.ConversationIDs[0], MessageID: "message_1",
			SubjectID: "contact_1", UserID: n.AdminID, Revision: 7,
		})
		got, want := <-published, n.list(n.Admin, 0, 1, event.Filter{}).Edges[0].Node
		gotText, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		wantText, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		same(t, string(gotText), string(wantText))
	})
}
