package library_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// CO-9: a page of openings is read from the index of its link, without sorting, and with one
// statement for several links.
func TestOpeningsHaveAnIndex(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		w := newWorld(t, db.Open(t, clock.System{}, asked.Trace))
		links := []*ent.LibraryShare{{ID: id.New(id.LibraryShare)}, {ID: id.New(id.LibraryShare)}}
		statements := asked.Of(func() { check.Must(w.OpeningsOf(w.Agent(0), links, paging.PageArgs{}))(t) })
		check.Same(t, len(statements), 1)
		if db.URL() != "" {
			return
		}
		text := w.planOf(statements[0])
		if strings.Contains(text, "SCAN library_openings") || !strings.Contains(text, "library_openings_share") {
			t.Errorf("the plan is\n%s", text)
		}
	})
}

// planOf is how SQLite runs a statement, whatever its arguments.
func (w *world) planOf(query string) string {
	w.t.Helper()
	rows := check.Must(w.Store.Query(w.System, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...))(w.t)
	defer func() { _ = rows.Close() }()
	var plan []string
	for rows.Next() {
		var node, parent, unused int
		var detail string
		check.NoError(w.t, rows.Scan(&node, &parent, &unused, &detail))
		plan = append(plan, detail)
	}
	return strings.Join(plan, "\n")
}

// CO-1: each audience of a list of items is read in the order of an index, whatever it is
// narrowed by; a list costs as many statements for many items as for few.
func TestItemsHaveAnIndex(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		w := newWorld(t, db.Open(t, clock.System{}, asked.Trace))
		kind := vocab.SnippetItem
		filters := map[string]struct {
			filter library.Filter
			index  string
		}{
			"all":      {library.Filter{}, "library_items_name"},
			"kind":     {library.Filter{Kind: &kind}, "library_items_kind"},
			"folder":   {library.Filter{Folder: new("Sales")}, "library_items_folder"},
			"words":    {library.Filter{Query: new("hours")}, "library_items_name"},
			"shortcut": {library.Filter{Query: new("#h")}, "library_items_"},
		}
		few := map[string]int{}
		for round, items := range []int{1, 6} {
			for i := range items {
				check.Must(w.snippet(w.Admin, "We open at nine.", func(in *library.CreateLibraryItemInput) {
					in.Name, in.ItemFacts.Folder = fmt.Sprint("Hours ", round, i), opt.Of("Sales")
				}))(t)
			}
			for name, of := range filters {
				statements := asked.Of(func() { check.Must(w.List(w.Admin, of.filter, paging.PageArgs{}))(t) })
				if round == 0 {
					few[name] = len(statements)
				} else if len(statements) != few[name] {
					t.Errorf("%s: %d statements for more items, %d for one:\n%s", name, len(statements), few[name], strings.Join(statements, "\n"))
				}
				if db.URL() != "" {
					continue
				}
				last := statements[len(statements)-1]
				if plan := w.planOf(last); strings.Contains(plan, "SCAN library_items") || !strings.Contains(plan, of.index) {
					t.Errorf("%s: %s\n%s", name, last, plan)
				}
			}
		}
	})
}
