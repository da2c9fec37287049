package slack_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// NT-2: what is due, and to which thread something belongs, is found by indexes, however many threads there are.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			for i := range 3_000 {
				thread := fmt.Sprintf("thread-%d", i)
				due := 0
				if i%500 == 0 {
					due = i + 1
				}
				for _, insert := range []struct {
					text string
					args []any
				}{
					{"INSERT INTO slack_threads (id, account_id, inbox_id, conversation_id, channel_id, team_id, slack_id, ts, due_at, created_at) VALUES ($1, $2, $3, $4, $5, 'T1', 'C1', $6, $7, 1)",
						[]any{thread, f.AccountID, f.InboxIDs[0], f.ConversationIDs[0], thread, fmt.Sprintf("%d.1", i), due}},
					{"INSERT INTO slack_posts (id, account_id, inbox_id, conversation_id, thread_id, position, message_id, ts, due, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, 1)",
						[]any{"post-" + thread, f.AccountID, f.InboxIDs[0], f.ConversationIDs[0], thread, i, "message-" + thread, fmt.Sprintf("%d.2", i)}},
					{"INSERT INTO slack_events (id, team_id, slack_id, thread_ts, about_ts, kind, received_at, due_at) VALUES ($1, 'T1', 'C1', $2, $3, 'reply', 1, $4)",
						[]any{"event-" + thread, fmt.Sprintf("%d.1", i), fmt.Sprintf("%d.3", i), due}},
				} {
					if _, err := tx.Exec(ctx, insert.text, insert.args...); err != nil {
						return err
					}
				}
			}
			return nil
		})
		explain := "EXPLAIN QUERY PLAN "
		if s.Postgres() {
			explain = "EXPLAIN "
			f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "ANALYZE slack_threads, slack_posts, slack_events")
				return err
			})
		}
		for _, query := range []string{
			"SELECT id FROM slack_threads WHERE team_id = 'T1' AND due_at > 0 AND due_at <= 1000 ORDER BY due_at LIMIT 500",
			"SELECT id FROM slack_threads WHERE team_id = 'T1' AND slack_id = 'C1' AND ts = '7.1'",
			"SELECT id FROM slack_posts WHERE thread_id = 'thread-7' AND due ORDER BY position, id LIMIT 50",
			"SELECT id FROM slack_posts WHERE thread_id = 'thread-7' AND ts = '7.2' AND ts <> ''",
			"SELECT id FROM slack_posts WHERE thread_id = 'thread-7' AND message_id = 'message-thread-7' AND message_id <> ''",
			"SELECT COALESCE(MAX(position), 0) FROM slack_posts WHERE thread_id = 'thread-7'",
			"DELETE FROM slack_posts WHERE thread_id IN (SELECT id FROM slack_threads WHERE channel_id = 'thread-7')",
			"SELECT id FROM slack_events WHERE team_id = 'T1' AND due_at > 0 AND due_at <= 1000",
		} {
			plan := lines(t, s, explain+query)
			if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN") && !strings.Contains(plan, "INDEX") {
				t.Errorf("%s\nis answered by\n%s", query, plan)
			}
		}
	})
}

// lines is a plan as text.
func lines(t *testing.T, s *store.Store, query string) string {
	t.Helper()
	rows, err := s.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, *values[len(values)-1].(*any))
	}
	if rows.Err() != nil || b.Len() == 0 {
		t.Fatalf("no plan: %v", rows.Err())
	}
	return b.String()
}
