package view_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// some draws a few of the values, mostly none at all.
func some[T any](t *rapid.T, label string, of ...T) []T {
	if rapid.IntRange(0, 7).Draw(t, label+"?") > 0 {
		return nil
	}
	return append([]T{}, rapid.SliceOfN(rapid.SampledFrom(of), 0, 2).Draw(t, label)...)
}

func perhaps[T any](t *rapid.T, label string, of ...T) *T {
	if rapid.IntRange(0, 7).Draw(t, label+"?") > 0 {
		return nil
	}
	return check.Ptr(rapid.SampledFrom(of).Draw(t, label))
}

// span draws a range, or none.
func span(t *rapid.T, label string, from, to int) (after, before *clock.Micros) {
	if n := perhaps(t, label+" after", from, from+2, to); n != nil {
		after = check.Ptr(desk.Moment(*n))
		from = *n
	}
	if n := perhaps(t, label+" before", from, from+1, to+1); n != nil {
		before = check.Ptr(desk.Moment(*n))
	}
	return after, before
}

func (d *suite) drawSelection(t *rapid.T, w *crowd, inboxes []string) view.Selection {
	sel := view.Selection{
		View: rapid.SampledFrom(desk.BuiltInViews).Draw(t, "view"), Order: rapid.SampledFrom(desk.Orders).Draw(t, "order"),
	}
	if len(inboxes) > 0 {
		sel.InboxID = perhaps(t, "inbox", inboxes...)
	}
	sel.Filter = d.drawFilter(t, w)
	return sel
}

// IN-2, IN-3: every view, narrowed in any way, in every order, shows what it
// ought to: all pages forwards, all pages backwards, and counted; whatever the
// page's size, and how few rows a page may test.
func TestListShowsWhatItOught(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		w := d.crowd(rand.New(rand.NewPCG(1, 2)), 150)
		asks := []context.Context{d.Agent(0), d.Agent(1), d.Admin}
		rapid.Check(t, func(t *rapid.T) {
			ctx := rapid.SampledFrom(asks).Draw(t, "who")
			v := viewer.FromContext(ctx)
			sel := d.drawSelection(t, w, v.InboxIDs)
			d.LimitWalks(rapid.SampledFrom([]int{3, 20, 5000}).Draw(t, "rows"), rapid.SampledFrom([]int{3, 400}).Draw(t, "seeks"))
			d.LimitHits(rapid.SampledFrom([]int{0, 20, 5000}).Draw(t, "hits"))
			d.LimitCountedPages(1000)
			size := rapid.SampledFrom([]int{1, 7, 100}).Draw(t, "size")
			want := w.list(t, v, sel)
			same2(t, "forwards", d.pages(ctx, t, sel, size, false), want)
			same2(t, "backwards", d.pages(ctx, t, sel, size, true), want)
			page := check.Must(d.List(ctx, sel, paging.PageArgs{}))(t)
			if n := check.Must(page.TotalCount(ctx))(t); n == nil || *n != len(want) {
				t.Fatalf("counted %v of %d", n, len(want))
			}
		})
	})
}

// pages lists a whole selection, page by page, and returns it in list order.
func (d *suite) pages(ctx context.Context, t check.Tester, sel view.Selection, size int, backward bool) []string {
	ids := []string{}
	args := paging.PageArgs{First: &size}
	if backward {
		args = paging.PageArgs{Last: &size}
	}
	for range 1000 {
		page := check.Must(d.List(ctx, sel, args))(t)
		if len(page.Edges) > size {
			t.Fatalf("a page of %d has %d rows", size, len(page.Edges))
		}
		var rows []string
		for _, e := range page.Edges {
			rows = append(rows, e.Node.ID)
		}
		info := page.PageInfo
		if backward {
			ids, args.Before = append(rows, ids...), info.StartCursor
		} else {
			ids, args.After = append(ids, rows...), info.EndCursor
		}
		if backward && !info.HasPreviousPage || !backward && !info.HasNextPage {
			return ids
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// IN-3: a page turned back shows the rows before it again.
func TestTurningBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		w := d.crowd(rand.New(rand.NewPCG(3, 4)), 60)
		ctx, sel := d.Agent(1), view.Selection{View: vocab.ViewAll, Order: vocab.ActivityDesc}
		all := w.list(t, viewer.FromContext(ctx), sel)
		first := check.Must(d.List(ctx, sel, paging.PageArgs{First: check.Ptr(5)}))(t)
		second := check.Must(d.List(ctx, sel, paging.PageArgs{First: check.Ptr(5), After: first.PageInfo.EndCursor}))(t)
		check.Same(t, []bool{first.PageInfo.HasPreviousPage, first.PageInfo.HasNextPage, second.PageInfo.HasPreviousPage}, []bool{false, true, true})
		back := check.Must(d.List(ctx, sel, paging.PageArgs{Last: check.Ptr(5), Before: second.PageInfo.StartCursor}))(t)
		for i, e := range back.Edges {
			check.Same(t, e.Node.ID, all[i])
			check.Same(t, e.Cursor, first.Edges[i].Cursor)
		}
	})
}

