package view_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// savedNames are the views that a viewer may use.
func (d *suite) savedNames(ctx context.Context, inboxID *string) []string {
	d.T.Helper()
	names := []string{}
	for _, v := range check.Must(d.SavedViews(ctx, inboxID, paging.PageArgs{First: check.Ptr(100)}))(d.T).Nodes() {
		names = append(names, v.Name)
	}
	return names
}

// listed is what a saved view shows.
func (d *suite) listed(ctx context.Context, viewID string, filter view.Filter) ([]string, error) {
	page, err := d.List(ctx, view.Selection{SavedViewID: &viewID, Filter: filter}, paging.PageArgs{})
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, e := range page.Edges {
		ids = append(ids, e.Node.ID)
	}
	return ids, nil
}

// IN-19: a private view is its owner's alone, a shared one its inbox's members';
// each change is told to those who see it.
func TestSavedViews(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.Agent(0), d.Agent(1)
		var mine, shared *ent.SavedView
		events := d.EventsOf(func() {
			mine = d.SaveView(ben, view.CreateSavedViewInput{Name: " My   own ", Filter: &view.Filter{Text: check.Ptr("apple")}})
			shared = d.SaveView(cleo, view.CreateSavedViewInput{Name: "Urgent", InboxID: &d.InboxIDs[0], Shared: true, View: check.Ptr(vocab.ViewChat)})
		})
		d.SaveView(cleo, view.CreateSavedViewInput{Name: "Elsewhere", InboxID: &d.InboxIDs[1], Shared: true})
		check.Same(t, []any{events[0].UserID, events[0].InboxID, events[0].SubjectID}, []any{d.AgentIDs[0], "", mine.ID})
		check.Same(t, []any{events[1].UserID, events[1].InboxID, events[1].SubjectID}, []any{"", d.InboxIDs[0], shared.ID})
		check.Same(t, d.savedNames(ben, nil), []string{"My own", "Urgent"})
		check.Same(t, d.savedNames(cleo, nil), []string{"Elsewhere", "Urgent"})
		check.Same(t, d.savedNames(cleo, &d.InboxIDs[0]), []string{"Urgent"})
		check.Same(t, d.savedNames(ben, &d.InboxIDs[0]), []string{"My own", "Urgent"})
		_, err := d.SavedViews(ben, &d.InboxIDs[1], paging.PageArgs{})
		check.Refused(t, err, errs.NotFound, "inboxId")

		_, err = d.UpdateSavedView(ben, view.UpdateSavedViewInput{SavedViewID: shared.ID, Name: opt.Of("Mine now")})
		check.Refused(t, err, errs.Forbidden)
		_, err = d.DeleteSavedView(ben, view.DeleteSavedViewInput{SavedViewID: shared.ID})
		check.Refused(t, err, errs.Forbidden)
		_, err = d.UpdateSavedView(cleo, view.UpdateSavedViewInput{SavedViewID: mine.ID, Name: opt.Of("Not mine")})
		check.Refused(t, err, errs.NotFound, "savedViewId")
		_, err = d.UpdateSavedView(d.Admin, view.UpdateSavedViewInput{SavedViewID: shared.ID, Shared: opt.Of(false)})
		check.Refused(t, err, errs.Invalid, "shared")

		got := d.Recorded(func() {
			for range 2 {
				check.Must(d.UpdateSavedView(d.Admin, view.UpdateSavedViewInput{
					SavedViewID: shared.ID, Name: opt.Of("Late"), OrderBy: opt.Of(vocab.LongestWaiting), Filter: opt.Of(view.Filter{Tags: []string{"late"}}),
				}))(t)
			}
		})
		check.Same(t, got, []string{"SAVED_VIEW_UPDATED name:> filter:> orderBy:ACTIVITY_DESC>LONGEST_WAITING"})
		events = d.EventsOf(func() {
			check.Must(d.UpdateSavedView(cleo, view.UpdateSavedViewInput{SavedViewID: shared.ID, Shared: opt.Of(false)}))(t)
			check.Must(d.UpdateSavedView(cleo, view.UpdateSavedViewInput{SavedViewID: shared.ID, Name: opt.Of("Later")}))(t)
		})
		check.Same(t, []string{events[0].UserID, events[1].UserID}, []string{"", d.AgentIDs[1]}) // who loses it is told
		check.Same(t, d.savedNames(ben, nil), []string{"My own"})

		check.Same(t, d.Recorded(func() {
			for range 2 {
				check.Must(d.DeleteSavedView(ben, view.DeleteSavedViewInput{SavedViewID: mine.ID, IdempotencyKey: check.Ptr("k")}))(t)
			}
		}), []string{"SAVED_VIEW_DELETED"})
		check.Same(t, d.savedNames(ben, nil), []string{})
		if saved, err := d.SavedView(ben, mine.ID); saved != nil || err != nil {
			t.Errorf("a deleted view is %v, %v", saved, err)
		}
	})
}

