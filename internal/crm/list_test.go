package crm_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// fill stores random tickets.
func (w *world) fill(r *rand.Rand, n int) []*ent.Ticket {
	w.t.Helper()
	stages := []*ent.PipelineStage{w.stage("Support", "New"), w.stage("Support", "Waiting on contact"), w.stage("Support", "Closed")}
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			stage, due := stages[r.IntN(len(stages))], clock.Micros(r.IntN(4))
			order := due
			if due == 0 {
				order = clock.Never
			}
			create := tx.Client.Ticket.Create().SetID(id.New(id.Ticket)).SetNumber(i + 1).SetSubject(pick("Broken lamp", "Lost parcel", "Größe passt nicht")).
				SetPipelineID(stage.PipelineID).SetStageID(stage.ID).SetStageKind(stage.Kind).SetOwnerID(pick("", w.AdminID, w.AgentIDs[0])).
				SetPriority([]vocab.Priority{vocab.PriorityNone, vocab.PriorityHigh}[r.IntN(2)]).SetContactID(pick("", w.ContactID)).
				SetDueAt(due).SetDueOrder(order).SetLastActivityAt(clock.Micros(1 + r.IntN(5))).SetCreatedAt(clock.Micros(1 + r.IntN(5)))
			if i < 3 {
				create.SetConversationID(w.ConversationIDs[i]).SetExternalID("x" + strconv.Itoa(i))
			}
			if err := create.Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return check.Must(w.Store.Client(w.System).Ticket.Query().All(w.System))(w.t)
}

// drawn is a random filter, and what it says in other words.
func (w *world) drawn(r *rand.Rand) (crm.TicketFilter, func(*ent.Ticket) bool) {
	var f crm.TicketFilter
	var all []func(*ent.Ticket) bool
	maybe := func(say func()) {
		if r.IntN(4) == 0 {
			say()
		}
	}
	maybe(func() {
		f.StageIDs = []string{w.stage("Support", "New").ID, w.stage("Support", "Closed").ID, id.New(id.PipelineStage)}[:1+r.IntN(3)]
		all = append(all, func(t *ent.Ticket) bool { return slices.Contains(f.StageIDs, t.StageID) })
	})
	maybe(func() {
		f.PipelineIDs = []string{[]*ent.PipelineStage{w.stage("Support", "New"), w.stage("Sales", "Won")}[r.IntN(2)].PipelineID}
		all = append(all, func(t *ent.Ticket) bool { return slices.Contains(f.PipelineIDs, t.PipelineID) })
	})
	maybe(func() {
		f.StageKinds = allKinds[r.IntN(3) : 3+r.IntN(2)]
		all = append(all, func(t *ent.Ticket) bool { return slices.Contains(f.StageKinds, t.StageKind) })
	})
	owned := func(t *ent.Ticket) bool {
		return slices.Contains(f.OwnerIDs, t.OwnerID) || f.Unowned != nil && *f.Unowned && t.OwnerID == ""
	}
	maybe(func() { f.OwnerIDs, all = []string{w.AdminID, w.AdminID}[:r.IntN(3)], append(all, owned) })
	maybe(func() { f.Unowned, all = check.Ptr(true), append(all, owned) })
	maybe(func() {
		f.Priorities, all = []vocab.Priority{vocab.PriorityHigh}, append(all, func(t *ent.Ticket) bool { return t.Priority == vocab.PriorityHigh })
	})
	maybe(func() {
		f.ContactID, all = &w.ContactID, append(all, func(t *ent.Ticket) bool { return t.ContactID == w.ContactID })
	})
	maybe(func() {
		f.CreatedAfter, all = check.Ptr(clock.Micros(3)), append(all, func(t *ent.Ticket) bool { return t.CreatedAt >= 3 })
	})
	maybe(func() {
		f.DueBefore, all = check.Ptr(clock.Micros(3)), append(all, func(t *ent.Ticket) bool { return t.DueAt > 0 && t.DueAt < 3 })
	})
	maybe(func() {
		f.Query, all = check.Ptr("GROSSE pa"), append(all, func(t *ent.Ticket) bool { return strings.HasPrefix(t.Subject, "Gr") })
	})
	maybe(func() {
		f.ExternalIDs, all = []string{"x0", "x2", "y"}, append(all, func(t *ent.Ticket) bool { return t.ExternalID != nil && *t.ExternalID != "x1" })
	})
	return f, func(t *ent.Ticket) bool {
		return !slices.ContainsFunc(all, func(passes func(*ent.Ticket) bool) bool { return !passes(t) })
	}
}

// less is the order of a list, in other words.
func less(order vocab.TicketOrder, a, b *ent.Ticket) int {
	key := func(t *ent.Ticket) string {
		switch order {
		case vocab.TicketsNewest:
			return fmt.Sprintf("%020d%s", t.CreatedAt, t.ID)
		case vocab.TicketsByDue:
			if t.DueAt == 0 {
				return "z" + t.ID
			}
			return fmt.Sprintf("%020d%s", t.DueAt, t.ID)
		}
		return fmt.Sprintf("%020d%s", t.LastActivityAt, t.ID)
	}
	if order == vocab.TicketsByDue {
		return strings.Compare(key(a), key(b))
	}
	return strings.Compare(key(b), key(a))
}

// walk reads a list page by page and returns the ids in list order.
func (w *world) walk(ctx context.Context, f crm.TicketFilter, order vocab.TicketOrder, size int, backward bool) []string {
	w.t.Helper()
	ids := []string{}
	args := paging.PageArgs{First: &size}
	if backward {
		args = paging.PageArgs{Last: &size}
	}
	for {
		page := check.Must(w.Tickets(ctx, f, order, args))(w.t)
		var some []string
		for _, t := range page.Nodes() {
			some = append(some, t.ID)
		}
		if backward {
			ids, args.Before = append(some, ids...), page.PageInfo.StartCursor
		} else {
			ids, args.After = append(ids, some...), page.PageInfo.EndCursor
		}
		if !backward && !page.PageInfo.HasNextPage || backward && !page.PageInfo.HasPreviousPage {
			return ids
		}
	}
}

