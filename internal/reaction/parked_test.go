package reaction_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

var errPoison = errors.New("this event cannot be handled")

// failing fails the given numbers of an account's log.
func failing(f *testkit.Fixture, numbers ...int64) func(*event.Entry) error {
	return func(e *event.Entry) error {
		for _, n := range numbers {
			if e.AccountID == f.AccountID && e.Sequence == n {
				return errPoison
			}
		}
		return nil
	}
}

// ENG-2: an event that fails parks later ones of its conversation, and nothing else.
// It is tried again with growing pauses, also by another node; when it succeeds,
// what waited follows in its order.
func TestFailure(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		c := h.consumer("c", vocab.MessageCreated, vocab.TeamCreated)
		n := s.node(c)
		f, other := s.account(), s.account()
		h.setFails(failing(f, 1))
		s.write(f, message(f, 0), message(f, 1), message(f, 0), team(), store.Event{Type: vocab.TeamUpdated})
		s.write(other, message(other, 0))
		n.Settle()
		check.Same(t, [][]int{h.of(f), h.of(other)}, [][]int{{2, 4}, {1}})

		list := s.parked(n.Engine)
		check.Same(t, []any{len(list), list[0].Sequence, list[0].ConversationID, list[0].Attempts, list[0].Error},
			[]any{1, int64(1), f.ConversationIDs[0], 1, errPoison.Error()})
		n.sweep() // too early
		check.Same(t, s.parked(n.Engine)[0].Attempts, 1)
		pauses := []clock.Micros{}
		for range 3 {
			before := s.Now()
			due := s.parked(n.Engine)[0].NextAt
			s.clock.Advance(due.Time().Sub(before.Time()))
			pauses = append(pauses, due-before)
			n.sweep()
		}
		check.Same(t, s.parked(n.Engine)[0].Attempts, 4)
		if pauses[0] < clock.Micros(3_750_000) || pauses[2] <= pauses[0] {
			t.Errorf("the pauses %v do not grow", pauses)
		}

		n.stop()
		n = s.node(c)
		s.write(f, message(f, 0), message(f, 1))
		n.Settle()
		check.Same(t, h.of(f), []int{7})
		h.setFails(failing(f, 3))
		s.clock.Advance(time.Hour)
		n.sweep() // 1 succeeds, 3 fails for the first time
		check.Same(t, []any{h.of(f), s.parked(n.Engine)[0].Sequence, s.parked(n.Engine)[0].Attempts}, []any{[]int{1}, int64(3), 1})
		h.setFails(nil)
		s.clock.Advance(time.Hour)
		n.sweep()
		s.write(f, message(f, 0))
		n.Settle()
		check.Same(t, []any{h.of(f), len(s.parked(n.Engine))}, []any{[]int{3, 6, 8}, 0})
	})
}

// ENG-2: after its tries an event waits for an operator, who has it tried again or
// skips it; it is reported. Events without a conversation wait for each other.
func TestPoison(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		c := h.consumer("c")
		c.Tries = 2
		n := s.node(c)
		f := s.account()
		h.setFails(failing(f, 1, 2))
		s.write(f, message(f, 0), team(), message(f, 0), team(), message(f, 1))
		n.Settle()
		for range 3 {
			s.clock.Advance(time.Hour)
			n.sweep()
		}
		check.Same(t, h.of(f), []int{5})
		list := s.parked(n.Engine)
		for i := range list {
			check.Same(t, []any{list[i].Attempts, list[i].NextAt}, []any{2, clock.Never})
		}
		if !s.logged.has("level=ERROR", "waits for an operator", "consumer=c") {
			t.Error("the parked event was not reported")
		}
		lag, err := n.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		check.Same(t, lag, []reaction.Lag{{Consumer: "c", Registered: true, Parked: 2}})

		if err := n.Skip(t.Context(), list[0].ID); err != nil {
			t.Fatal(err)
		}
		n.sweep()
		check.Same(t, h.of(f), []int{3})
		h.setFails(nil)
		if err := n.Retry(t.Context(), list[1].ID); err != nil {
			t.Fatal(err)
		}
		n.sweep()
		check.Same(t, []any{h.of(f), len(s.parked(n.Engine))}, []any{[]int{2, 4}, 0})
		for _, change := range []func(context.Context, string) error{n.Skip, n.Retry} {
			if err := change(t.Context(), list[0].ID); !errs.Is(err, errs.NotFound) {
				t.Errorf("nothing is parked any more: %v, want NOT_FOUND", err)
			}
		}
	})
}

// ENG-2: an account where everything fails pauses; the others go on.
func TestAccountPauses(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		tries := 0
		n := s.node(h.consumer("c"))
		f, other := s.account(), s.account()
		h.setFails(func(e *event.Entry) error {
			if e.AccountID == f.AccountID {
				tries++
				return errPoison
			}
			return nil
		})
		events := make([]store.Event, 0, 4)
		for i := range 3 {
			events = append(events, message(f, i))
		}
		s.write(f, append(events, team())...)
		s.write(other, team(), message(other, 0))
		n.sweep()
		check.Same(t, []any{tries, h.of(other)}, []any{3, []int{1, 2}})
		h.setFails(nil)
		s.clock.Advance(time.Hour)
		n.sweep()
		check.Same(t, h.of(f), []int{1, 2, 3, 4})
	})
}

// ENG-2: what happens to the handler's writes happens to the parked event, too:
// each is made once.
func TestOnceOfParked(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		fails := true
		c := reaction.Consumer{Name: "c", Handle: func(ctx context.Context, e *event.Entry) error {
			return reaction.Once(ctx, s.Store, func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Exec(ctx, "UPDATE accounts SET name = name || '.' WHERE id = $1", e.AccountID); err != nil {
					return err
				}
				if fails {
					return errPoison
				}
				return nil
			})
		}}
		n := s.node(c)
		f := s.account()
		s.write(f, message(f, 0), message(f, 0), message(f, 0))
		n.Settle()
		fails = false
		s.clock.Advance(time.Hour)
		n.sweep()
		s.write(f, message(f, 0))
		n.Settle()
		names, err := s.Strings(t.Context(), "SELECT name FROM accounts WHERE id = $1", f.AccountID)
		if err != nil {
			t.Fatal(err)
		}
		check.Same(t, []any{names, s.mark(f, "c"), len(s.parked(n.Engine))}, []any{[]string{"Example Ltd...."}, int64(4), 0})
	})
}

// ENG-2: what waited of a conversation that was purged is forgotten.
func TestPurged(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		n := s.node(h.consumer("c"))
		f := s.account()
		h.setFails(failing(f, 1, 2))
		s.write(f, message(f, 0), message(f, 1))
		n.Settle()
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { // as the purge does
			_, err := tx.Exec(ctx, "UPDATE events SET conversation_id = '' WHERE conversation_id = $1", f.ConversationIDs[0])
			return err
		})
		if err := n.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		list := s.parked(n.Engine)
		check.Same(t, []any{len(list), list[0].ConversationID}, []any{1, f.ConversationIDs[1]})
	})
}
