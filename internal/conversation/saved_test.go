package conversation_test

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
	"parley/internal/errs"
	"parley/internal/relay"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// saves makes a saved view that must succeed.
func (d *desk) saves(ctx context.Context, in conversation.CreateSavedViewInput) *ent.SavedView {
	d.t.Helper()
	return must(d.CreateSavedView(ctx, in))(d.t)
}

// savedNames are the views that a viewer may use.
func (d *desk) savedNames(ctx context.Context, inboxID *string) []string {
	d.t.Helper()
	names := []string{}
	for _, v := range must(d.SavedViews(ctx, inboxID))(d.t) {
		names = append(names, v.Name)
	}
	return names
}

// listed is what a saved view shows.
func (d *desk) listed(ctx context.Context, viewID string, filter conversation.Filter) ([]string, error) {
	page, err := d.List(ctx, conversation.Selection{SavedViewID: &viewID, Filter: filter}, relay.PageArgs{})
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
	eachDesk(t, func(t *testing.T, d *desk) {
		ben, cleo := d.Agent(0), d.Agent(1)
		var mine, shared *ent.SavedView
		events := d.events(func() {
			mine = d.saves(ben, conversation.CreateSavedViewInput{Name: " My   own ", Filter: &conversation.Filter{Text: ptr("apple")}})
			shared = d.saves(cleo, conversation.CreateSavedViewInput{Name: "Urgent", InboxID: &d.InboxIDs[0], Shared: true, View: ptr(vocab.ViewChat)})
		})
		d.saves(cleo, conversation.CreateSavedViewInput{Name: "Elsewhere", InboxID: &d.InboxIDs[1], Shared: true})
		same(t, []any{events[0].UserID, events[0].InboxID, events[0].SubjectID}, []any{d.AgentIDs[0], "", mine.ID})
		same(t, []any{events[1].UserID, events[1].InboxID, events[1].SubjectID}, []any{"", d.InboxIDs[0], shared.ID})
		same(t, d.savedNames(ben, nil), []string{"My own", "Urgent"})
		same(t, d.savedNames(cleo, nil), []string{"Elsewhere", "Urgent"})
		same(t, d.savedNames(cleo, &d.InboxIDs[0]), []string{"Urgent"})
		same(t, d.savedNames(ben, &d.InboxIDs[0]), []string{"My own", "Urgent"})
		_, err := d.SavedViews(ben, &d.InboxIDs[1])
		refused(t, err, errs.NotFound, "inboxId")

		_, err = d.UpdateSavedView(ben, conversation.UpdateSavedViewInput{SavedViewID: shared.ID, Name: ptr("Mine now")})
		refused(t, err, errs.Forbidden)
		_, err = d.DeleteSavedView(ben, conversation.DeleteSavedViewInput{SavedViewID: shared.ID})
		refused(t, err, errs.Forbidden)
		_, err = d.UpdateSavedView(cleo, conversation.UpdateSavedViewInput{SavedViewID: mine.ID, Name: ptr("Not mine")})
		refused(t, err, errs.NotFound, "savedViewId")
		_, err = d.UpdateSavedView(d.Admin, conversation.UpdateSavedViewInput{SavedViewID: shared.ID, Shared: ptr(false)})
		refused(t, err, errs.Invalid, "shared")

		got := d.told(func() {
			for range 2 {
				must(d.UpdateSavedView(d.Admin, conversation.UpdateSavedViewInput{
					SavedViewID: shared.ID, Name: ptr("Late"), OrderBy: ptr(vocab.LongestWaiting), Filter: &conversation.Filter{Tags: []string{"late"}},
				}))(t)
			}
		})
		same(t, got, []string{"SAVED_VIEW_UPDATED name:> filter:> orderBy:LAST_MESSAGE_DESC>LONGEST_WAITING"})
		events = d.events(func() {
			must(d.UpdateSavedView(cleo, conversation.UpdateSavedViewInput{SavedViewID: shared.ID, Shared: ptr(false)}))(t)
			must(d.UpdateSavedView(cleo, conversation.UpdateSavedViewInput{SavedViewID: shared.ID, Name: ptr("Later")}))(t)
		})
		same(t, []string{events[0].UserID, events[1].UserID}, []string{"", d.AgentIDs[1]}) // who loses it is told
		same(t, d.savedNames(ben, nil), []string{"My own"})

		same(t, d.told(func() {
			for range 2 {
				must(d.DeleteSavedView(ben, conversation.DeleteSavedViewInput{SavedViewID: mine.ID, IdempotencyKey: ptr("k")}))(t)
			}
		}), []string{"SAVED_VIEW_DELETED"})
		same(t, d.savedNames(ben, nil), []string{})
		if view, err := d.SavedView(ben, mine.ID); view != nil || err != nil {
			t.Errorf("a deleted view is %v, %v", view, err)
		}
	})
}

