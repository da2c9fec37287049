package view_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

// NT-5: whatever a list's filter is, a single row is judged as the list's own
// query judges it, on either database.
func TestMatchIsWhatListsShow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		w := d.crowd(rand.New(rand.NewPCG(5, 6)), 60)
		asks := []context.Context{d.Agent(0), d.Agent(1), d.Admin}
		rapid.Check(t, func(t *rapid.T) {
			ctx := rapid.SampledFrom(asks).Draw(t, "who")
			sel := d.drawSelection(t, w, viewer.FromContext(ctx).InboxIDs)
			listed := d.pages(ctx, t, sel, 100, false)
			for range 10 {
				c := d.Row(rapid.SampledFrom(w.all).Draw(t, "row").ID)
				if got, want := check.Must(d.Matches(ctx, sel, c))(t), slices.Contains(listed, c.ID); got != want {
					t.Fatalf("%s matches: %v; it is listed: %v", c.ID, got, want)
				}
			}
		})
	})
}
