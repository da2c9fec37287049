package view_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-15, IN-19: the counts of a saved view are those of its open conversations, and of
// those that the viewer has not read, whatever its filter.
func TestCountsOfSavedViews(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		w := d.crowd(rand.New(rand.NewPCG(11, 12)), 120)
		asks := []context.Context{d.Agent(0), d.Agent(1), d.Admin}
		seen := 0
		rapid.Check(t, func(t *rapid.T) {
			ctx := rapid.SampledFrom(asks).Draw(t, "who")
			v := viewer.FromContext(ctx)
			sel := d.drawSelection(t, w, nil)
			saved := check.Must(d.CreateSavedView(ctx, view.CreateSavedViewInput{Name: id.New("name"), View: &sel.View, Filter: &sel.Filter}))(t)
			defer func() {
				check.Must(d.DeleteSavedView(ctx, view.DeleteSavedViewInput{SavedViewID: saved.ID}))(t)
			}()
			got := check.Must(d.CountViews(ctx, view.Counted{SavedViewIDs: []string{saved.ID}}))(t)
			want := view.ViewCount{SavedViewID: saved.ID}
			for _, id := range w.list(t, v, sel) {
				c := w.all[slices.IndexFunc(w.all, func(c *ent.Conversation) bool { return c.ID == id })]
				if c.Status != vocab.Open {
					continue
				}
				want.Open++
				if read := w.read[c.ID][v.ActorID]; c.Filtered == 0 && c.DeletedAt == 0 && (c.LastIncomingNumber > read.Number || c.WokenRevision > read.Revision) {
					want.Unread++
				}
			}
			seen += want.Unread
			if len(got) != 1 || *got[0] != want {
				t.Fatalf("got %v, want %v", *got[0], want)
			}
		})
		if seen == 0 {
			t.Error("nothing was unread in any")
		}
	})
}

// IN-15: views of several inboxes and saved ones in one list, within bounds; what the
// viewer may not use is refused where it stands, foreign and unknown alike.
func TestCountedViews(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		cleo := d.Agent(1)
		mine := d.SaveView(cleo, view.CreateSavedViewInput{Name: "Mine"})
		foreign := d.SaveView(d.Admin, view.CreateSavedViewInput{Name: "Not hers"})
		counts := check.Must(d.CountViews(cleo, view.Counted{InboxIDs: []string{d.InboxIDs[1], d.InboxIDs[0]}, SavedViewIDs: []string{mine.ID}}))(t)
		check.Same(t, len(counts), 17)
		check.Same(t, []string{counts[0].ID(), counts[8].ID(), counts[16].ID()}, []string{d.InboxIDs[1] + ":ALL", d.InboxIDs[0] + ":ALL", mine.ID})
		check.Same(t, counts[16].Open, counts[0].Open+counts[8].Open)
		check.Same(t, len(check.Must(d.CountViews(cleo, view.Counted{}))(t)), 16)
		check.Same(t, len(check.Must(d.CountViews(cleo, view.Counted{SavedViewIDs: []string{}}))(t)), 0)
		for name, tc := range map[string]struct {
			counted view.Counted
			code    errs.Code
			field   []string
		}{
			"foreign inbox": {view.Counted{InboxIDs: []string{d.InboxIDs[0], id.New(id.Inbox)}}, errs.NotFound, []string{"inboxIds", "1"}},
			"no inbox":      {view.Counted{InboxIDs: []string{mine.ID}}, errs.NotFound, []string{"inboxIds", "0"}},
			"another's":     {view.Counted{SavedViewIDs: []string{mine.ID, foreign.ID}}, errs.NotFound, []string{"savedViewIds", "1"}},
			"no saved view": {view.Counted{SavedViewIDs: []string{"\x00"}}, errs.NotFound, []string{"savedViewIds", "0"}},
			"51 views":      {view.Counted{SavedViewIDs: slices.Repeat([]string{mine.ID}, 51)}, errs.TooLong, []string{"savedViewIds"}},
			"101 inboxes":   {view.Counted{InboxIDs: slices.Repeat([]string{d.InboxIDs[0]}, 101)}, errs.TooLong, []string{"inboxIds"}},
		} {
			_, err := d.CountViews(cleo, tc.counted)
			if e := errs.Of(err); e == nil || e.Code != tc.code || !slices.Equal(e.Field, tc.field) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		d.LimitCounts(1)
		check.Same(t, *check.Must(d.CountViews(cleo, view.Counted{SavedViewIDs: []string{mine.ID}}))(t)[0], view.ViewCount{SavedViewID: mine.ID, Unknown: true})
	})
}
