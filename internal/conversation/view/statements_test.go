package view_test

import (
	"testing"

	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// Pitfall 12: a page makes the same few statements, however many rows and
// inboxes there are; nothing is counted that was not asked for.
func TestStatementsOfLists(t *testing.T) {
	t.Parallel()
	eachCounted(t, func(t *testing.T, d *suite, asked *testkit.Statements) {
		list := func(sel view.Selection) func() {
			return func() { check.Must(d.List(d.Agent(1), sel, paging.PageArgs{}))(t) }
		}
		for range 20 {
			d.StartChat(0, "apple")
		}
		for _, shown := range desk.BuiltInViews {
			desk.AtMost(t, asked, 2, list(view.Selection{View: shown}))
		}
		desk.AtMost(t, asked, 2, list(view.Selection{Filter: view.Filter{Priorities: []vocab.Priority{vocab.PriorityNone}}}))
		desk.AtMost(t, asked, 3, list(view.Selection{Filter: view.Filter{Text: check.Ptr("apple")}})) // one more, for how common the word is
		desk.AtMost(t, asked, 4, list(view.Selection{Filter: view.Filter{Priorities: []vocab.Priority{vocab.PriorityHigh}}}))
		page := check.Must(d.List(d.Agent(1), view.Selection{}, paging.PageArgs{}))(t)
		desk.AtMost(t, asked, 1, func() { check.Must(page.TotalCount(d.Agent(1)))(t) })
		desk.AtMost(t, asked, 4, func() {
			check.Must(d.Search(d.Agent(1), "apple", view.Filter{}, vocab.SearchNewest, paging.PageArgs{}))(t)
		})
	})
}
