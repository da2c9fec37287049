package receive_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/internal/conversation"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
)

// The most statements that one mail makes, each with its event and its words for
// the search.
const (
	mostReceived = 31
	mostQueued   = 22
	mostSent     = 16 // one reads again who is still a recipient (CR-5)
	// newcomer is what it takes to make a contact of who was not known.
	newcomer = 4
	// firstResponse is what it takes to find how long the first one took: the contact's
	// first message, and the opening hours. On SQLite the words are two statements.
	firstResponse = 2
)

// asks checks how many statements run makes.
func asks(t *testing.T, asked *testkit.Statements, most int, run func()) {
	t.Helper()
	if list := asked.Of(run); len(list) == 0 || len(list) > most {
		t.Errorf("%d statements, at most %d are allowed:\n%s", len(list), most, strings.Join(list, "\n"))
	}
}

// Pitfall 12: a mail makes the same few statements, however many people it names
// and however many mails it answers; a file makes one more.
func TestStatementsOfMail(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		w := &world{World: mailroom.NewTracedWorld(t, db, asked)}
		people, answered := "Cc: max@example.net", "References: <one@example.com>"
		for i := range 40 {
			people += fmt.Sprintf(", p%d@example.net", i)
			answered += fmt.Sprintf(" <m%d@example.com>", i)
		}
		reads := func(most int, raw string) {
			t.Helper()
			rows := w.Takes(raw, w.Support)
			asks(t, asked, most, func() { check.Must(rows, w.Ingest(rows[0]))(t) })
		}
		first := w.Gets(mailOf("ada@example.com", "one@example.com", "Lamp", "It is broken."))
		reads(mostReceived, mailOf("ada@example.com", "two@example.com", "Lamp", "It is broken.", people))
		reads(mostReceived+1, mailOf("ada@example.com", "three@example.com", "Lamp", "It is broken.", people, answered))
		reads(mostReceived+newcomer+2, mailroom.CRLF(fromCustomer)) // it names another, and has a file

		var m string
		asks(t, asked, mostQueued+firstResponse, func() {
			text, cc := "We send one", []string{}
			for i := range 20 {
				cc = append(cc, fmt.Sprintf("c%d@example.net", i))
			}
			sent, _, err := w.Desk.SendMessage(w.Agent(1), conversation.SendMessageInput{Target: conversation.On(first.ConversationID), Text: &text, Cc: cc})
			m = check.Must(sent, err)(t).ID
		})
		asks(t, asked, mostSent, func() { w.Sends() })
		if got := w.Message(m); got.Delivery != "SENT" {
			t.Errorf("the message is %s", got.Delivery)
		}
	})
}

// Pitfall 12: whatever is asked of the database while mail comes and goes, and
// in the system's rounds, runs on an index that narrows it to what is looked for.
func TestPlansOfMail(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		w := &world{World: mailroom.NewTracedWorld(t, db, asked)}
		list := asked.Of(func() {
			c, _ := w.correspond()
			check.Must(w.Receive.Recipient(t.Context(), "key@in.parley.example"))(t)
			waiting := w.Takes(mailOf("ada@example.com", "late@example.com", "Lamp", "It is broken."), w.Support)
			w.Clock.Advance(time.Hour)
			check.Must(waiting, w.Receive.IngestOverdue(t.Context()))(t)
			check.Must(w.Desk.Delete(w.Agent(1), conversation.DeleteConversationInput{Target: conversation.On(c)}))(t)
			check.Must(w.Desk.Purge(w.Agent(1), conversation.PurgeConversationInput{Target: conversation.On(c)}))(t)
			w.contents()
		})
		slices.Sort(list)
		explained := 0
		for _, query := range slices.Compact(list) {
			if plan := w.plan(query); broad(plan) {
				t.Errorf("%s\n%s", query, plan)
			}
			explained++
		}
		if explained < 50 {
			t.Errorf("%d statements were explained", explained)
		}
	})
}

// plan is how the database runs a statement for any values.
func (w *world) plan(query string) string {
	w.T.Helper()
	values := make([]string, arguments(query))
	for i := range values {
		values[i] = "NULL"
	}
	if w.Store.Postgres() {
		return w.postgresPlan(query, values)
	}
	rows := check.Must(w.Store.Query(w.System, "EXPLAIN QUERY PLAN "+query, make([]any, len(values))...))(w.T)
	defer func() { _ = rows.Close() }()
	plan := ""
	for rows.Next() {
		var node, parent, unused int
		var detail string
		if err := rows.Scan(&node, &parent, &unused, &detail); err != nil {
			w.T.Fatal(err)
		}
		plan += detail + "\n"
	}
	return plan
}

// postgresPlan tells of a table's scan only where no index serves: the tables of
// tests are so small that PostgreSQL would scan them all.
func (w *world) postgresPlan(query string, values []string) string {
	w.T.Helper()
	ctx := w.T.Context()
	conn := check.Must(w.Store.Pool().Acquire(ctx))(w.T)
	defer conn.Release()
	check.Must(conn.Exec(ctx, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"))(w.T)
	if _, err := conn.Exec(ctx, "PREPARE mail AS "+query); err != nil {
		w.T.Fatalf("%s: %v", query, err)
	}
	execute := "mail"
	if len(values) > 0 {
		execute += "(" + strings.Join(values, ", ") + ")"
	}
	rows := check.Must(conn.Query(ctx, "EXPLAIN (COSTS OFF) EXECUTE "+execute, pgx.QueryExecModeSimpleProtocol))(w.T)
	plan := strings.Join(check.Must(pgx.CollectRows(rows, pgx.RowTo[string]))(w.T), "\n")
	check.Must(conn.Exec(ctx, "DEALLOCATE mail; RESET ALL"))(w.T)
	return plan
}

var numbered = regexp.MustCompile(`\$(\d+)`)

// arguments is how many values a statement takes.
func arguments(query string) int {
	most := strings.Count(query, "?")
	for _, m := range numbered.FindAllStringSubmatch(query, -1) {
		n, _ := strconv.Atoi(m[1])
		most = max(most, n)
	}
	return most
}

var (
	// small tables are read as a whole, or by account: they hold what admins set
	// up, or what is soon gone.
	small = regexp.MustCompile(`^(CONSTANT|\d+|json_each|search_index|forgotten_blobs|blocks|channel_addresses|channels|email_channels|` +
		`inboxes|inbox_users|inbox_teams|teams|team_members|users)$`)
	scanned = regexp.MustCompile(`\bSCAN (\w+)|Seq Scan on (\w+)`)
	// byOwner narrows to an account, an inbox or a channel alone.
	byOwner = regexp.MustCompile(`SEARCH (\w+) USING .*\(((account_id|inbox_id|channel_id)=\?( AND )?)+\)`)
	indexed = regexp.MustCompile(`Index (?:Only )?Scan (?:Backward )?using \w+ on (\w+)`)
)

// broad reports whether a plan reads more than what is looked for.
func broad(plan string) bool {
	found := append(scanned.FindAllStringSubmatch(plan, -1), byOwner.FindAllStringSubmatch(plan, -1)...)
	for node := range strings.SplitSeq(plan, "->") {
		if !strings.Contains(node, "Index Cond") {
			found = append(found, indexed.FindAllStringSubmatch(node, -1)...)
		}
	}
	return slices.ContainsFunc(found, func(names []string) bool { return !small.MatchString(cmp.Or(names[1:]...)) })
}
