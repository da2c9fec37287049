package reaction_test

import (
	"context"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const day = 24 * time.Hour

// ENG-2: a consumer begins at the head of the accounts that there are when it is
// first started, in later ones with the first event; FromFloor, with the oldest
// that the log has.
func TestBeginning(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var fresh, old handled
		f := s.account()
		s.write(f, team(), message(f, 0))
		oldest := old.consumer("old")
		oldest.FromFloor = true
		n := s.node(fresh.consumer("fresh"), oldest)
		check.Same(t, [][]int{fresh.of(f), old.of(f)}, [][]int{{}, {1, 2}})
		n.stop()
		young := s.account()
		s.write(young, team())
		s.write(f, team())
		s.node(fresh.consumer("fresh"), oldest)
		check.Same(t, [][]int{fresh.of(f), old.of(f)}, [][]int{{3}, {3}})
		check.Same(t, [][]int{fresh.of(young), old.of(young)}, [][]int{{1}, {1}})
	})
}

// checked counts checks, of which the first ones fail.
type checked struct{ runs, fail int }

func (c *checked) check(accountID *string) func(context.Context) error {
	return func(ctx context.Context) error {
		c.runs++
		*accountID = viewer.FromContext(ctx).AccountID
		if c.runs <= c.fail {
			return errPoison
		}
		return nil
	}
}

// ENG-2: a reset passes over what was not handled, goes on from the head, and has
// the consumer check the account, before anything else, until that succeeds.
func TestReset(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		checks, where := &checked{fail: 1}, ""
		c := h.consumer("c")
		c.Check = checks.check(&where)
		n := s.node(c)
		f, other := s.account(), s.account()
		h.setFails(failing(f, 1))
		s.write(f, message(f, 0), message(f, 0))
		n.Settle()
		n.stop()
		s.write(f, message(f, 1))
		operator := s.engine(c) // the command's, which does not run
		if n, err := operator.Reset(t.Context(), "c", f.AccountID); err != nil || n != 1 {
			t.Fatalf("reset %d accounts: %v", n, err)
		}
		check.Same(t, []any{s.mark(f, "c"), len(s.parked(operator))}, []any{int64(3), 0})
		s.write(f, message(f, 0))
		h.setFails(nil)
		n = s.node(c)
		check.Same(t, []any{checks.runs, where, h.of(f)}, []any{1, f.AccountID, []int{}})
		s.clock.Advance(time.Hour)
		n.sweep()
		check.Same(t, []any{checks.runs, h.of(f)}, []any{2, []int{4}})

		// One that runs notices, too.
		s.write(other, message(other, 0))
		n.Settle()
		if _, err := n.Reset(t.Context(), "c", f.AccountID); err != nil {
			t.Fatal(err)
		}
		n.sweep()
		n.sweep()
		s.write(f, message(f, 0))
		n.Settle()
		check.Same(t, []any{checks.runs, h.of(f), h.of(other)}, []any{3, []int{5}, []int{1}})

		for _, wrong := range [][2]string{{"d", f.AccountID}, {"c", "account_none"}} {
			if _, err := n.Reset(t.Context(), wrong[0], wrong[1]); !errs.Is(err, errs.NotFound) {
				t.Errorf("reset %v: %v, want NOT_FOUND", wrong, err)
			}
		}
	})
}

// floor is how far back an account's log reaches.
func (s *stage) floor(f *testkit.Fixture) int64 {
	s.t.Helper()
	list, err := s.Numbers(s.t.Context(), "SELECT log_floor FROM account_sequences WHERE id = $1", f.AccountID)
	if err != nil {
		s.t.Fatal(err)
	}
	return list[0]
}

