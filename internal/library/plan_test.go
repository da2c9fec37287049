package library_test

import (
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
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
		rows := check.Must(w.Store.Query(w.System, "EXPLAIN QUERY PLAN "+statements[0], make([]any, strings.Count(statements[0], "?"))...))(t)
		var plan []string
		for rows.Next() {
			var node, parent, unused int
			var detail string
			check.NoError(t, rows.Scan(&node, &parent, &unused, &detail))
			plan = append(plan, detail)
		}
		check.NoError(t, rows.Close())
		text := strings.Join(plan, "\n")
		if strings.Contains(text, "SCAN library_openings") || !strings.Contains(text, "library_openings_share") {
			t.Errorf("the plan is\n%s", text)
		}
	})
}