// IN-19: what cannot be saved. A filter is checked as a list's.
func TestSavedViewRefuses(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ben := d.Agent(0)
		save := func(in conversation.CreateSavedViewInput) error {
			_, err := d.CreateSavedView(ben, in)
			return err
		}
		d.saves(ben, conversation.CreateSavedViewInput{Name: "Mine"})
		d.saves(d.Agent(1), conversation.CreateSavedViewInput{Name: "Mine"}) // another's own
		shared := d.saves(ben, conversation.CreateSavedViewInput{Name: "Mine", InboxID: &d.InboxIDs[0], Shared: true})
		told := d.told(func() {
			refused(t, save(conversation.CreateSavedViewInput{Name: "Mine"}), errs.AlreadyExists, "name")
			refused(t, save(conversation.CreateSavedViewInput{Name: "Mine", InboxID: &d.InboxIDs[0], Shared: true}), errs.AlreadyExists, "name")
			refused(t, save(conversation.CreateSavedViewInput{Name: " "}), errs.Required, "name")
			refused(t, save(conversation.CreateSavedViewInput{Name: "All", Shared: true}), errs.Invalid, "shared")
			refused(t, save(conversation.CreateSavedViewInput{Name: "All", InboxID: &d.InboxIDs[1]}), errs.NotFound, "inboxId")
			refused(t, save(conversation.CreateSavedViewInput{Name: "All", Filter: &conversation.Filter{ContactIDs: []string{"x"}}}), errs.Invalid, "filter", "contactIds")
			refused(t, save(conversation.CreateSavedViewInput{Name: "All", Filter: &conversation.Filter{Text: ptr("\xff")}}), errs.Invalid, "filter", "text")
			_, err := d.UpdateSavedView(ben, conversation.UpdateSavedViewInput{
				SavedViewID: shared.ID, Filter: &conversation.Filter{OpenedAfter: ptr(moment(2)), OpenedBefore: ptr(moment(1))},
			})
			refused(t, err, errs.Invalid, "filter", "openedBefore")
			_, err = d.UpdateSavedView(ben, conversation.UpdateSavedViewInput{SavedViewID: d.ConversationIDs[0]})
			refused(t, err, errs.NotFound, "savedViewId")
		})
		same(t, told, []string{})
		var group sync.WaitGroup
		for range 4 { // one of several at once gets the name
			group.Go(func() {
				if err := save(conversation.CreateSavedViewInput{Name: "Race"}); err != nil && !errs.Is(err, errs.AlreadyExists) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		same(t, slices.Index(d.savedNames(ben, nil), "Race") >= 0, true)
	})
}

// IN-19, AC-3: with the membership goes what was private there; what was shared
// stays, and its inbox's admins may change it.
func TestSavedViewOfALeaver(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		cleo := d.Agent(1)
		private := d.saves(cleo, conversation.CreateSavedViewInput{Name: "Private", InboxID: &d.InboxIDs[0]})
		shared := d.saves(cleo, conversation.CreateSavedViewInput{Name: "Shared", InboxID: &d.InboxIDs[0], Shared: true})
		left := *viewer.FromContext(cleo)
		left.InboxIDs = d.InboxIDs[1:]
		gone := viewer.NewContext(t.Context(), &left)
		same(t, d.savedNames(gone, nil), []string{})
		_, err := d.listed(gone, private.ID, conversation.Filter{})
		refused(t, err, errs.NotFound, "savedViewId")
		d.deactivate(d.AgentIDs[1])
		same(t, d.savedNames(d.Agent(0), nil), []string{"Shared"})
		must(d.UpdateSavedView(d.Admin, conversation.UpdateSavedViewInput{SavedViewID: shared.ID, Name: ptr("Ours")}))(t)
		same(t, d.savedNames(d.Agent(0), nil), []string{"Ours"})
	})
}

// IN-19: a saved view stands where a built-in one does. "Me" is whoever looks,
// and its order holds unless the list asks for another.
func TestSavedViewInALists(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		first, second := d.begin(0, "apple").ID, d.begin(0, "pear").ID
		d.assigns(first, d.AgentIDs[0])
		d.assigns(second, d.AgentIDs[1])
		mine := d.saves(d.Agent(1), conversation.CreateSavedViewInput{
			Name: "Mine", InboxID: &d.InboxIDs[0], Shared: true, Filter: &conversation.Filter{Assignees: &conversation.AssigneeFilter{Me: true}},
		})
		same(t, must(d.listed(d.Agent(0), mine.ID, conversation.Filter{}))(t), []string{first})
		same(t, must(d.listed(d.Agent(1), mine.ID, conversation.Filter{}))(t), []string{second})
		same(t, must(d.listed(d.Agent(1), mine.ID, conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Closed}}))(t), []string{})

		oldest := d.saves(d.Agent(0), conversation.CreateSavedViewInput{Name: "Oldest", OrderBy: ptr(vocab.OpenedAsc)})
		got := must(d.listed(d.Agent(0), oldest.ID, conversation.Filter{}))(t)
		same(t, got[len(got)-1], second)
		page := must(d.List(d.Agent(0), conversation.Selection{SavedViewID: &oldest.ID, Order: vocab.OpenedDesc}, relay.PageArgs{}))(t)
		same(t, page.Edges[0].Node.ID, second)

		for field, sel := range map[string]conversation.Selection{
			"savedViewId": {SavedViewID: &oldest.ID, View: vocab.ViewAll},
			"inboxId":     {SavedViewID: &mine.ID, InboxID: &d.InboxIDs[1]},
		} {
			_, err := d.List(d.Agent(1), sel, relay.PageArgs{})
			if field == "savedViewId" {
				_, err = d.List(d.Agent(0), sel, relay.PageArgs{})
			}
			refused(t, err, errs.Invalid, field)
		}
		_, err := d.List(d.Agent(1), conversation.Selection{SavedViewID: &oldest.ID}, relay.PageArgs{})
		refused(t, err, errs.NotFound, "savedViewId")
	})
}

