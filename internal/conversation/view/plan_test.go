package view_test

import (
	"regexp"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// Pitfall 12: lists run on indexes, with the plan that
// is made for their values and with the one for any values.
func TestQueryPlans(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		d.FillInboxes(12_000)
		explains := []func(string, []any) (string, bool){d.Plans("force_custom_plan"), d.Plans("force_generic_plan")}
		d.views(t, explains)
		d.narrowed(t)
		d.external(t)
		d.rated(t)
		d.valued(t)
	})
}

// Architecture 5: every view, by every status, in every order and direction, in
// one inbox or over several, from the start or from a cursor, runs on an index:
// nothing is scanned or sorted.
func (d *suite) views(t *testing.T, explains []func(string, []any) (string, bool)) {
	plans := 0
	d.eachSelection(func(name string, sel view.Selection, args paging.PageArgs) {
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
	check.Same(t, plans, 8*3*6*2*2*2)
}

// IN-3: what no index serves is tested while the view's index is walked: no
// view is read as a whole.
func (d *suite) narrowed(t *testing.T) {
	d.LimitWalks(250, 400)
	for name, filter := range map[string]view.Filter{
		"priority": {Priorities: []vocab.Priority{vocab.PriorityHigh}}, "tags": {Tags: []string{"vip"}}, "unread": {Unread: check.Ptr(true)},
		"opened": {OpenedAfter: check.Ptr(clock.Micros(10))}, "active": {ActiveBefore: check.Ptr(clock.Micros(10))},
		"waiting on": {WaitingOn: check.Ptr(vocab.WaitingOnTeam)}, "not": {Not: []view.Filter{{Tags: []string{"vip"}}}},
		"any":  {Any: []view.Filter{{Unread: check.Ptr(true)}, {ActiveBefore: check.Ptr(clock.Micros(10))}}},
		"team": {Assignees: &view.AssigneeFilter{TeamIDs: []string{id.New(id.Team)}}},
	} {
		for _, shown := range desk.BuiltInViews {
			query, args, err := d.ListSQL(d.Agent(1), view.Selection{View: shown, Filter: filter}, paging.PageArgs{})
			if err != nil {
				t.Fatal(err)
			}
			if plan, _ := d.Explain(query, args); !walked.MatchString(plan) || whole.MatchString(plan) {
				t.Errorf("%s in %s:\n%s", name, shown, plan)
			}
		}
	}
}

// IN-3: external ids lead to their conversations by an index, whatever the view.
func (d *suite) external(t *testing.T) {
	for _, shown := range desk.BuiltInViews {
		filter := view.Filter{ExternalIDs: []string{"order 1", "order 2"}}
		query, args, err := d.ListSQL(d.Agent(1), view.Selection{View: shown, Filter: filter}, paging.PageArgs{})
		if err != nil {
			t.Fatal(err)
		}
		if plan, _ := d.Explain(query, args); !strings.Contains(plan, "conversations_by_external_id") || whole.MatchString(plan) {
			t.Errorf("external ids in %s:\n%s", shown, plan)
		}
	}
}

// CO-5: few conversations with a rating are found by an index that has no others.
func (d *suite) rated(t *testing.T) {
	for _, shown := range desk.BuiltInViews {
		query, args, err := d.ListSQL(d.Agent(1), view.Selection{View: shown, Filter: view.Filter{Rating: []int{1, 2}}}, paging.PageArgs{})
		if err != nil {
			t.Fatal(err)
		}
		if plan, _ := d.Explain(query, args); !strings.Contains(plan, "conversations_rating") || whole.MatchString(plan) {
			t.Errorf("ratings in %s:\n%s", shown, plan)
		}
	}
}

var (
	walked = regexp.MustCompile(`SEARCH c USING INDEX conversations_(folder|bots)|Index Scan Backward using conversations_(folder|bots)`)
	whole  = regexp.MustCompile(`Seq Scan on conversations|Bitmap Heap Scan on conversations|SCAN conversations`)
)

// eachSelection goes through all that an index must serve.
func (d *suite) eachSelection(do func(name string, sel view.Selection, args paging.PageArgs)) {
	statuses := map[string][]vocab.ConversationStatus{"any": nil, "open": {vocab.Open}, "closed": {vocab.Closed}}
	inboxes := map[string]*string{"one inbox": &d.InboxIDs[0], "all inboxes": nil}
	for _, shown := range desk.BuiltInViews {
		for status, list := range statuses {
			for _, order := range desk.Orders {
				for inbox, only := range inboxes {
					sel := view.Selection{InboxID: only, View: shown, Order: order, Filter: view.Filter{Statuses: list}}
					name := strings.Join([]string{string(shown), status, string(order), inbox}, ", ")
					page := check.Must(d.List(d.Agent(1), sel, paging.PageArgs{First: check.Ptr(20)}))(d.T)
					if len(page.Edges) == 0 {
						d.T.Fatalf("%s: there is nothing in it to look for", name)
					}
					middle := page.PageInfo.EndCursor
					do(name, sel, paging.PageArgs{})
					do(name+", after", sel, paging.PageArgs{After: middle})
					do(name+", last", sel, paging.PageArgs{Last: check.Ptr(50)})
					do(name+", before", sel, paging.PageArgs{Last: check.Ptr(50), Before: middle})
				}
			}
		}
	}
}