// A list counts up to a limit, and then no more (pitfall 12).
func TestCountsEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		page := check.Must(d.List(d.Agent(1), view.Selection{}, paging.PageArgs{First: check.Ptr(1)}))(t)
		d.LimitCounts(3)
		check.Same(t, check.Must(page.TotalCount(d.Agent(1)))(t), check.Ptr(3))
		d.LimitCounts(2)
		check.Same(t, check.Must(page.TotalCount(d.Agent(1)))(t), (*int)(nil))
	})
}

// A cursor of another view, filter, order, inbox or user is refused, and so is
// what is none.
func TestCursorsOfAnotherQuery(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ctx, sel := d.Agent(1), view.Selection{}
		cursor := check.Must(d.List(ctx, sel, paging.PageArgs{}))(t).PageInfo.EndCursor
		check.Must(d.List(ctx, view.Selection{View: vocab.ViewAll, Order: vocab.ActivityDesc}, paging.PageArgs{After: cursor}))(t)
		for name, other := range map[string]view.Selection{
			"view": {View: vocab.ViewChat}, "order": {Order: vocab.ActivityAsc}, "inbox": {InboxID: &d.InboxIDs[0]},
			"filter": {Filter: view.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}},
			"text":   {Filter: view.Filter{Text: check.Ptr("hello")}},
		} {
			_, err := d.List(ctx, other, paging.PageArgs{After: cursor})
			if !errs.Is(err, errs.BadUserInput) {
				t.Errorf("%s: %v", name, err)
			}
		}
		d.MustAssign(d.ConversationIDs[0], d.AgentIDs[1])
		mine := view.Selection{View: vocab.ViewMine}
		cursor = check.Must(d.List(ctx, mine, paging.PageArgs{}))(t).PageInfo.EndCursor
		_, err := d.List(d.Admin, mine, paging.PageArgs{After: cursor})
		check.Refused(t, err, errs.BadUserInput, "after")
		_, err = d.List(ctx, sel, paging.PageArgs{Last: check.Ptr(5), Before: check.Ptr("bm9uc2Vuc2U")})
		check.Refused(t, err, errs.BadUserInput, "before")
	})
}

// What a list cannot mean is refused where it stands.
func TestListRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		many := slices.Repeat([]string{id.New(id.User)}, 101)
		filtered := func(f view.Filter) view.Selection { return view.Selection{Filter: f} }
		for name, tc := range map[string]struct {
			sel   view.Selection
			args  paging.PageArgs
			code  errs.Code
			field string
		}{
			"first 100000":      {args: paging.PageArgs{First: check.Ptr(100_000)}, code: errs.Invalid, field: "first"},
			"first 0":           {args: paging.PageArgs{First: check.Ptr(0)}, code: errs.Invalid, field: "first"},
			"foreign inbox":     {sel: view.Selection{InboxID: &d.InboxIDs[1]}, code: errs.NotFound, field: "inboxId"},
			"no inbox":          {sel: view.Selection{InboxID: check.Ptr("\x00")}, code: errs.NotFound, field: "inboxId"},
			"contact no id":     {sel: filtered(view.Filter{ContactIDs: []string{d.AdminID}}), code: errs.Invalid, field: "filter.contactIds"},
			"many users":        {sel: filtered(view.Filter{Assignees: &view.AssigneeFilter{UserIDs: many}}), code: errs.TooLong, field: "filter.assignees"},
			"a tag with NUL":    {sel: filtered(view.Filter{Tags: []string{"a\x00"}}), code: errs.Invalid, field: "filter.tags"},
			"a text with NUL":   {sel: filtered(view.Filter{Text: check.Ptr("a\x00")}), code: errs.Invalid, field: "filter.text"},
			"invalid UTF-8":     {sel: filtered(view.Filter{Text: check.Ptr("caf\xe9")}), code: errs.Invalid, field: "filter.text"},
			"no words":          {sel: filtered(view.Filter{Text: check.Ptr("?!")}), code: errs.Invalid, field: "filter.text"},
			"1 MB of words":     {sel: filtered(view.Filter{Text: check.Ptr(strings.Repeat("word ", 1<<18))}), code: errs.TooLong, field: "filter.text"},
			"opened backwards":  {sel: filtered(view.Filter{OpenedAfter: check.Ptr(desk.Moment(2)), OpenedBefore: check.Ptr(desk.Moment(1))}), code: errs.Invalid, field: "filter.openedBefore"},
			"active backwards":  {sel: filtered(view.Filter{ActiveAfter: check.Ptr(desk.Moment(2)), ActiveBefore: check.Ptr(desk.Moment(1))}), code: errs.Invalid, field: "filter.activeBefore"},
			"message backwards": {sel: filtered(view.Filter{LastMessageAfter: check.Ptr(desk.Moment(2)), LastMessageBefore: check.Ptr(desk.Moment(1))}), code: errs.Invalid, field: "filter.lastMessageBefore"},
		} {
			_, err := d.List(d.Agent(0), tc.sel, tc.args)
			if e := errs.Of(err); e == nil || e.Code != tc.code || strings.Join(e.Field, ".") != tc.field {
				t.Errorf("%s: got %v, want %s on %s", name, err, tc.code, tc.field)
			}
		}
	})
}

