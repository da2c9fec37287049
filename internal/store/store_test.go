package store_test

import (
	"context"
	"sync"
	"testing"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// NT-3: concurrent transactions number the log without a gap.
func TestSequenceIsGapless(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		account := id.New(id.Account)
		ctx := viewer.NewContext(context.Background(), viewer.Everywhere("test"))
		err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Account.Create().SetID(account).SetNumber(1).SetName("Test").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.AccountSequence.Create().SetID(account).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx = viewer.NewContext(context.Background(), viewer.System("test", account))
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() {
				err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
					tx.Append(ctx, store.Event{Type: vocab.AccountUpdated})
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		events, err := s.Client(ctx).Event.Query().Order().All(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int64]bool{}
		for _, e := range events {
			seen[e.Sequence] = true
		}
		for n := int64(1); n <= 64; n++ {
			if !seen[n] {
				t.Errorf("sequence %d is missing", n)
			}
		}
	})
}