// IN-19: what cannot be saved. A filter is checked as a list's.
func TestSavedViewRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.Agent(0)
		save := func(in view.CreateSavedViewInput) error {
			_, err := d.CreateSavedView(ben, in)
			return err
		}
		d.SaveView(ben, view.CreateSavedViewInput{Name: "Mine"})
		d.SaveView(d.Agent(1), view.CreateSavedViewInput{Name: "Mine"}) // another's own
		shared := d.SaveView(ben, view.CreateSavedViewInput{Name: "Mine", InboxID: &d.InboxIDs[0], Shared: true})
		told := d.Recorded(func() {
			check.Refused(t, save(view.CreateSavedViewInput{Name: "Mine"}), errs.AlreadyExists, "name")
			check.Refused(t, save(view.CreateSavedViewInput{Name: "Mine", InboxID: &d.InboxIDs[0], Shared: true}), errs.AlreadyExists, "name")
			check.Refused(t, save(view.CreateSavedViewInput{Name: " "}), errs.Required, "name")
			check.Refused(t, save(view.CreateSavedViewInput{Name: "All", Shared: true}), errs.Invalid, "shared")
			check.Refused(t, save(view.CreateSavedViewInput{Name: "All", InboxID: &d.InboxIDs[1]}), errs.NotFound, "inboxId")
			check.Refused(t, save(view.CreateSavedViewInput{Name: "All", Filter: &view.Filter{ContactIDs: []string{"x"}}}), errs.Invalid, "filter", "contactIds")
			check.Refused(t, save(view.CreateSavedViewInput{Name: "All", Filter: &view.Filter{Text: check.Ptr("\xff")}}), errs.Invalid, "filter", "text")
			_, err := d.UpdateSavedView(ben, view.UpdateSavedViewInput{
				SavedViewID: shared.ID, Filter: opt.Of(view.Filter{OpenedAfter: check.Ptr(desk.Moment(2)), OpenedBefore: check.Ptr(desk.Moment(1))}),
			})
			check.Refused(t, err, errs.Invalid, "filter", "openedBefore")
			_, err = d.UpdateSavedView(ben, view.UpdateSavedViewInput{SavedViewID: d.ConversationIDs[0]})
			check.Refused(t, err, errs.NotFound, "savedViewId")
		})
		check.Same(t, told, []string{})
		var group sync.WaitGroup
		for range 4 { // one of several at once gets the name
			group.Go(func() {
				if err := save(view.CreateSavedViewInput{Name: "Race"}); err != nil && !errs.Is(err, errs.AlreadyExists) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		check.Same(t, slices.Index(d.savedNames(ben, nil), "Race") >= 0, true)
	})
}

