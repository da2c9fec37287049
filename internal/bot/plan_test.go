package bot_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/bot"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// Pitfall 12: what bots have to do, and what conversations show of them, is found by
// indexes, and the runs of many conversations with one statement. SQLite's plans do not
// depend on what is stored.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() != "" {
			t.Skip("PostgreSQL scans tables this small")
		}
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		f := testkit.Account(t, s)
		bots := bot.New(s, bot.Deps{})
		run := id.New(id.AgentRun)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.AgentRun.Create().SetID(run).SetInboxID(f.InboxIDs[0]).SetConversationID(f.ConversationIDs[0]).SetBotID("bot").
				SetState(vocab.RunActive).SetTurn(1).SetReason(vocab.TurnByContact).SetLeaseUntil(1).SetHandOffAt(1).SetCreatedAt(1).Exec(ctx)
		})
		worker := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Bot, AccountID: f.AccountID, ActorID: "bot", InboxIDs: f.InboxIDs[:]})
		chats := []*ent.Conversation{{ID: f.ConversationIDs[0], BotID: "bot"}, {ID: f.ConversationIDs[1], BotID: "bot"}, {ID: f.ConversationIDs[2]}}
		for name, c := range map[string]struct {
			run   func()
			index string
		}{
			"conversation's runs":  {func() { check.Must(bots.Runs(f.Admin, chats))(t) }, "agent_runs_conversation"},
			"conversation's flows": {func() { check.Must(bots.FlowRuns(f.Admin, chats))(t) }, "flow_runs_conversation"},
			"steps": {func() {
				check.Must(bots.Steps(f.Admin, []*ent.AgentRun{{ID: run}, {ID: "run_2"}}, paging.PageArgs{}))(t)
			}, "agent_steps_number"},
			"waiting turns": {func() { check.NoError(t, bots.LookForTurn(worker)) }, "agent_runs_due"},
			"lapsed":        {func() { check.NoError(t, bots.LookForLapsed(f.System)) }, "agent_runs_lapsing"},
			"silent":        {func() { check.NoError(t, bots.LookForSilent(f.System)) }, "agent_runs_silent"},
		} {
			statements := asked.Of(c.run)
			if len(statements) != 1 {
				t.Errorf("%s: %d statements: %v", name, len(statements), statements)
				continue
			}
			query := statements[0]
			rows := check.Must(s.Query(f.System, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?")+strings.Count(query, "$"))...))(t)
			plan := ""
			for rows.Next() {
				var node, parent, unused int
				var detail string
				check.NoError(t, rows.Scan(&node, &parent, &unused, &detail))
				plan += detail + "\n"
			}
			check.NoError(t, rows.Close())
			if !strings.Contains(plan, c.index+" ") || strings.Contains(plan, "SCAN agent") || strings.Contains(plan, "SCAN flow") {
				t.Errorf("%s: %s\n%s\nwant %s", name, query, plan, c.index)
			}
		}
	})
}
