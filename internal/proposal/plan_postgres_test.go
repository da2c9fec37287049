package proposal_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/event"
	"parley/internal/proposal"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// unheard finds what a bot did not hear of, as package bot asks for it.
const unheard = `SELECT * FROM "proposals" WHERE "account_id" = $1 AND "run_id" = $2 AND "turn" = $3 AND "state" IN ('ACCEPTED', 'DISMISSED')
	AND "run_id" <> '' AND "heard_at" = 0 ORDER BY "decided_at", "id" LIMIT 1`

var compared = regexp.MustCompile(`"(\w+)" = \$\d+`)

// Pitfall 12, AG-3: the proposals that wait in a conversation, and those that a bot did not
// hear of, are found by the indexes of just these, however many were decided.
func TestPlansOnPostgres(t *testing.T) {
	t.Parallel()
	asked := &testkit.Statements{}
	s := testkit.Postgres(t).Open(t, clock.System{}, asked.Trace)
	f := testkit.Account(t, s)
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO proposals (id, account_id, inbox_id, conversation_id, kind, state, action, summary, sources, based_on_number, turn, run_id, author_kind, author_id, created_at, decided_at, heard_at)
			SELECT 'proposal_' || i, $1, $2, $3, 'REPLY', CASE WHEN i % 500 = 0 THEN 'WAITING' ELSE 'ACCEPTED' END, 'null', 'x', '[]', 1, 1, 'run_1', 'BOT', 'bot', i, i, CASE WHEN i % 500 = 1 THEN 0 ELSE 1 END
			FROM generate_series(1, 20000) i`, f.AccountID, f.InboxIDs[0], f.ConversationIDs[0]); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "ANALYZE proposals")
		return err
	})
	keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
	stale := proposal.New(s, keys, proposal.Deps{}, "").Consumers()[0]
	statements := asked.Of(func() {
		check.NoError(t, stale.Handle(f.System, &event.Entry{Event: &ent.Event{AccountID: f.AccountID, ConversationID: f.ConversationIDs[1]}}))
	})
	check.Same(t, len(statements), 1)
	values := map[string]any{"account_id": f.AccountID, "conversation_id": f.ConversationIDs[0], "run_id": "run_1", "turn": 1}
	for index, query := range map[string]string{"proposals_waiting": statements[0], "proposals_unheard": unheard} {
		var args []any
		for _, column := range compared.FindAllStringSubmatch(query, -1) {
			args = append(args, values[column[1]])
		}
		rows := check.Must(s.Query(f.System, "EXPLAIN (COSTS OFF) "+query, args...))(t)
		plan := ""
		for rows.Next() {
			var line string
			check.NoError(t, rows.Scan(&line))
			plan += line + "\n"
		}
		check.NoError(t, rows.Close())
		if !strings.Contains(plan, index) || strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s\n%s\nwant %s", query, plan, index)
		}
	}
}