// AC-3: an admin reads conversations of their own inboxes alone; one who is no
// member anywhere sees nothing, and no other account shows (AC-1).
func TestAdminWhoIsNoMember(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		testkit.Account(t, d.Store)
		nowhere := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Admin, AccountID: d.AccountID, ActorID: d.AdminID, Scopes: []string{"*"}})
		for _, shown := range desk.BuiltInViews {
			page := check.Must(d.List(nowhere, view.Selection{View: shown}, paging.PageArgs{}))(t)
			check.Same(t, []int{len(page.Edges), *check.Must(page.TotalCount(nowhere))(t)}, []int{0, 0})
		}
		_, err := d.List(nowhere, view.Selection{InboxID: &d.InboxIDs[0]}, paging.PageArgs{})
		check.Refused(t, err, errs.NotFound, "inboxId")
		check.Same(t, len(d.pages(d.Admin, t, view.Selection{}, 50, false)), 2)
		check.Same(t, len(d.pages(d.Agent(1), t, view.Selection{}, 50, false)), 3)
	})
}

// IN-2: through which views a conversation goes in its life.
func TestViewsOfALife(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		c := d.StartChat(0, "Hello", desk.WithBot).ID
		shown := func() string {
			var in []string
			for _, shown := range desk.BuiltInViews {
				if slices.Contains(d.pages(me, t, view.Selection{View: shown}, 50, false), c) {
					in = append(in, string(shown))
				}
			}
			return strings.Join(in, " ")
		}
		step := func(_ *ent.Conversation, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		check.Same(t, shown(), "BOTS")
		step(d.HandOff(me, conversation.HandOffConversationInput{Target: conversation.On(c)}))
		check.Same(t, shown(), "ALL UNASSIGNED CHAT BOTS")
		step(d.Claim(me, conversation.ClaimConversationInput{Target: conversation.On(c)}))
		check.Same(t, shown(), "ALL ASSIGNED_TO_ME CHAT")
		step(d.Close(me, conversation.CloseConversationInput{Target: conversation.On(c)}))
		check.Same(t, shown(), "ALL ASSIGNED_TO_ME CHAT")
		step(d.Assign(me, conversation.AssignConversationInput{Target: conversation.On(c), Assignment: desk.Nobody}))
		check.Same(t, shown(), "ALL UNASSIGNED CHAT")
		step(d.TryAssign(c, nil, check.Ptr(d.NewTeam(true))))
		check.Same(t, shown(), "ALL UNASSIGNED CHAT")
		step(d.MarkAsSpam(me, conversation.MarkConversationAsSpamInput{Target: conversation.On(c)}))
		check.Same(t, shown(), "FILTERED")
		step(d.Delete(me, conversation.DeleteConversationInput{Target: conversation.On(c)}))
		check.Same(t, shown(), "TRASH")
		step(d.Restore(me, conversation.RestoreConversationInput{Target: conversation.On(c)}))
		check.Same(t, shown(), "FILTERED")
		step(d.MarkAsNotSpam(me, conversation.MarkConversationAsNotSpamInput{Target: conversation.On(c)}))
		check.Same(t, shown(), "ALL UNASSIGNED CHAT")
	})
}

func same2(t *rapid.T, what string, got, want []string) {
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %v\nwant %v", what, got, want)
	}
}
