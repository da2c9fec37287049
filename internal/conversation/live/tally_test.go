package live_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// group is what a client knows of the counts of several views.
type group struct {
	*live.CountsGroup
	s       *stage
	who     *person
	counted view.Counted
}

func (s *stage) group(who *person, counted view.Counted) *group {
	s.T.Helper()
	stream := check.Must(s.live.CountViews(who.context(s.T.Context()), counted))(s.T)
	s.T.Cleanup(stream.Close)
	return &group{stream, s, who, counted}
}

// right checks that the stream reports what a query does, or has ended if the viewer
// may not ask.
func (g *group) right(label string) (going bool) {
	g.s.T.Helper()
	ctx, cancel := context.WithTimeout(g.s.T.Context(), time.Minute)
	defer cancel()
	got, err := g.Until(ctx, g.s.head())
	want, refused := g.s.Desk.CountViews(g.who.context(g.s.T.Context()), g.counted)
	if refused != nil {
		if !errs.Is(err, errs.NotFound) {
			g.s.T.Errorf("%s: %v, want %v", label, err, refused)
		}
		return false
	}
	if err != nil {
		g.s.T.Fatal(label, err)
	}
	same := slices.EqualFunc(got.Views, want, func(a, b *view.ViewCount) bool { return *a == *b })
	if !same {
		for i := range want {
			if i >= len(got.Views) || *got.Views[i] != *want[i] {
				g.s.T.Errorf("%s: view %d: got %+v, want %+v", label, i, *got.Views[min(i, len(got.Views)-1)], *want[i])
			}
		}
	}
	return true
}

// IN-15, IN-19: whatever happens, in any order, the counts of saved views and of
// inboxes are those of a query: with criteria that rows say, and with others.
func TestCountsOfSavedViewsOfAnyHistory(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		for seed := range uint64(8) {
			f := *d
			fresh := desk.On(t, d.Store, d.Clock)
			f.Fixture, f.Service = fresh.Fixture, fresh.Service
			h := stageOn(&f, &wire{}).history(seed)
			h.live.RecountAfter(time.Millisecond)
			if seed == 7 {
				h.live.LimitCounts(3)
				h.Desk.Limits.Count = 3
			}
			for range 30 {
				h.step()
			}
			var groups []*group
			for i := range 120 {
				h.step()
				if who := desk.Pick(h.r, h.people...); i%12 == 0 && who.viewer.InInbox(h.InboxIDs[0]) {
					groups = append(groups, h.group(who, h.savedViews(who, i)))
				}
				groups = slices.DeleteFunc(groups, func(g *group) bool {
					ended := h.r.IntN(6) == 0 && !g.right(fmt.Sprintf("seed %d, step %d", seed, i))
					if ended {
						g.Close()
					}
					return ended
				})
			}
			for _, g := range groups {
				g.right(fmt.Sprintf("seed %d, at last", seed))
				g.Close()
			}
			if n := h.live.Tallies(); n > 0 {
				t.Errorf("%d totals are kept for no one", n)
			}
			if t.Failed() {
				return
			}
		}
	})
}

// savedViews saves a few views, to be counted with an inbox.
func (h *history) savedViews(who *person, i int) view.Counted {
	counted := view.Counted{InboxIDs: h.InboxIDs[:1]}
	for n := range 3 {
		sel := h.selection()
		if h.r.IntN(3) == 0 {
			sel.Filter.Any = []view.Filter{{Priorities: []vocab.Priority{vocab.PriorityHigh}}, {WaitingOn: check.Ptr(vocab.WaitingOnContact)}, {ActiveAfter: sel.Filter.ActiveAfter, Tags: []string{"vip"}}}
		}
		if h.r.IntN(3) == 0 {
			sel.Filter.Not = []view.Filter{{Unread: check.Ptr(true), Assignees: &view.AssigneeFilter{Nobody: true}}}
		}
		in := view.CreateSavedViewInput{Name: fmt.Sprint("View ", i, " ", n), View: &sel.View, Filter: &sel.Filter}
		if h.r.IntN(2) == 0 {
			in.InboxID = &h.InboxIDs[0]
		}
		counted.SavedViewIDs = append(counted.SavedViewIDs, h.SaveView(who.context(h.T.Context()), in).ID)
	}
	return counted
}

// IN-19: the counts follow what was saved, and end when it is gone.
func TestCountsOfASavedViewThatChanges(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		saved := s.SaveView(s.Admin, view.CreateSavedViewInput{InboxID: &s.InboxIDs[0], Name: "Tagged", Shared: true, Filter: &view.Filter{Tags: []string{"vip"}}})
		g := s.group(newPerson(s.Agent(0)), view.Counted{SavedViewIDs: []string{saved.ID}})
		g.right("at first")
		if err := s.TagWith(s.ConversationIDs[0], "vip"); err != nil {
			t.Fatal(err)
		}
		g.right("tagged")
		check.Must(s.UpdateSavedView(s.Admin, view.UpdateSavedViewInput{SavedViewID: saved.ID, Filter: opt.Of(view.Filter{Not: []view.Filter{{Tags: []string{"vip"}}}})}))(t)
		g.right("the others")
		check.Must(s.MarkRead(s.Agent(0), conversation.MarkConversationReadInput{ConversationID: s.ConversationIDs[1]}))(t)
		g.right("read")
		check.Must(s.UpdateSavedView(s.Admin, view.UpdateSavedViewInput{SavedViewID: saved.ID, Shared: opt.Of(false)}))(t)
		if g.right("not shared any more") {
			t.Error("the counts go on")
		}
		_, err := s.live.CountViews(s.Agent(0), view.Counted{SavedViewIDs: []string{saved.ID}})
		check.Refused(t, err, errs.NotFound, "savedViewIds", "0")
	})
}

// NT-5: the total of a filtered live view follows what happens behind its window too.
func TestTotalsOfALiveView(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		ctx, cancel := context.WithTimeout(s.Agent(0), time.Minute)
		defer cancel()
		one := 1
		stream := check.Must(s.live.View(ctx, view.Selection{InboxID: &s.InboxIDs[0], Order: vocab.OpenedAsc, Filter: view.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}}, &one, false))(t)
		defer stream.Close()
		if err := stream.WithTotals(ctx); err != nil {
			t.Fatal(err)
		}
		total := func(want int) {
			t.Helper()
			for {
				switch update := check.Must(stream.Next(ctx))(t).(type) {
				case *live.ViewTotal:
					if *update.TotalCount == want {
						return
					}
				case *live.ViewReset:
					t.Fatal("the view began again")
				}
			}
		}
		total(2)
		c := s.StartChat(0, "Hello").ID
		total(3)
		s.MustClose(c)
		total(2)
		s.MustClose(s.ConversationIDs[0])
		total(1)
	})
}
