package lease_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/lease"
	"parley/internal/store"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// OP-2: of many nodes that ask at once one gets the lease; another one gets it
// when it is given back, with a higher fence, and the first one's writes fail.
func TestOneHolder(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		var won atomic.Pointer[lease.Lease]
		var winners atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				l, err := lease.Acquire(f.System, s, "work", string(rune('a'+i)), time.Minute)
				if err != nil {
					t.Error(err)
				}
				if l != nil {
					winners.Add(1)
					won.Store(l)
				}
			})
		}
		all.Wait()
		if winners.Load() != 1 {
			t.Fatalf("%d nodes hold the lease", winners.Load())
		}
		first := won.Load()
		if err := first.Renew(f.System); err != nil {
			t.Fatal(err)
		}
		if err := first.Release(f.System); err != nil {
			t.Fatal(err)
		}
		second, err := lease.Acquire(f.System, s, "work", "z", time.Minute)
		if err != nil || second == nil {
			t.Fatalf("given back, and not to be had: %v", err)
		}
		if err := first.Renew(f.System); !errors.Is(err, lease.ErrLost) {
			t.Errorf("the first holder renewed: %v", err)
		}
		err = s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error { return first.Check(ctx, tx) })
		if !errors.Is(err, lease.ErrLost) {
			t.Errorf("the first holder wrote: %v", err)
		}
		err = s.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error { return second.Check(ctx, tx) })
		if err != nil {
			t.Errorf("the holder could not write: %v", err)
		}
	})
}

// A lease that ran out goes to who asks, by the database's clock.
func TestRunsOut(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		dead, err := lease.Acquire(f.System, s, "work", "dead", -time.Second)
		if err != nil || dead == nil {
			t.Fatal(err)
		}
		next, err := lease.Acquire(f.System, s, "work", "next", time.Minute)
		if err != nil || next == nil {
			t.Fatalf("it did not go over: %v", err)
		}
		if none, err := lease.Acquire(f.System, s, "work", "third", time.Minute); err != nil || none != nil {
			t.Fatalf("it was taken from its holder: %v", err)
		}
		if err := lease.Reset(f.System, s); err != nil {
			t.Fatal(err)
		}
		if next, err = lease.Acquire(f.System, s, "work", "fourth", time.Minute); err != nil || next == nil {
			t.Fatalf("it was not let go: %v", err)
		}
		held, stop := next.Hold(f.System)
		stop()
		<-held.Done()
		if cause := context.Cause(held); !errors.Is(cause, context.Canceled) {
			t.Errorf("stopped with %v", cause)
		}
	})
}
