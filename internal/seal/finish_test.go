package seal_test

import (
	"context"
	"testing"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/seal"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// OP-6: what is young is not sealed by a round, and is at the end of the process.
func TestSealedAtTheEnd(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		err := s.WithTx(f.Admin, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.TeamCreated, SubjectID: id.New(id.Team)})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		sealer := seal.New(s, check.Must(secret.Parse(secret.GenerateKey()))(t), options)
		unsealed := func() int {
			t.Helper()
			rows, err := s.Strings(t.Context(), "SELECT a.id FROM account_sequences a LEFT JOIN seal_heads h ON h.account_id = a.id AND h.log = 'EVENTS' WHERE a.sequence > COALESCE(h.through, 0)")
			if err != nil {
				t.Fatal(err)
			}
			return len(rows)
		}
		if err := sealer.Round(t.Context()); err != nil || unsealed() == 0 {
			t.Fatalf("a round sealed what is young (%v)", err)
		}
		if err := sealer.Finish(t.Context()); err != nil || unsealed() != 0 {
			t.Errorf("%d logs are not sealed to their end (%v)", unsealed(), err)
		}
	})
}
