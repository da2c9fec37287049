package desk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// FillInboxes adds n conversations to both inboxes, of all kinds, states and folders,
// and lets the database look at what it has.
func (d *Desk) FillInboxes(n int) {
	d.T.Helper()
	r := rand.New(rand.NewPCG(5, 6))
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		const batch = 1000
		for from := 0; from < n; from += batch {
			var rows []string
			var args []any
			for range min(n-from, batch) {
				values := d.filler(r)
				marks := make([]string, len(values))
				for j, v := range values {
					args = append(args, v)
					marks[j] = "$" + strconv.Itoa(len(args))
				}
				rows = append(rows, "("+strings.Join(marks, ", ")+")")
			}
			if _, err := tx.Exec(ctx, `INSERT INTO conversations (id, account_id, inbox_id, channel_id, kind, folder, status, assignee_id,
				opened_at, activity_at, waiting_since, in_bots, visitor_active_at, tags, contact_id, last_message_at, priority_rank) VALUES `+strings.Join(rows, ", "), args...); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "ANALYZE")
		return err
	})
	if d.Store.Postgres() {
		check.Must(d.Store.Pool().Exec(d.T.Context(), "VACUUM conversations"))(d.T)
	}
}

func (d *Desk) filler(r *rand.Rand) []any {
	inbox := r.IntN(2)
	folder := Pick(r, vocab.FolderMain, vocab.FolderMain, vocab.FolderMain, vocab.FolderSnoozed, vocab.FolderFiltered, vocab.FolderTrash)
	return []any{
		id.New(id.Conversation), d.AccountID, d.InboxIDs[inbox], d.ChannelIDs[inbox], string(Pick(r, vocab.Chat, vocab.Email, vocab.Custom)), string(folder),
		string(Pick(r, vocab.Open, vocab.Closed)), Pick(r, "", d.AgentIDs[1]), r.IntN(1_000_000), r.IntN(1_000_000), r.IntN(1_000_000), r.IntN(3) == 0, 0, "[]", Pick(r, "", fmt.Sprint("contact ", r.IntN(2000))), 0, r.IntN(5),
	}
}

var (
	sqliteSlow   = regexp.MustCompile(`SCAN c\b|SCAN conversations|TEMP B-TREE`)
	postgresSlow = regexp.MustCompile(`(?m)^\s*(->\s+)?(Incremental )?(Sort|Seq Scan.*)$`)
)

// Explain returns how the database will run the query, and whether it would
// read all conversations or sort them.
func (d *Desk) Explain(query string, args []any) (plan string, slow bool) {
	d.T.Helper()
	if !d.Store.Postgres() {
		rows := check.Must(d.Store.Query(d.System, "EXPLAIN QUERY PLAN "+query, args...))(d.T)
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var node, parent, unused int
			var detail string
			if err := rows.Scan(&node, &parent, &unused, &detail); err != nil {
				d.T.Fatal(err)
			}
			plan += detail + "\n"
		}
		return plan, sqliteSlow.MatchString(plan)
	}
	plan = strings.Join(check.Must(d.Store.Strings(d.System, "EXPLAIN (COSTS OFF) "+query, args...))(d.T), "\n")
	return plan, postgresSlow.MatchString(plan)
}

// Plans returns explain for the plan that PostgreSQL makes for the very values,
// or for any values, which it may take once a statement was prepared. SQLite
// has one plan. Bitmaps are off: where a cursor leaves a handful of rows
// PostgreSQL may fetch them in the order of the table and sort that handful,
// which is no worse; the index must be there for the order all the same.
func (d *Desk) Plans(mode string) func(query string, args []any) (plan string, slow bool) {
	d.T.Helper()
	if !d.Store.Postgres() {
		return d.Explain
	}
	ctx := d.T.Context()
	conn := check.Must(d.Store.Pool().Acquire(ctx))(d.T)
	d.T.Cleanup(conn.Release)
	check.Must(conn.Exec(ctx, "SET plan_cache_mode = "+mode+"; SET enable_bitmapscan = off"))(d.T)
	return func(query string, args []any) (string, bool) {
		check.Must(conn.Exec(ctx, "PREPARE list AS "+query))(d.T)
		values := make([]string, len(args))
		for i, a := range args {
			values[i] = fmt.Sprint(a)
			if text, ok := a.(string); ok {
				values[i] = "'" + text + "'"
			}
		}
		rows := check.Must(conn.Query(ctx, "EXPLAIN (COSTS OFF) EXECUTE list("+strings.Join(values, ", ")+")", pgx.QueryExecModeSimpleProtocol))(d.T)
		plan := strings.Join(check.Must(pgx.CollectRows(rows, pgx.RowTo[string]))(d.T), "\n")
		check.Must(conn.Exec(ctx, "DEALLOCATE list"))(d.T)
		return plan, postgresSlow.MatchString(plan)
	}
}

// EachCounted is Each with a count of what is asked of the database.
func EachCounted(t *testing.T, test func(t *testing.T, d *Desk, asked *testkit.Statements)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		turned, asked := clock.At(Monday), &testkit.Statements{}
		test(t, On(t, db.Open(t, turned, asked.Trace), turned), asked)
	})
}

// AtMost checks how many statements run makes.
func AtMost(t *testing.T, asked *testkit.Statements, most int, run func()) {
	t.Helper()
	if list := asked.Of(run); len(list) == 0 || len(list) > most {
		t.Errorf("%d statements, at most %d are allowed:\n%s", len(list), most, strings.Join(list, "\n"))
	}
}