// IN-6, IN-19: a bulk change of a saved view means the view as it was when it
// was asked for.
func TestBulkOfASavedView(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		d.viewers.knows(d.Agent(0))
		apple, pear := d.begin(0, "apple").ID, d.begin(0, "pear").ID
		for c, tag := range map[string]string{apple: "apple", pear: "pear"} {
			if err := d.tags(c, tag); err != nil {
				t.Fatal(err)
			}
		}
		view := d.saves(d.Agent(0), conversation.CreateSavedViewInput{Name: "Apples", Filter: &conversation.Filter{Tags: []string{"apple"}}})
		in := conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Whole: &conversation.BulkSelection{SavedViewID: &view.ID}}
		task := must(d.BulkChange(d.Agent(0), in))(t)
		must(d.UpdateSavedView(d.Agent(0), conversation.UpdateSavedViewInput{SavedViewID: view.ID, Filter: &conversation.Filter{Tags: []string{"pear"}}}))(t)
		if err := d.RunBulk(t.Context(), conversation.BulkArgs{AccountID: d.AccountID, TaskID: task.ID}); err != nil {
			t.Fatal(err)
		}
		same(t, []any{d.row(apple).Status, d.row(pear).Status}, []any{vocab.Closed, vocab.Open})
		in.Whole.View = ptr(vocab.ViewAll)
		_, err := d.BulkChange(d.Agent(0), in)
		refused(t, err, errs.Invalid, "savedViewId")
	})
}

// IN-19: whatever a saved view and a list's own filter say, the list shows the
// conversations for which both hold, page by page, and counts them.
func TestSavedFilterAndOwnBothHold(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		w := d.crowd(rand.New(rand.NewPCG(3, 4)), 120)
		ctx := d.Agent(1)
		v := viewer.FromContext(ctx)
		view := d.saves(ctx, conversation.CreateSavedViewInput{Name: "View"})
		rapid.Check(t, func(t *rapid.T) {
			saved, own := d.drawSelection(t, w, nil), d.drawSelection(t, w, v.InboxIDs)
			must(d.UpdateSavedView(ctx, conversation.UpdateSavedViewInput{SavedViewID: view.ID, View: &saved.View, Filter: &saved.Filter, OrderBy: &saved.Order}))(t)
			own.View, own.SavedViewID = "", &view.ID
			d.LimitWalks(rapid.SampledFrom([]int{3, 20, 5000}).Draw(t, "rows"), 400)

			saved.InboxID, saved.Order = own.InboxID, own.Order
			asked := own
			if asked.View = saved.View; own.Filter.Snoozed == "" {
				asked.Filter.Snoozed = vocab.SnoozedInclude // nothing said: the saved view decides
			}
			allowed := w.list(t, v, saved)
			want := slices.DeleteFunc(w.list(t, v, asked), func(c string) bool { return !slices.Contains(allowed, c) })
			same2(t, "forwards", d.pages(ctx, t, own, 7, false), want)
			same2(t, "backwards", d.pages(ctx, t, own, 7, true), want)
			page := must(d.List(ctx, own, relay.PageArgs{}))(t)
			if n := must(page.TotalCount(ctx))(t); n == nil || *n != len(want) {
				t.Fatalf("counted %v of %d", n, len(want))
			}
		})
	})
}

// IN-19: a filter survives its saving as it was.
func TestSavedFilterIsKept(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		want := conversation.Filter{
			InboxIDs: []string{d.InboxIDs[0]}, Statuses: []vocab.ConversationStatus{vocab.Open}, Channels: []vocab.ChannelKind{vocab.Chat},
			Assignees: &conversation.AssigneeFilter{Me: true, Nobody: true, UserIDs: []string{d.AdminID}}, ContactIDs: []string{d.ContactID},
			Tags: []string{"é, <b>"}, Priorities: []vocab.Priority{vocab.PriorityHigh}, OpenedAfter: ptr(clock.Of(monday)),
			Snoozed: vocab.SnoozedOnly, Unread: ptr(false), Text: ptr(`"plum plum"`),
		}
		view := d.saves(d.Agent(0), conversation.CreateSavedViewInput{Name: "All of it", Filter: &want})
		kept := must(d.SavedView(d.Agent(0), view.ID))(t)
		same(t, must(conversation.FilterOf(kept))(t), want)
	})
}
