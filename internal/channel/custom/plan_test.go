package custom_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/channel/custom"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// Pitfall 12, CC-3: what connectors have to do is found by indexes that hold nothing else,
// and what messages show by one statement for all of them. SQLite's plans do not depend on
// what is stored.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() != "" {
			t.Skip("PostgreSQL scans tables this small")
		}
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		f := testkit.Account(t, s)
		channels := custom.New(s, nil, custom.Deps{}, slog.New(slog.DiscardHandler))
		messages := []*ent.Message{{ID: id.New(id.Message)}, {ID: id.New(id.Message)}}
		for name, c := range map[string]struct {
			run   func()
			index string
		}{
			"waiting":      {func() { check.NoError(t, channels.LookForWaiting(f.System, f.ChannelIDs[0])) }, "channel_messages_waiting"},
			"lapsed":       {func() { check.NoError(t, channels.TendOutboxes(f.System)) }, "channel_messages_lapsed"},
			"due files":    {func() { check.NoError(t, channels.LookForFiles(f.System)) }, "channel_files_due"},
			"accounts":     {func() { check.NoError(t, channels.TendFiles(f.System)) }, "channel_files_due"},
			"reactions":    {func() { check.Must(channels.Reactions(f.Admin, messages))(t) }, "channel_reactions_message"},
			"remote files": {func() { check.Must(channels.RemoteFiles(f.Admin, messages))(t) }, "channel_files_message"},
			"templates":    {func() { check.Must(channels.Templates(f.Admin, messages))(t) }, "sqlite_autoindex_channel_messages_1"},
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
			if !strings.Contains(plan, c.index+" ") || strings.Contains(plan, "SCAN channel_") {
				t.Errorf("%s: %s\n%s\nwant %s", name, query, plan, c.index)
			}
		}
	})
}