// CR-7, AC-14: whatever the filter, order, size and direction, lists have the tickets that
// match and that the viewer may see, and their number.
func TestListsAreExact(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		r := rand.New(rand.NewPCG(7, 9))
		all := w.fill(r, 60)
		for range 120 {
			f, passes := w.drawn(r)
			order := []vocab.TicketOrder{"", vocab.TicketsNewest, vocab.TicketsByDue}[r.IntN(3)]
			agent := r.IntN(2)
			want := []string{}
			slices.SortFunc(all, func(a, b *ent.Ticket) int { return less(order, a, b) })
			for _, ticket := range all {
				hidden := agent == 0 && ticket.ConversationID != nil && *ticket.ConversationID == w.ConversationIDs[2]
				if passes(ticket) && !hidden {
					want = append(want, ticket.ID)
				}
			}
			if got := w.walk(w.Agent(agent), f, order, 1+r.IntN(30), r.IntN(2) == 0); !slices.Equal(got, want) {
				t.Fatalf("%+v by %q: got %d tickets, want %d", f, order, len(got), len(want))
			}
			n := check.Must(check.Must(w.Tickets(w.Agent(agent), f, order, paging.PageArgs{}))(t).TotalCount(w.Agent(agent)))(t)
			if f.Query == nil && *n != len(want) || f.Query != nil && n != nil {
				t.Errorf("%+v: counted %v, want %d", f, n, len(want))
			}
		}
		byNumber := check.Must(w.Tickets(w.Admin, crm.TicketFilter{Query: check.Ptr(" #17 ")}, "", paging.PageArgs{}))(t).Nodes()
		check.Same(t, []any{len(byNumber), byNumber[0].Number}, []any{1, 17})
		stranger := newWorld(t, w.Store)
		check.Same(t, len(stranger.walk(stranger.Admin, crm.TicketFilter{}, "", 50, false)), 0)
		of := check.Must(w.TicketsOfContacts(w.Admin, []*ent.Contact{{ID: w.ContactID}, {ID: id.New(id.Contact)}}, paging.PageArgs{First: check.Ptr(100)}))(t)
		check.Same(t, []int{*check.Must(of[0].TotalCount(w.Admin))(t), len(of[1].Edges)}, []int{len(of[0].Edges), 0})
	})
}

// Pitfall 12: the usual lists run on indexes: nothing is scanned. SQLite's plans do not
// depend on what is stored.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() != "" {
			t.Skip("PostgreSQL scans tables this small")
		}
		asked := &testkit.Statements{}
		w := newWorld(t, db.Open(t, clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), asked.Trace))
		stage := w.stage("Support", "New")
		for name, c := range map[string]struct {
			filter crm.TicketFilter
			order  vocab.TicketOrder
			index  string
		}{
			"all":         {crm.TicketFilter{}, "", "tickets_kind_activity"},
			"newest open": {crm.TicketFilter{StageKinds: allKinds[:1]}, vocab.TicketsNewest, "tickets_kind_created"},
			"due":         {crm.TicketFilter{StageKinds: allKinds[:2]}, vocab.TicketsByDue, "tickets_kind_due"},
			"mine":        {crm.TicketFilter{OwnerIDs: []string{w.AdminID}}, "", "tickets_owner_activity"},
			"mine, due":   {crm.TicketFilter{OwnerIDs: []string{w.AdminID}, StageKinds: allKinds[:1]}, vocab.TicketsByDue, "tickets_owner_due"},
			"stage":       {crm.TicketFilter{StageIDs: []string{stage.ID}}, "", "tickets_stage_activity"},
			"pipeline":    {crm.TicketFilter{PipelineIDs: []string{stage.PipelineID}}, vocab.TicketsByDue, "tickets_stage_due"},
			"priority":    {crm.TicketFilter{Priorities: []vocab.Priority{vocab.PriorityHigh}}, "", "tickets_kind_activity"},
			"contact":     {crm.TicketFilter{ContactID: &w.ContactID}, vocab.TicketsNewest, "tickets_contact_created_at"},
			"number":      {crm.TicketFilter{Query: check.Ptr("7")}, vocab.TicketsNewest, "tickets_number"},
			"external":    {crm.TicketFilter{ExternalIDs: []string{"a"}}, "", "tickets_external_id"},
		} {
			statements := asked.Of(func() { check.Must(w.Tickets(w.System, c.filter, c.order, paging.PageArgs{}))(t) })
			query := statements[len(statements)-1]
			plan := w.plan(query)
			if !strings.Contains(plan, c.index+" ") || whole.MatchString(plan) || strings.Count(query, "UNION") == 0 && c.index != "tickets_external_id" && c.index != "tickets_number" && strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s: %s\n%s\nwant %s", name, query, plan, c.index)
			}
		}
	})
}

var whole = regexp.MustCompile(`SCAN tickets`)

// plan is how SQLite runs a statement, whatever its arguments.
func (w *world) plan(query string) string {
	w.t.Helper()
	rows := check.Must(w.Store.Query(w.System, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...))(w.t)
	defer func() { _ = rows.Close() }()
	plan := ""
	for rows.Next() {
		var node, parent, unused int
		var detail string
		check.NoError(w.t, rows.Scan(&node, &parent, &unused, &detail))
		plan += detail + "\n"
	}
	return plan
}