// IN-19, AC-3: with the membership goes what was private there; what was shared
// stays, and its inbox's admins may change it.
func TestSavedViewOfALeaver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		cleo := d.Agent(1)
		private := d.SaveView(cleo, view.CreateSavedViewInput{Name: "Private", InboxID: &d.InboxIDs[0]})
		shared := d.SaveView(cleo, view.CreateSavedViewInput{Name: "Shared", InboxID: &d.InboxIDs[0], Shared: true})
		left := *viewer.FromContext(cleo)
		left.InboxIDs = d.InboxIDs[1:]
		gone := viewer.NewContext(t.Context(), &left)
		check.Same(t, d.savedNames(gone, nil), []string{})
		_, err := d.listed(gone, private.ID, view.Filter{})
		check.Refused(t, err, errs.NotFound, "view", "savedViewId")
		d.Deactivate(d.AgentIDs[1])
		check.Same(t, d.savedNames(d.Agent(0), nil), []string{"Shared"})
		check.Must(d.UpdateSavedView(d.Admin, view.UpdateSavedViewInput{SavedViewID: shared.ID, Name: opt.Of("Ours")}))(t)
		check.Same(t, d.savedNames(d.Agent(0), nil), []string{"Ours"})
	})
}

// IN-19: a saved view stands where a built-in one does. "Me" is whoever looks,
// and its order holds unless the list asks for another.
func TestSavedViewInALists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		first, second := d.StartChat(0, "apple").ID, d.StartChat(0, "pear").ID
		d.MustAssign(first, d.AgentIDs[0])
		d.MustAssign(second, d.AgentIDs[1])
		mine := d.SaveView(d.Agent(1), view.CreateSavedViewInput{
			Name: "Mine", InboxID: &d.InboxIDs[0], Shared: true, Filter: &view.Filter{Assignees: &view.AssigneeFilter{Me: true}},
		})
		check.Same(t, check.Must(d.listed(d.Agent(0), mine.ID, view.Filter{}))(t), []string{first})
		check.Same(t, check.Must(d.listed(d.Agent(1), mine.ID, view.Filter{}))(t), []string{second})
		check.Same(t, check.Must(d.listed(d.Agent(1), mine.ID, view.Filter{Statuses: []vocab.ConversationStatus{vocab.Closed}}))(t), []string{})

		oldest := d.SaveView(d.Agent(0), view.CreateSavedViewInput{Name: "Oldest", OrderBy: check.Ptr(vocab.OpenedAsc)})
		got := check.Must(d.listed(d.Agent(0), oldest.ID, view.Filter{}))(t)
		check.Same(t, got[len(got)-1], second)
		page := check.Must(d.List(d.Agent(0), view.Selection{SavedViewID: &oldest.ID, Order: vocab.OpenedDesc}, paging.PageArgs{}))(t)
		check.Same(t, page.Edges[0].Node.ID, second)

		for field, sel := range map[string]view.Selection{
			"view":    {SavedViewID: &oldest.ID, View: vocab.ViewAll},
			"inboxId": {SavedViewID: &mine.ID, InboxID: &d.InboxIDs[1]},
		} {
			_, err := d.List(d.Agent(1), sel, paging.PageArgs{})
			if field == "view" {
				_, err = d.List(d.Agent(0), sel, paging.PageArgs{})
			}
			check.Refused(t, err, errs.Invalid, field)
		}
		_, err := d.List(d.Agent(1), view.Selection{SavedViewID: &oldest.ID}, paging.PageArgs{})
		check.Refused(t, err, errs.NotFound, "view", "savedViewId")
	})
}