func (s *stage) trim() {
	s.t.Helper()
	if err := event.New(s.Store).Trim(s.t.Context(), day); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) tend(e *reaction.Engine) {
	s.t.Helper()
	if err := e.Tend(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// ENG-2: the log's floor does not pass the mark of a consumer, be it that the
// consumer has yet to meet the account. One that is seven days behind and does
// not move is stopped, reported, and goes on from a reset; then the floor rises.
func TestRetention(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		c := h.consumer("c", vocab.TeamCreated)
		f := s.account()
		n := s.node(c)
		s.write(f, team(), team())
		n.Settle()
		n.stop() // stores the mark 2
		young := s.account()
		s.write(f, team(), team())
		s.write(young, team())
		s.clock.Advance(6 * day)
		s.write(f, team())
		s.trim()
		check.Same(t, []int64{s.floor(f), s.floor(young)}, []int64{2, 0})

		e := s.engine(c)
		s.tend(e)
		s.clock.Advance(day + time.Second)
		s.tend(e) // seven days behind, but perhaps only because nothing ran
		s.clock.Advance(time.Hour)
		stopped := func() int {
			list, err := e.Stopped(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		check.Same(t, stopped(), 0)
		s.tend(e)
		check.Same(t, stopped(), 2)
		if !s.logged.has("level=ERROR", "was stopped", f.AccountID, "consumer=c") {
			t.Error("the stop was not reported")
		}
		n = s.node(c)
		s.write(f, team())
		n.Settle()
		check.Same(t, h.of(f), []int{1, 2})
		s.trim()
		check.Same(t, s.floor(f), int64(5))

		if accounts, err := n.Reset(t.Context(), "c", ""); err != nil || accounts != 2 {
			t.Fatalf("reset %d accounts: %v", accounts, err)
		}
		n.sweep()
		s.write(f, team())
		n.Settle()
		check.Same(t, []any{stopped(), h.of(f)}, []any{0, []int{7}})
	})
}

// ENG-2: a node that did not run for more than a week catches up and is not stopped.
func TestAfterALongStop(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		c := h.consumer("c")
		s.node(c).stop()
		f := s.account()
		s.write(f, team(), team())
		s.clock.Advance(8 * day)
		s.tend(s.engine(c))
		n := s.node(c)
		check.Same(t, h.of(f), []int{1, 2})
		s.clock.Advance(2 * time.Hour)
		n.StoreMarks(t.Context())
		s.tend(n.Engine)
		list, err := n.Stopped(t.Context())
		check.Same(t, []any{len(list), err}, []any{0, nil})
	})
}

// ENG-2: an event without a conversation that waits for an operator holds the log's
// floor for a week. If the log was cut off behind it, the consumer checks the
// account before it goes on.
func TestRetentionOfParked(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		checks, where := &checked{}, ""
		c := h.consumer("c")
		c.Tries, c.Check = 1, checks.check(&where)
		n := s.node(c)
		f := s.account()
		h.setFails(failing(f, 2))
		s.write(f, team(), team(), team())
		n.Settle()
		s.clock.Advance(6 * day)
		s.write(f, message(f, 0), message(f, 0))
		n.Settle()
		s.trim()
		check.Same(t, s.floor(f), int64(1))
		s.clock.Advance(2 * day)
		s.write(f, team())
		n.Settle()
		for range 2 {
			s.trim()
		}
		check.Same(t, s.floor(f), int64(5))
		if err := n.Retry(t.Context(), s.parked(n.Engine)[0].ID); err != nil {
			t.Fatal(err)
		}
		n.sweep()
		check.Same(t, []any{checks.runs, h.of(f), len(s.parked(n.Engine))}, []any{1, []int{1, 4, 5, 6}, 0})
	})
}

