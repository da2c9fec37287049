package reaction_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/internal/event"
	"parley/internal/lease"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// ENG-1: each event of a consumer's types is handled, in the order of the log, and
// none of another type, whoever commits at the same time.
func TestInOrder(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var all, some handled
		n := s.node(all.consumer("all"), some.consumer("some", vocab.MessageCreated))
		const writers, each = 8, 20
		accounts := []*testkit.Fixture{s.account(), s.account(), s.account()}
		var group sync.WaitGroup
		for i := range writers {
			group.Go(func() {
				for k := range each {
					s.write(accounts[k%3], message(accounts[k%3], i%3), team())
				}
			})
		}
		group.Wait()
		n.Settle()
		n.sweep()
		for _, f := range accounts {
			head, err := event.New(s.Store).Head(f.System)
			if err != nil {
				t.Fatal(err)
			}
			want := []int{}
			for i := range head {
				want = append(want, int(i)+1)
			}
			check.Same(t, all.of(f), want)
			messages, err := s.Numbers(t.Context(), "SELECT sequence FROM events WHERE account_id = $1 AND type = 'MESSAGE_CREATED' ORDER BY sequence", f.AccountID)
			if err != nil {
				t.Fatal(err)
			}
			check.Same(t, fmt.Sprint(some.of(f)), fmt.Sprint(messages))
		}
	})
}

// ENG-2: a mark is stored once a second if events were handled, for all accounts
// with one statement, and once a minute if events of other types were passed.
// What is not stored when a node dies is handled again, and nothing else is.
func TestMarks(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		c := h.consumer("c", vocab.MessageCreated)
		n := s.nodeFor(time.Millisecond, c)
		busy, quiet := s.account(), s.account()
		s.write(busy, message(busy, 0))
		s.write(quiet, message(quiet, 0))
		n.Settle()
		n.StoreMarks(t.Context())
		check.Same(t, []int64{s.mark(busy, "c"), s.mark(quiet, "c")}, []int64{-1, -1})
		s.clock.Advance(time.Second)
		stored := s.statements.Of(func() { n.StoreMarks(t.Context()) })
		check.Same(t, []int64{s.mark(busy, "c"), s.mark(quiet, "c")}, []int64{1, 1})
		check.Same(t, len(stored), 2) // the accounts are young: their marks are made first

		s.write(quiet, team(), team())
		s.clock.Advance(59 * time.Second)
		n.StoreMarks(t.Context())
		check.Same(t, s.mark(quiet, "c"), int64(1))
		s.clock.Advance(time.Second)
		stored = s.statements.Of(func() { n.StoreMarks(t.Context()) })
		check.Same(t, []any{s.mark(quiet, "c"), len(stored)}, []any{int64(3), 1})

		check.Same(t, [][]int{h.of(busy), h.of(quiet)}, [][]int{{1}, {1}})
		s.write(busy, message(busy, 1)) // the last mark is a minute old: the batch stores one
		n.Settle()
		check.Same(t, s.mark(busy, "c"), int64(2))
		s.write(busy, team(), message(busy, 2), message(busy, 0))
		n.Settle()
		check.Same(t, []any{h.of(busy), s.mark(busy, "c")}, []any{[]int{2, 4, 5}, int64(2)})
		// The node is as good as dead: its leases ran out.
		s.node(c)
		check.Same(t, [][]int{h.of(busy), h.of(quiet)}, [][]int{{4, 5}, {}})
	})
}

