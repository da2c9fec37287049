package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/slackserver"
	"parley/internal/viewer"
)

// aboutSlack are the tables that grow with conversations.
var aboutSlack = regexp.MustCompile(`\bslack_(threads|posts|events)\b`)

// NT-2, pitfall 12: no statement that is made of threads and what is said there reads a whole table: those that a day in
// Slack makes, on full tables.
func TestSlackPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked, s := &testkit.Statements{}, newSlack(t)
		a := serveTest(t, db.Open(t, clock.System{}, asked.Trace), func(set *serverSettings) {
			set.SlackClientID, set.SlackClientSecret, set.SlackSigningSecret = slackserver.ClientID, slackserver.ClientSecret, slackserver.SigningSecret
			set.SlackURL, set.SlackNetworks, set.slackPace, set.slackSweep = s.URL, []string{"127.0.0.0/8"}, time.Millisecond, 200*time.Millisecond
		})
		d := a.slackDesk(s)
		list := asked.Of(func() { d.dayInSlack() })
		slices.Sort(list)
		list = slices.DeleteFunc(slices.Compact(list), func(query string) bool { return !aboutSlack.MatchString(query) })
		if len(list) < 20 {
			t.Errorf("%d statements only", len(list))
		}
		ctx := viewer.NewContext(t.Context(), viewer.System("test", d.account))
		ok(t, d.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return d.fillSlack(ctx, tx) }))
		for i, query := range list {
			plan := d.planOf(ctx, fmt.Sprintf("asked_%d", i), query)
			for line := range strings.SplitSeq(plan, "\n") {
				name, isScan := strings.CutPrefix(line, "SCAN ")
				isScan = isScan && !strings.Contains(line, "INDEX") && (aboutSlack.MatchString(name) || name == "p" || name == "t")
				if isScan || strings.Contains(line, "Seq Scan on slack_") && aboutSlack.MatchString(line) {
					t.Errorf("%s\nis answered by\n%s", query, plan)
				}
			}
		}
	})
}

// dayInSlack does what is done there: chats, answers, edits, deletions, buttons, assignments, a purge, an end.
func (d *slackDesk) dayInSlack() {
	d.t.Helper()
	c := d.site.chat("Hello")
	first := d.thread()
	d.shows(first.TS, "Hello")
	ts := d.slack.Says(slackRoom, first.TS, "U0BEN", "On Mnday")
	d.marked(first.TS, ts, "white_check_mark")
	d.slack.Send(d.slack.Event(d.slack.Edits(slackRoom, ts, "On Monday")))
	d.until("it is edited", func() bool { return strings.Contains(d.lines(c.conversationID), "On Monday") })
	d.slack.Send(d.slack.Event(d.slack.Deletes(slackRoom, ts)))
	d.until("it is deleted", func() bool { return !strings.Contains(d.lines(c.conversationID), "Monday") })
	d.slack.Press(slackRoom, first.TS, "U0BEN", "parley_close")
	d.header(first.TS, "Closed")
	refused := d.slack.Says(slackRoom, first.TS, "U0BEN", "One more thing")
	d.marked(first.TS, refused, "warning")
	d.do(adminToken, `mutation($in: DeleteConversationInput!) { deleteConversation(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
	d.do(adminToken, `mutation($in: PurgeConversationInput!) { purgeConversation(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
	d.slack.Await("nothing is left of it", func() bool { return len(d.slack.Messages(slackRoom, "")) == 0 })
	d.site.chat("Another one")
	d.slack.Await("the next", func() bool { return len(d.slack.Messages(slackRoom, "")) == 1 })
	d.do(adminToken, `mutation($in: DisconnectSlackChannelInput!) { disconnectSlackChannel(input: $in) { userErrors { message } } }`, input("slackChannelId", d.channelID))
}

// fillSlack has many threads, each with a post and an event, of a few workspaces.
func (d *slackDesk) fillSlack(ctx context.Context, tx *store.Tx) error {
	const many = 3_000
	conversations, err := tx.Strings(ctx, "SELECT id FROM conversations WHERE account_id = $1", d.account)
	if err != nil {
		return err
	}
	for i := range many {
		thread, team, due := fmt.Sprintf("thread-%d", i), fmt.Sprintf("T%d", i%20), 0
		if i%300 == 0 {
			due = i + 1
		}
		for _, insert := range []struct {
			text string
			args []any
		}{
			{"INSERT INTO slack_threads (id, account_id, inbox_id, conversation_id, channel_id, team_id, slack_id, ts, due_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, 'C1', $7, $8, 1)",
				[]any{thread, d.account, d.site.inboxID, conversations[0], thread, team, fmt.Sprintf("%d.1", i), due}},
			{"INSERT INTO slack_posts (id, account_id, inbox_id, conversation_id, thread_id, position, message_id, ts, due, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, 1)",
				[]any{"post-" + thread, d.account, d.site.inboxID, conversations[0], thread, i, "message-" + thread, fmt.Sprintf("%d.2", i)}},
			{"INSERT INTO slack_events (id, team_id, slack_id, thread_ts, about_ts, kind, received_at, due_at) VALUES ($1, $2, 'C1', $3, $4, 'reply', 1, $5)",
				[]any{"event-" + thread, team, fmt.Sprintf("%d.1", i), fmt.Sprintf("%d.3", i), due}},
		} {
			if _, err := tx.Exec(ctx, insert.text, insert.args...); err != nil {
				return err
			}
		}
	}
	if tx.Postgres() {
		for _, statement := range []string{ // as if each were of another conversation
			"ALTER TABLE slack_threads ALTER COLUMN conversation_id SET (n_distinct = -1)", "ALTER TABLE slack_posts ALTER COLUMN conversation_id SET (n_distinct = -1)",
			"ANALYZE slack_threads, slack_posts, slack_events",
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	return nil
}

// planOf is how a statement is answered, whatever its arguments are.
func (d *slackDesk) planOf(ctx context.Context, name, query string) string {
	d.t.Helper()
	var b strings.Builder
	ok(d.t, d.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		explain, args := "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?")+strings.Count(query, "$"))
		if tx.Postgres() {
			for _, statement := range []string{"SET LOCAL plan_cache_mode = force_generic_plan", "PREPARE " + name + " AS " + query} {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return err
				}
			}
			most := 0
			for _, found := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(query, -1) {
				var n int
				_, _ = fmt.Sscan(found[1], &n)
				most = max(most, n)
			}
			explain, args = "EXPLAIN EXECUTE "+name, nil
			if most > 0 {
				explain += "(NULL" + strings.Repeat(", NULL", most-1) + ")"
			}
		}
		rows, err := tx.Query(ctx, explain, args...)
		if err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		defer func() { _ = rows.Close() }()
		columns, err := rows.Columns()
		for err == nil && rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			err = rows.Scan(values...)
			fmt.Fprintln(&b, *values[len(values)-1].(*any))
		}
		if err != nil {
			return err
		}
		return rows.Err()
	}))
	// SQLite has none of rows that are written as they stand.
	if b.Len() == 0 && !strings.HasPrefix(strings.TrimSpace(query), "INSERT") {
		d.t.Errorf("no plan of %s", query)
	}
	return b.String()
}