// IN-6, IN-19: a bulk change of a saved view means the view as it was when it
// was asked for.
func TestBulkOfASavedView(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.Viewers.Admit(d.Agent(0))
		apple, pear := d.StartChat(0, "apple").ID, d.StartChat(0, "pear").ID
		for c, tag := range map[string]string{apple: "apple", pear: "pear"} {
			if err := d.TagWith(c, tag); err != nil {
				t.Fatal(err)
			}
		}
		saved := d.SaveView(d.Agent(0), view.CreateSavedViewInput{Name: "Apples", Filter: &view.Filter{Tags: []string{"apple"}}})
		in := conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{View: &view.ViewInput{SavedViewID: &saved.ID}}}}
		task := check.Must(d.BulkChange(d.Agent(0), in))(t)
		check.Must(d.UpdateSavedView(d.Agent(0), view.UpdateSavedViewInput{SavedViewID: saved.ID, Filter: opt.Of(view.Filter{Tags: []string{"pear"}})}))(t)
		if err := d.RunBulk(t.Context(), conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID}); err != nil {
			t.Fatal(err)
		}
		check.Same(t, []any{d.Row(apple).Status, d.Row(pear).Status}, []any{vocab.Closed, vocab.Open})
		in.Selection.Whole.View.BuiltIn = check.Ptr(vocab.ViewAll)
		_, err := d.BulkChange(d.Agent(0), in)
		check.Refused(t, err, errs.Invalid, "selection", "whole", "view")
	})
}

// IN-19: whatever a saved view and a list's own filter say, the list shows the
// conversations for which both hold, page by page, and counts them.
func TestSavedFilterAndOwnBothHold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		w := d.crowd(rand.New(rand.NewPCG(3, 4)), 120)
		ctx := d.Agent(1)
		v := viewer.FromContext(ctx)
		kept := d.SaveView(ctx, view.CreateSavedViewInput{Name: "View"})
		rapid.Check(t, func(t *rapid.T) {
			saved, own := d.drawSelection(t, w, nil), d.drawSelection(t, w, v.InboxIDs)
			check.Must(d.UpdateSavedView(ctx, view.UpdateSavedViewInput{SavedViewID: kept.ID, View: opt.Of(saved.View), Filter: opt.Of(saved.Filter), OrderBy: opt.Of(saved.Order)}))(t)
			own.View, own.SavedViewID = "", &kept.ID
			d.LimitWalks(rapid.SampledFrom([]int{3, 20, 5000}).Draw(t, "rows"), 400)
			d.LimitHits(rapid.SampledFrom([]int{0, 20, 5000}).Draw(t, "hits"))
			d.LimitCountedPages(1000)

			saved.InboxID, saved.Order = own.InboxID, own.Order
			asked := own
			if asked.View = saved.View; own.Filter.Snoozed == "" {
				asked.Filter.Snoozed = vocab.SnoozedInclude // nothing said: the saved view decides
			}
			allowed := w.list(t, v, saved)
			want := slices.DeleteFunc(w.list(t, v, asked), func(c string) bool { return !slices.Contains(allowed, c) })
			same2(t, "forwards", d.pages(ctx, t, own, 7, false), want)
			same2(t, "backwards", d.pages(ctx, t, own, 7, true), want)
			page := check.Must(d.List(ctx, own, paging.PageArgs{}))(t)
			if n := check.Must(page.TotalCount(ctx))(t); n == nil || *n != len(want) {
				t.Fatalf("counted %v of %d", n, len(want))
			}
		})
	})
}

// IN-19: a filter survives its saving as it was.
func TestSavedFilterIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		want := view.Filter{
			InboxIDs: []string{d.InboxIDs[0]}, Statuses: []vocab.ConversationStatus{vocab.Open}, Channels: []vocab.ChannelKind{vocab.Chat},
			Assignees: &view.AssigneeFilter{Me: true, Nobody: true, UserIDs: []string{d.AdminID}}, ContactIDs: []string{d.ContactID},
			Tags: []string{"é, <b>"}, Priorities: []vocab.Priority{vocab.PriorityHigh}, OpenedAfter: check.Ptr(clock.Of(desk.Monday)),
			Snoozed: vocab.SnoozedOnly, Unread: check.Ptr(false), Text: check.Ptr(`"plum plum"`),
		}
		saved := d.SaveView(d.Agent(0), view.CreateSavedViewInput{Name: "All of it", Filter: &want})
		kept := check.Must(d.SavedView(d.Agent(0), saved.ID))(t)
		check.Same(t, check.Must(view.FilterOf(kept))(t), want)
	})
}