// ENG-1: an operator sees how far each consumer is behind, also without a node
// that runs, and can forget one that the program no longer has.
func TestStatus(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		all, teams := h.consumer("all"), h.consumer("teams", vocab.TeamCreated)
		s.node(all, teams).stop()
		f, other := s.account(), s.account()
		first := s.Now()
		s.write(f, message(f, 0), message(f, 0))
		s.clock.Advance(time.Minute)
		s.write(f, team())
		s.write(other, message(other, 0), message(other, 0))
		e := s.engine(all)
		status := func() []reaction.Lag {
			list, err := e.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		check.Same(t, status(), []reaction.Lag{{Consumer: "all", Registered: true, Accounts: 2, Events: 5, Oldest: first}, {Consumer: "teams"}})
		if err := e.Forget(t.Context(), "all"); !errs.Is(err, errs.Invalid) {
			t.Errorf("forget one in use: %v, want INVALID", err)
		}
		if err := e.Forget(t.Context(), "teams"); err != nil {
			t.Fatal(err)
		}
		check.Same(t, len(status()), 1)
		e = s.engine(all, teams)
		s.node(all, teams)
		check.Same(t, status(), []reaction.Lag{{Consumer: "all", Registered: true, Accounts: 2, Events: 5, Oldest: first}, {Consumer: "teams", Registered: true}})
	})
}

// ENG-2: a consumer that is forgotten while a node of an earlier version still runs
// it ends there: nothing is handled again and no mark is left over. A version
// that has it again begins at the head, whatever marks there are.
func TestForgottenWhileItRuns(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		c := h.consumer("c")
		n := s.node(c)
		f := s.account()
		s.write(f, team(), team())
		n.Settle()
		s.clock.Advance(time.Second)
		n.StoreMarks(t.Context())
		check.Same(t, []any{h.of(f), s.mark(f, "c")}, []any{[]int{1, 2}, int64(2)})
		if err := s.engine().Forget(t.Context(), "c"); err != nil {
			t.Fatal(err)
		}
		s.write(f, team())
		n.Settle()
		s.clock.Advance(time.Minute)
		n.StoreMarks(t.Context())
		n.sweep()
		n.stop()
		if got := h.of(f); len(got) > 1 {
			t.Errorf("after it was forgotten, the consumer got %v, want 3 at most", got)
		}
		check.Same(t, s.mark(f, "c"), int64(-1))

		ctx := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
		err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { // as an earlier version may have left it
			_, err := tx.Exec(ctx, "INSERT INTO reaction_marks (account_id, consumer, mark, moved_at, stopped_at) VALUES ($1, 'c', 1, 1, 1)", f.AccountID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		n = s.node(c)
		s.write(f, team())
		n.Settle()
		check.Same(t, h.of(f), []int{4})
	})
}

// ENG-2: where the check fails that a parked event needs because the log was cut off
// behind it, only what waits for that event waits.
func TestFailingCheckOfParked(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		checks, where := &checked{fail: 2}, ""
		c := h.consumer("c")
		c.Tries, c.Check = 2, checks.check(&where)
		n := s.node(c)
		f := s.account()
		h.setFails(failing(f, 1))
		s.write(f, team(), team())
		n.Settle()
		s.clock.Advance(8 * day)
		n.sweep() // the last try
		s.write(f, message(f, 0))
		n.Settle()
		s.clock.Advance(8 * day)
		s.write(f, message(f, 0))
		n.Settle()
		for range 2 {
			s.trim()
		}
		check.Same(t, []any{h.of(f), s.floor(f)}, []any{[]int{3, 4}, int64(3)})
		parkedID := s.parked(n.Engine)[0].ID
		if err := n.Retry(t.Context(), parkedID); err != nil {
			t.Fatal(err)
		}
		n.sweep()
		s.write(f, message(f, 1))
		n.Settle()
		check.Same(t, []any{checks.runs, h.of(f), s.parked(n.Engine)[0].Attempts}, []any{1, []int{5}, 1})
		s.clock.Advance(time.Hour)
		n.sweep()
		check.Same(t, []any{checks.runs, s.parked(n.Engine)[0].NextAt}, []any{2, clock.Never})
		if err := n.Retry(t.Context(), parkedID); err != nil {
			t.Fatal(err)
		}
		n.sweep()
		check.Same(t, []any{checks.runs, len(s.parked(n.Engine))}, []any{3, 0})
	})
}
