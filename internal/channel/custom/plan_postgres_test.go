package custom_test

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/channel/custom"
	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

var argument = regexp.MustCompile(`(?:"?(\w+)"? (?:=|<=|>=|<>|<|>|IN \((?:\$\d+, )*)|(LIMIT)) ?\$\d+`)

// Pitfall 12, CC-2, CC-3: among many messages that are done, and files that were fetched or
// cannot be had, those to look after are found by the indexes of just these.
func TestPlansOnPostgres(t *testing.T) {
	t.Parallel()
	asked := &testkit.Statements{}
	s := testkit.Postgres(t).Open(t, clock.System{}, asked.Trace)
	f := testkit.Account(t, s)
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		for _, statement := range []string{
			`INSERT INTO channel_messages (id, account_id, inbox_id, conversation_id, channel_id, thread_key, external_id, number, echo, by_bot, state, action, ready, queued_at, attempts, lease_id, lease_until, created_at, sender_id)
				SELECT 'message_' || i, $1, $2, $3 || (i / 50), $4, 't' || (i / 50), 'e' || i, i, FALSE, FALSE, CASE WHEN i % 5000 < 2 THEN 'WAITING' ELSE 'DONE' END, 'SEND', i % 5000 = 0, i, 0,
				CASE WHEN i % 5000 = 2 THEN 'lease_1' ELSE '' END, CASE WHEN i % 5000 = 2 THEN i ELSE 0 END, i, CASE WHEN i % 100 = 0 THEN 'sender_' || (i / 1000) ELSE '' END FROM generate_series(1, 30000) i`,
			`INSERT INTO channel_files (id, account_id, inbox_id, conversation_id, message_id, position, url, file_name, state, created_at, due_at)
				SELECT 'file_' || i, CASE WHEN i % 2 = 0 THEN $1 ELSE 'account_x' END, $2, $3, $4 || i, 1, 'x', 'x', CASE WHEN i % 500 = 0 THEN 'PENDING' ELSE 'FAILED' END, i, i FROM generate_series(1, 20000) i`,
			`INSERT INTO channel_reactions (id, account_id, inbox_id, conversation_id, message_id, sender_id, emoji, created_at)
				SELECT 'reaction_' || i, $1, $2, $3, $4 || i, 'sender', 'x', i FROM generate_series(1, 20000) i`,
			`INSERT INTO channel_marks (id, account_id, inbox_id, created_at) SELECT $3 || $4 || i, $1, $2, i FROM generate_series(1, 20000) i`,
		} {
			last := "message_"
			if strings.Contains(statement, "channel_messages") {
				last = f.ChannelIDs[0]
			}
			if _, err := tx.Exec(ctx, statement, f.AccountID, f.InboxIDs[0], f.ConversationIDs[0], last); err != nil {
				return err
			}
		}
		for _, table := range []string{"channel_messages", "channel_files", "channel_reactions", "channel_marks"} {
			if _, err := tx.Exec(ctx, "ANALYZE "+table); err != nil {
				return err
			}
		}
		return nil
	})
	keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
	channels := custom.New(s, keys, custom.Deps{}, slog.New(slog.DiscardHandler))
	messages := []*ent.Message{{ID: "message_10"}, {ID: "message_20"}}
	values := map[string]any{
		"account_id": f.AccountID, "inbox_id": f.InboxIDs[0], "conversation_id": f.ConversationIDs[0] + "7", "channel_id": f.ChannelIDs[0], "message_id": "message_10",
		"id": "message_10", "lease_until": 100, "due_at": 1_000, "LIMIT": 500, "thread_key": "t7", "external_id": "e400", "lease_id": "lease_1", "sender_id": "sender_7",
	}
	for _, c := range []struct {
		name, index string
		run         func()
		query       string
	}{
		{name: "waiting", index: "channel_messages_waiting", run: func() { check.NoError(t, channels.LookForWaiting(f.System, "none")) }},
		{name: "lapsed", index: "channel_messages_lapsed", query: custom.LapsedLeases},
		{name: "reactions", index: "channel_reactions_message", run: func() { check.Must(channels.Reactions(f.Admin, messages))(t) }},
		{name: "remote files", index: "channel_files_message", run: func() { check.Must(channels.RemoteFiles(f.Admin, messages))(t) }},
		{name: "templates", index: "channel_messages_pkey", run: func() { check.Must(channels.Templates(f.Admin, messages))(t) }},
		{name: "due files", index: "channel_files_due", run: func() { check.NoError(t, channels.LookForFiles(f.System)) }},
		{name: "accounts with files", index: "channel_files_due", query: custom.NextAccount},
		{name: "known messages", index: "channel_messages_external", query: `SELECT id FROM channel_messages WHERE "channel_id" = $1 AND "thread_key" = $2 AND "external_id" = $3`},
		{name: "what goes out of a conversation", index: "channel_messages_lane", query: `SELECT id FROM channel_messages WHERE "conversation_id" = $1 AND state IN ('WAITING', 'LEASED') ORDER BY queued_at, number LIMIT 1`},
		{name: "what a connection has", index: "channel_messages_lease", query: `SELECT id FROM channel_messages WHERE "lease_id" = $1 AND lease_id <> ''`},
		{name: "what someone wrote", index: "channel_messages_sender", query: `SELECT conversation_id FROM channel_messages WHERE sender_id <> '' AND "sender_id" = $1 LIMIT 1`},
		{name: "marks", index: "channel_marks_pkey", query: `SELECT id FROM channel_marks WHERE "account_id" = $1 AND "id" IN ($2)`},
	} {
		if c.run != nil {
			statements := asked.Of(c.run)
			if len(statements) == 0 {
				t.Errorf("%s: nothing is asked", c.name)
				continue
			}
			c.query = statements[0]
		}
		var args []any
		for _, found := range argument.FindAllStringSubmatch(c.query, -1) {
			args = append(args, values[found[1]+found[2]])
		}
		for n := strings.Count(c.query, "$"); len(args) < n; { // the rest of lists
			args = append(args, "message_20")
		}
		rows := check.Must(s.Query(f.System, "EXPLAIN (COSTS OFF) "+c.query, args...))(t)
		plan := ""
		for rows.Next() {
			var line string
			check.NoError(t, rows.Scan(&line))
			plan += line + "\n"
		}
		check.NoError(t, rows.Close())
		if !strings.Contains(plan, c.index) || strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s: %s %v\n%s\nwant %s", c.name, c.query, args, plan, c.index)
		}
	}
}