// ENG-1: effects on the database happen exactly once, although the node that made
// them was lost before it stored its mark, and although a node that was taken
// over from does not know it.
func TestOnce(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var mu sync.Mutex
		var hold chan struct{} // the handler of the first node waits for it
		held, lost := make(chan struct{}), make(chan error, 1)
		work := func(ctx context.Context, e *event.Entry) error {
			mu.Lock()
			waiting := hold
			hold = nil
			mu.Unlock()
			if waiting != nil {
				close(held)
				<-waiting
			}
			err := reaction.Once(ctx, s.Store, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE accounts SET name = name || $1 WHERE id = $2", fmt.Sprint(" ", e.Sequence), e.AccountID)
				return err
			})
			if waiting != nil {
				lost <- err
			}
			return err
		}
		c := reaction.Consumer{Name: "c", Types: []vocab.EventType{vocab.MessageCreated}, Handle: work}
		first := s.nodeFor(time.Millisecond, c)
		f := s.account()
		name := func() string {
			list, err := s.Strings(t.Context(), "SELECT name FROM accounts WHERE id = $1", f.AccountID)
			if err != nil {
				t.Fatal(err)
			}
			return list[0]
		}
		s.write(f, message(f, 0), message(f, 1))
		first.Settle()
		check.Same(t, []any{name(), s.mark(f, "c")}, []any{"Example Ltd 1 2", int64(2)})

		waiting := make(chan struct{})
		mu.Lock()
		hold = waiting
		mu.Unlock()
		s.write(f, message(f, 0))
		wait(t, held)
		second := s.node(c) // takes over while the first is in the middle of its work
		check.Same(t, []any{name(), s.mark(f, "c")}, []any{"Example Ltd 1 2 3", int64(3)})
		close(waiting)
		if err := <-lost; !errors.Is(err, lease.ErrLost) {
			t.Errorf("the first node's transaction: %v, want that its lease is lost", err)
		}
		first.Settle()
		second.Settle()
		check.Same(t, []any{name(), len(s.parked(second.Engine))}, []any{"Example Ltd 1 2 3", 0})

		if err := reaction.Once(f.System, s.Store, nil); err == nil {
			t.Error("Once ran without a delivery")
		}
	})
}

// ENG-1: an end waits for the handlers, stores the marks and gives the leases back.
func TestShutDown(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		running := make(chan struct{})
		c := reaction.Consumer{Name: "c", Handle: func(ctx context.Context, e *event.Entry) error {
			if e.Sequence == 1 {
				return nil
			}
			close(running)
			<-ctx.Done()
			return ctx.Err()
		}}
		n := s.node(c)
		f := s.account()
		s.write(f, team(), team())
		wait(t, running)
		n.stop()
		check.Same(t, []any{s.mark(f, "c"), len(s.parked(n.Engine))}, []any{int64(1), 0}) // an end is no failure
		var h handled
		next := s.node(h.consumer("c"))
		check.Same(t, []any{next.Held("c"), h.of(f)}, []any{16, []int{2}})
	})
}

// ENG-1: a handler that panics or outstays its time fails, and nothing else does.
func TestPanicAndTimeout(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		c := h.consumer("c")
		record := c.Handle
		c.Timeout = time.Millisecond
		c.Handle = func(ctx context.Context, e *event.Entry) error {
			switch e.Sequence {
			case 1:
				panic("a bug in the handler")
			case 2:
				<-ctx.Done()
				return ctx.Err()
			}
			return record(ctx, e)
		}
		n := s.node(c)
		f := s.account()
		s.write(f, message(f, 0), message(f, 1), message(f, 2))
		n.Settle()
		check.Same(t, h.of(f), []int{3})
		list := s.parked(n.Engine)
		check.Same(t, []int64{list[0].Sequence, list[1].Sequence}, []int64{1, 2})
		if !s.logged.has("a bug in the handler") {
			t.Error("the panic was not logged")
		}
	})
}

// A consumer that cannot be meant is refused when the program starts.
func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	good := (&handled{}).consumer("good")
	nothing := slices.Clone([]vocab.EventType{})
	for name, c := range map[string]reaction.Consumer{
		"NoName": {Handle: good.Handle}, "BadName": {Name: "Bad name", Handle: good.Handle}, "NoHandler": {Name: "c"},
		"NoTypes": {Name: "c", Handle: good.Handle, Types: nothing}, "Twice": good,
	} {
		e := reaction.New(nil, nil)
		e.Register(good)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was registered", name)
				}
			}()
			e.Register(c)
		}()
	}
}
