package store_test

import (
	"context"
	"io/fs"
	"testing"

	"parley/ent/migrate/migrations"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// API-6: messages that were written past the log get their MESSAGE_CREATED at its
// end, in their order, once; the log stays gapless and in the order of time.
func TestMissingMessageEventsAreAdded(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		first, second := testkit.Account(t, s), testkit.Account(t, s)
		first.Write(first.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.TeamCreated})
			tx.Append(ctx, store.Event{Type: vocab.TeamUpdated})
			return nil
		})
		check.Same(t, len(testkit.Unlogged(t, s, first.AccountID)), 9)
		for range 2 {
			migrateEntries(t, s)
			for _, f := range []*testkit.Fixture{first, second} {
				check.Same(t, testkit.Unlogged(t, s, f.AccountID), []string(nil))
			}
			check.Same(t, check.Must(s.Numbers(first.System, "SELECT sequence FROM events WHERE account_id = $1 ORDER BY sequence", first.AccountID))(t),
				[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
			check.Same(t, check.Must(s.Numbers(first.System, "SELECT sequence FROM account_sequences WHERE id IN ($1, $2) ORDER BY sequence", first.AccountID, second.AccountID))(t), []int64{9, 11})
			check.Same(t, check.Must(s.Numbers(first.System, `SELECT COUNT(*) FROM events a JOIN events b ON b.account_id = a.account_id AND b.sequence = a.sequence + 1
				WHERE a.account_id = $1 AND b.occurred_at < a.occurred_at`, first.AccountID))(t), []int64{0})
			check.Same(t, check.Must(s.Numbers(first.System, `SELECT m.number FROM events e JOIN messages m ON m.id = e.message_id
				WHERE e.conversation_id = $1 AND e.actor_id = m.author_id AND e.inbox_id = m.inbox_id ORDER BY e.sequence`, first.ConversationIDs[0]))(t), []int64{1, 2, 3})
		}
	})
}

// migrateEntries runs the migration's statements on a database that had it.
func migrateEntries(t *testing.T, s *store.Store) {
	t.Helper()
	dialect := "sqlite"
	if s.Postgres() {
		dialect = "postgres"
	}
	files := check.Must(migrations.For(dialect))(t)
	text := check.Must(fs.ReadFile(files, "00007_entries.sql"))(t)
	check.Must(s.Writer().ExecContext(t.Context(), string(text)))(t)
}
