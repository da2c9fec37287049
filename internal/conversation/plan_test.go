package conversation_test

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
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/store"
	"parley/internal/vocab"
)

// fill adds n conversations to both inboxes, of all kinds, states and folders,
// and lets the database look at what it has.
func (d *desk) fill(n int) {
	d.t.Helper()
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
				opened_at, last_message_at, waiting_since, in_bots, visitor_active_at, tags, contact_id) VALUES `+strings.Join(rows, ", "), args...); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "ANALYZE")
		return err
	})
	if d.Store.Postgres() {
		must(d.Store.Pool().Exec(d.t.Context(), "VACUUM conversations"))(d.t)
	}
}

func (d *desk) filler(r *rand.Rand) []any {
	inbox := r.IntN(2)
	folder := pick(r, vocab.FolderMain, vocab.FolderMain, vocab.FolderMain, vocab.FolderSnoozed, vocab.FolderFiltered, vocab.FolderTrash)
	return []any{
		id.New(id.Conversation), d.AccountID, d.InboxIDs[inbox], d.ChannelIDs[inbox], string(pick(r, vocab.Chat, vocab.Email)), string(folder),
		string(pick(r, vocab.Open, vocab.Closed)), pick(r, "", d.AgentIDs[1]), r.IntN(1_000_000), r.IntN(1_000_000), r.IntN(1_000_000), r.IntN(3) == 0, 0, "[]", pick(r, "", fmt.Sprint("contact ", r.IntN(2000))),
	}
}

var (
	sqliteSlow   = regexp.MustCompile(`SCAN c\b|SCAN conversations|TEMP B-TREE`)
	postgresSlow = regexp.MustCompile(`(?m)^\s*(->\s+)?(Incremental )?(Sort|Seq Scan.*)$`)
)

// explain returns how the database will run the query, and whether it would
// read all conversations or sort them.
func (d *desk) explain(query string, args []any) (plan string, slow bool) {
	d.t.Helper()
	if !d.Store.Postgres() {
		rows := must(d.Store.Query(d.System, "EXPLAIN QUERY PLAN "+query, args...))(d.t)
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var node, parent, unused int
			var detail string
			if err := rows.Scan(&node, &parent, &unused, &detail); err != nil {
				d.t.Fatal(err)
			}
			plan += detail + "\n"
		}
		return plan, sqliteSlow.MatchString(plan)
	}
	plan = strings.Join(must(d.Store.Strings(d.System, "EXPLAIN (COSTS OFF) "+query, args...))(d.t), "\n")
	return plan, postgresSlow.MatchString(plan)
}

// Pitfall 12: lists, and the system's rounds, run on indexes, with the plan that
// is made for their values and with the one for any values.
func TestQueryPlans(t *testing.T) {
	t.Parallel()
	loneDesk(t, func(t *testing.T, d *desk) {
		d.fill(12_000)
		explains := []func(string, []any) (string, bool){d.plans("force_custom_plan"), d.plans("force_generic_plan")}
		d.views(t, explains)
		d.narrowed(t)
		d.rounds(t, explains)
	})
}

// Architecture 5: every view, by every status, in every order and direction, in
// one inbox or over several, from the start or from a cursor, runs on an index:
// nothing is scanned or sorted.
func (d *desk) views(t *testing.T, explains []func(string, []any) (string, bool)) {
	plans := 0
	d.eachSelection(func(name string, sel conversation.Selection, args relay.PageArgs) {
		query, bound, err := d.ListSQL(d.Agent(1), sel, args)
		if err != nil {
			t.Fatal(err)
		}
		plans++
		for _, explain := range explains {
			if plan, slow := explain(query, bound); slow {
				t.Fatalf("%s:\n%s\n%s", name, query, plan)
			}
		}
	})
	same(t, plans, 8*3*5*2*2*2)
}

// IN-3: what no index serves is tested while the view's index is walked: no
// view is read as a whole.
func (d *desk) narrowed(t *testing.T) {
	d.LimitWalks(250, 400)
	for name, filter := range map[string]conversation.Filter{
		"priority": {Priorities: []vocab.Priority{vocab.PriorityHigh}}, "tags": {Tags: []string{"vip"}}, "unread": {Unread: ptr(true)},
		"opened": {OpenedAfter: ptr(clock.Micros(10))}, "active": {ActiveBefore: ptr(clock.Micros(10))},
		"team": {Assignees: &conversation.AssigneeFilter{TeamIDs: []string{id.New(id.Team)}}},
	} {
		for _, view := range views {
			query, args, err := d.ListSQL(d.Agent(1), conversation.Selection{View: view, Filter: filter}, relay.PageArgs{})
			if err != nil {
				t.Fatal(err)
			}
			if plan, _ := d.explain(query, args); !walked.MatchString(plan) || whole.MatchString(plan) {
				t.Errorf("%s in %s:\n%s", name, view, plan)
			}
		}
	}
}

// The system's rounds over all accounts read what is due, and nothing else.
func (d *desk) rounds(t *testing.T, explains []func(string, []any) (string, bool)) {
	for _, query := range conversation.Sweeps {
		for _, explain := range explains {
			plan, slow := explain(query, []any{int64(7)})
			if slow || !regexp.MustCompile(`conversations_(ended_bot|trash|snoozed)`).MatchString(plan) {
				t.Errorf("%s\n%s", query, plan)
			}
		}
	}
}

var (
	walked = regexp.MustCompile(`SEARCH c USING INDEX conversations_(folder|bots)|Index Scan Backward using conversations_(folder|bots)`)
	whole  = regexp.MustCompile(`Seq Scan on conversations|Bitmap Heap Scan on conversations|SCAN conversations`)
)

// eachSelection goes through all that an index must serve.
func (d *desk) eachSelection(do func(name string, sel conversation.Selection, args relay.PageArgs)) {
	statuses := map[string][]vocab.ConversationStatus{"any": nil, "open": {vocab.Open}, "closed": {vocab.Closed}}
	inboxes := map[string]*string{"one inbox": &d.InboxIDs[0], "all inboxes": nil}
	for _, view := range views {
		for status, list := range statuses {
			for _, order := range orders {
				for inbox, only := range inboxes {
					sel := conversation.Selection{InboxID: only, View: view, Order: order, Filter: conversation.Filter{Statuses: list}}
					name := strings.Join([]string{string(view), status, string(order), inbox}, ", ")
					page := must(d.List(d.Agent(1), sel, relay.PageArgs{First: ptr(20)}))(d.t)
					if len(page.Edges) == 0 {
						d.t.Fatalf("%s: there is nothing in it to look for", name)
					}
					middle := page.PageInfo.EndCursor
					do(name, sel, relay.PageArgs{})
					do(name+", after", sel, relay.PageArgs{After: middle})
					do(name+", last", sel, relay.PageArgs{Last: ptr(50)})
					do(name+", before", sel, relay.PageArgs{Last: ptr(50), Before: middle})
				}
			}
		}
	}
}

// plans returns explain for the plan that PostgreSQL makes for the very values,
// or for any values, which it may take once a statement was prepared. SQLite
// has one plan. Bitmaps are off: where a cursor leaves a handful of rows
// PostgreSQL may fetch them in the order of the table and sort that handful,
// which is no worse; the index must be there for the order all the same.
func (d *desk) plans(mode string) func(query string, args []any) (plan string, slow bool) {
	d.t.Helper()
	if !d.Store.Postgres() {
		return d.explain
	}
	ctx := d.t.Context()
	conn := must(d.Store.Pool().Acquire(ctx))(d.t)
	d.t.Cleanup(conn.Release)
	must(conn.Exec(ctx, "SET plan_cache_mode = "+mode+"; SET enable_bitmapscan = off"))(d.t)
	return func(query string, args []any) (string, bool) {
		must(conn.Exec(ctx, "PREPARE list AS "+query))(d.t)
		values := make([]string, len(args))
		for i, a := range args {
			values[i] = fmt.Sprint(a)
			if text, ok := a.(string); ok {
				values[i] = "'" + text + "'"
			}
		}
		rows := must(conn.Query(ctx, "EXPLAIN (COSTS OFF) EXECUTE list("+strings.Join(values, ", ")+")", pgx.QueryExecModeSimpleProtocol))(d.t)
		plan := strings.Join(must(pgx.CollectRows(rows, pgx.RowTo[string]))(d.t), "\n")
		must(conn.Exec(ctx, "DEALLOCATE list"))(d.t)
		return plan, postgresSlow.MatchString(plan)
	}
}
