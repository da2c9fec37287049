package bot_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"parley/internal/bot"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// Pitfall 12, BT-4: the flows that the clock moves on are read in their order from an index
// of those that wait, however many are over.
func TestDueFlowsPlan(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		f := testkit.Account(t, s)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO flow_runs (id, account_id, inbox_id, conversation_id, bot_id, version, step_id, phase, due_at, created_at, ended_at)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
				SELECT 'play_' || i, $1, $2, $3, 'bot', 1, 'a', $4, CASE WHEN i % 9 = 0 THEN i ELSE 0 END, 1, 1 FROM n`,
				f.AccountID, f.InboxIDs[0], f.ConversationIDs[0], string(vocab.FlowWaiting))
			return err
		})
		prefix, wide := "EXPLAIN QUERY PLAN ", 4
		if db.URL() != "" {
			f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "ANALYZE flow_runs")
				return err
			})
			prefix, wide = "EXPLAIN (COSTS OFF) ", 1
		}
		for _, until := range []int64{50, 1 << 40} { // few of them, and all
			rows := check.Must(s.Query(f.System, prefix+bot.DueFlows, until, 500))(t)
			plan := ""
			for rows.Next() {
				columns := make([]any, wide)
				for i := range columns {
					columns[i] = &sql.RawBytes{}
				}
				var line string
				columns[wide-1] = &line
				check.NoError(t, rows.Scan(columns...))
				plan += line + "\n"
			}
			check.NoError(t, rows.Close())
			if !strings.Contains(plan, "flow_runs_due") || strings.Contains(plan, "SCAN") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "B-TREE") || strings.Contains(plan, "Sort") {
				t.Errorf("until %d:\n%s", until, plan)
			}
		}
	})
}
