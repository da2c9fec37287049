package idempotency_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/testkit"
)

type input struct {
	Text string
}

// mutate is a mutation of a contact's name that claims key. It returns the id
// in its answer: the first one's, if the key was used before.
func mutate(ctx context.Context, s *store.Store, mutation string, key *string, in any, fails error) (string, error) {
	answer := id.New(id.Contact)
	call := idempotency.Call{Mutation: mutation, Key: key, Input: in, Result: answer}
	err := idempotency.Run(ctx, s, call, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client.Contact.Create().SetID(answer).SetName(mutation).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		return fails
	}, func(_ context.Context, _ *store.Tx, first string) error {
		answer = first
		return nil
	})
	return answer, err
}

func contacts(t *testing.T, f *testkit.Fixture) int {
	t.Helper()
	n, err := f.Store.Client(f.System).Contact.Query().Count(f.System)
	if err != nil {
		t.Fatal(err)
	}
	return n - 1 // the fixture's own
}

func key(s string) *string { return &s }

// OP-3, API-2: the same key from the same actor for the same mutation gives the first
// answer; anything else is its own.
func TestReplay(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		first, err := mutate(f.Agent(0), s, "send", key("k"), input{"Hello"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name     string
			ctx      context.Context
			mutation string
			key      *string
			in       input
			replays  bool
			code     errs.Code
		}{
			{"Again", f.Agent(0), "send", key("k"), input{"Hello"}, true, ""},
			{"OtherInput", f.Agent(0), "send", key("k"), input{"Hello!"}, false, errs.Conflict},
			{"OtherKey", f.Agent(0), "send", key("l"), input{"Hello"}, false, ""},
			{"OtherMutation", f.Agent(0), "note", key("k"), input{"Hello"}, false, ""},
			{"OtherActor", f.Agent(1), "send", key("k"), input{"Hello"}, false, ""},
			{"OtherAccount", testkit.Account(t, s).Agent(0), "send", key("k"), input{"Hello"}, false, ""},
			{"NoKey", f.Agent(0), "send", nil, input{"Hello"}, false, ""},
			{"EmptyKey", f.Agent(0), "send", key(""), input{"Hello"}, false, ""}, // API-2: as if left out
			{"EmptyKeyAgain", f.Agent(0), "send", key(""), input{"Hello!"}, false, ""},
			{"LongKey", f.Agent(0), "send", key(strings.Repeat("k", 256)), input{"Hello"}, false, errs.Invalid},
		} {
			t.Run(c.name, func(t *testing.T) {
				got, err := mutate(c.ctx, s, c.mutation, c.key, c.in, nil)
				if c.code != "" {
					if e := errs.Of(err); e == nil || e.Code != c.code || len(e.Field) == 0 || e.Field[0] != "idempotencyKey" {
						t.Errorf("got %v, want %s on idempotencyKey", err, c.code)
					}
					return
				}
				if err != nil || (got == first) != c.replays {
					t.Errorf("replays: %v, want %v (%v)", got == first, c.replays, err)
				}
			})
		}
	})
}

// Only successes are kept: after a failure the same key tries again, with other
// input if need be.
func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		no := errors.New("no")
		if _, err := mutate(f.Admin, s, "send", key("k"), input{"A"}, no); !errors.Is(err, no) {
			t.Errorf("got %v, want the mutation's own error", err)
		}
		if _, err := mutate(f.Admin, s, "send", key("k"), input{"B"}, nil); err != nil {
			t.Errorf("after a failure: %v", err)
		}
		if n := contacts(t, f); n != 1 {
			t.Errorf("%d contacts were made, want 1", n)
		}
	})
}

// Of many who use a key at once, on two nodes where there can be two, one does
// it and all get its answer.
func TestRace(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		nodes := []*store.Store{s, s}
		if s.Postgres() {
			other, err := store.Open(t.Context(), db.Options(""))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = other.Close() }()
			nodes[1] = other
		}
		f := testkit.Account(t, s)
		const callers = 32
		answers := make([]string, callers)
		var group sync.WaitGroup
		for i := range callers {
			group.Go(func() {
				var err error
				if answers[i], err = mutate(f.Admin, nodes[i%2], "send", key("k"), input{"Hello"}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, answer := range answers {
			if answer != answers[0] {
				t.Fatalf("answers differ: %v", answers)
			}
		}
		if n := contacts(t, f); n != 1 {
			t.Errorf("%d contacts were made, want 1", n)
		}
	})
}

// A key is forgotten 24 hours after its mutation.
func TestForget(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		c := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		s := db.Open(t, c)
		f := testkit.Account(t, s)
		first, err := mutate(f.Admin, s, "send", key("k"), input{"Hello"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			wait    time.Duration
			replays bool
		}{{idempotency.Kept, true}, {time.Microsecond, false}} {
			c.Advance(step.wait)
			if err := idempotency.Forget(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			got, err := mutate(f.Admin, s, "send", key("k"), input{"Hello"}, nil)
			if err != nil || (got == first) != step.replays {
				t.Errorf("after another %v it replays: %v, want %v (%v)", step.wait, got == first, step.replays, err)
			}
		}
	})
}
