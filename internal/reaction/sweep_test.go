package reaction_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// many is how many accounts a large database has here.
const many = 10_000

// fill makes accounts with an event in the log of each, behind the engine's back.
func (s *stage) fill(accounts int) {
	s.t.Helper()
	numbers := "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) "
	if s.Postgres() {
		numbers = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < $1) "
	}
	ctx := viewer.NewContext(s.t.Context(), viewer.Everywhere("test"))
	err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, insert := range []string{
			"INSERT INTO accounts (id, number, name, created_at) %s SELECT 'account_' || i, i, 'Example Ltd', 0 FROM n",
			"INSERT INTO account_sequences (id, sequence) %s SELECT 'account_' || i, 1 FROM n",
			`INSERT INTO events (id, account_id, sequence, type, occurred_at, actor_kind, actor_id, changes)
				%s SELECT 'event_' || i, 'account_' || i, 1, 'TEAM_CREATED', 1, 'SYSTEM', 'test', '[]' FROM n`,
		} {
			if _, err := tx.Exec(ctx, fmt.Sprintf(insert, numbers), accounts); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// ENG-1: events of 10,000 accounts of which no one reported one are all handled
// after one sweep, which is one query; each account costs one more. Afterwards an
// idle node asks one question a sweep, keeps nothing in memory, and has no
// goroutine for any account.
func TestManyAccounts(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		n := s.node(h.consumer("c", vocab.TeamCreated), h.consumer("other", vocab.MessageCreated))
		s.fill(many)
		asked := s.statements.Of(n.sweep)
		h.mu.Lock()
		served := slices.Clone(h.list)
		h.mu.Unlock()
		slices.Sort(served)
		check.Same(t, []int{len(served), len(slices.Compact(served))}, []int{many, many})
		if want := 1 + 2*many; len(asked) > want {
			t.Errorf("%d statements, want at most %d", len(asked), want)
		}
		s.clock.Advance(time.Minute)
		stored := s.statements.Of(func() { n.StoreMarks(t.Context()) })
		if len(stored) > 2*2*many/1000 {
			t.Errorf("%d statements stored the marks of %d accounts", len(stored), many)
		}
		n.sweep()
		n.sweep()
		idle := s.statements.Of(n.sweep)
		check.Same(t, []int{len(idle), n.InMemory(), n.Workers()}, []int{1, 0, 0})
	})
}

// ENG-1: what another node committed is handled at once when the bus says so, and
// by the next sweep when the bus is silent.
func TestBus(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		c := h.consumer("c", vocab.MessageCreated)
		n := s.node(c)
		// The last node gets the commits; it has no share, since the first has all.
		other := s.node(c)
		check.Same(t, []int{n.Held("c"), other.Held("c")}, []int{16, 0})
		f := s.account()
		s.write(f, message(f, 0))
		n.Settle()
		check.Same(t, h.of(f), []int{1})
		s.bus.cutOff()
		s.write(f, message(f, 1), team())
		n.Settle()
		check.Same(t, h.of(f), []int{})
		n.sweep()
		check.Same(t, h.of(f), []int{2})
		// What no consumer wants is never reported.
		s.clock.Advance(time.Minute)
		n.StoreMarks(t.Context())
		check.Same(t, s.mark(f, "c"), int64(3))
	})
}

// ENG-1: nodes divide the accounts evenly; each account's events are handled by one
// of them. When one dies, the others take over from its marks.
func TestTakeOver(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		hands := make([]handled, 3)
		nodes := make([]*node, 3)
		for i := range nodes {
			nodes[i] = s.node(hands[i].consumer("c"), hands[i].consumer("d", vocab.TeamCreated))
		}
		for range 2 { // the first notice the later ones and give back, the later ones take
			for _, n := range nodes {
				n.Keep(t.Context())
			}
		}
		check.Same(t, []int{nodes[0].Held("c"), nodes[1].Held("c"), nodes[2].Held("c")}, []int{6, 6, 4})
		check.Same(t, []int{nodes[0].Held("d"), nodes[1].Held("d"), nodes[2].Held("d")}, []int{6, 6, 4})
		accounts := make([]*testkit.Fixture, 24)
		for i := range accounts {
			accounts[i] = s.account()
			s.write(accounts[i], message(accounts[i], 0), message(accounts[i], 1))
		}
		settle := func(nodes ...*node) {
			for _, n := range nodes {
				n.sweep()
			}
		}
		settle(nodes...)
		for _, f := range accounts {
			got := slices.Concat(hands[0].of(f), hands[1].of(f), hands[2].of(f))
			check.Same(t, got, []int{1, 2})
		}
		s.clock.Advance(time.Second)
		for _, n := range nodes {
			n.StoreMarks(t.Context())
		}
		nodes[2].stop() // as by a signal; TestMarks and TestOnce have nodes that vanish
		for range 2 {
			nodes[0].Keep(t.Context())
			nodes[1].Keep(t.Context())
		}
		check.Same(t, []int{nodes[0].Held("c"), nodes[1].Held("c")}, []int{8, 8})
		for _, f := range accounts {
			s.write(f, message(f, 0))
		}
		settle(nodes[:2]...)
		for _, f := range accounts {
			check.Same(t, slices.Concat(hands[0].of(f), hands[1].of(f)), []int{3})
		}
	})
}

