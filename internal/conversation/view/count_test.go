package view_test

import (
	"fmt"
	"testing"

	"parley/internal/conversation/view"
	"parley/internal/testkit/check"
)

// IN-3: a count that would take too long to know is null, and not a lower one; the list
// finds all the same.
func TestCountsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		for i := range 12 {
			d.StartChat(0, fmt.Sprint("common word", i))
		}
		me, sel := d.Agent(0), view.Selection{Filter: view.Filter{Text: check.Ptr("common")}}
		check.Same(t, *check.Must(d.Count(me, sel))(t), 12)
		d.LimitHits(5)
		check.Same(t, *check.Must(d.Count(me, sel))(t), 12)
		d.LimitWalks(3, 400)
		d.LimitCountedPages(2)
		if n := check.Must(d.Count(me, sel))(t); n != nil {
			t.Errorf("counted %d", *n)
		}
		check.Same(t, len(d.pages(me, t, sel, 5, false)), 12)
		d.LimitCounts(10)
		d.LimitCountedPages(100)
		if n := check.Must(d.Count(me, sel))(t); n != nil {
			t.Errorf("counted %d", *n)
		}
	})
}