// ENG-1: a lease that cannot be renewed in time ends the handlers' contexts.
func TestLostLease(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		running, cause := make(chan struct{}), make(chan error, 1)
		c := reaction.Consumer{Name: "c", Handle: func(ctx context.Context, _ *event.Entry) error {
			close(running)
			<-ctx.Done()
			cause <- context.Cause(ctx)
			return ctx.Err()
		}}
		n := s.nodeFor(time.Millisecond, c)
		f := s.account()
		s.write(f, team())
		wait(t, running)
		var h handled
		next := s.node(h.consumer("c")) // the leases ran out
		n.Keep(t.Context())
		check.Same(t, fmt.Sprint(<-cause), "the lease is lost: another node may have it")
		n.Settle()
		check.Same(t, []any{n.Held("c"), next.Held("c"), h.of(f)}, []any{0, 16, []int{1}})
	})
}

// ENG-1: nodes of different versions agree on the shares: how the accounts are
// divided never changes.
func TestShares(t *testing.T) {
	t.Parallel()
	got := []int{}
	for _, account := range []string{"account_01k9000000e008000000000001", "account_01k9000000e008000000000002", "account_01k9zzzzzze008000000000003"} {
		got = append(got, reaction.ShareOf(account))
	}
	check.Same(t, got, []int{12, 5, 6})
}

// plan is how the database would run the sweep of a node that is idle, a line for
// each step.
func (s *stage) plan() []string {
	s.t.Helper()
	prefix := "EXPLAIN QUERY PLAN "
	if s.Postgres() {
		prefix = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "
	}
	rows, err := s.Query(s.t.Context(), prefix+reaction.SweepQuery("event_z", s.Postgres()), "event_z", `["c"]`, s.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan []string
	for rows.Next() {
		var line string
		values := []any{&line}
		if !s.Postgres() {
			values = []any{new(any), new(any), new(any), &line}
		}
		if err := rows.Scan(values...); err != nil {
			s.t.Fatal(err)
		}
		plan = append(plan, line)
	}
	return plan
}

// ENG-1: a sweep reads no more where there are many accounts: it seeks those with
// events of the last minute. What it cannot find that way, the sweep of all
// accounts finds, which comes every five minutes.
func TestSweepSeeks(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		n := s.node(h.consumer("c"))
		s.fill(many)
		n.sweep()
		s.clock.Advance(time.Minute)
		n.StoreMarks(t.Context())
		f := s.account()
		s.write(f, team())
		n.Settle()
		if s.Postgres() {
			ctx := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
			err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "ANALYZE")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, line := range s.plan() {
			for _, scan := range []string{"SCAN a", "SCAN events", "SCAN m", "Seq Scan on account_sequences", "Seq Scan on events", "Seq Scan on reaction_marks"} {
				if strings.HasPrefix(strings.TrimLeft(line, " ->"), scan) && !strings.Contains(line, "reaction_marks_reset") {
					t.Errorf("the sweep reads all: %s", line)
				}
			}
		}
		check.Same(t, h.of(f), []int{1})

		// As of a transaction that took long, or a node whose clock is wrong.
		late := s.account()
		late.Write(late.System, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE account_sequences SET sequence = 1 WHERE id = $1", late.AccountID); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO events (id, account_id, sequence, type, occurred_at, actor_kind, actor_id, changes)
				VALUES ('event_01', $1, 1, 'TEAM_CREATED', 1, 'SYSTEM', 'test', '[]')`, late.AccountID)
			return err
		})
		n.sweep()
		check.Same(t, h.of(late), []int{})
		for range 60 {
			n.sweep()
		}
		check.Same(t, h.of(late), []int{1})
	})
}

// ENG-1: while a node of another version does not know a consumer, the others
// have all of its accounts.
func TestSharesOfNewConsumer(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		var h handled
		old := s.node(h.consumer("c"))
		next := s.node(h.consumer("c"), h.consumer("d"))
		for range 2 {
			old.Keep(t.Context())
			next.Keep(t.Context())
		}
		check.Same(t, []int{old.Held("c"), next.Held("c"), next.Held("d")}, []int{8, 8, 16})
		old.stop()
		next.Keep(t.Context())
		check.Same(t, []int{next.Held("c"), next.Held("d")}, []int{16, 16})
	})
}
