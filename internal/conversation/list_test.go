package conversation_test

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
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

var (
	views  = []vocab.ConversationView{vocab.ViewAll, vocab.ViewMine, vocab.ViewUnassigned, vocab.ViewEmail, vocab.ViewChat, vocab.ViewBots, vocab.ViewFiltered, vocab.ViewTrash}
	orders = []vocab.ConversationOrder{vocab.LastMessageDesc, vocab.LastMessageAsc, vocab.OpenedDesc, vocab.OpenedAsc, vocab.LongestWaiting}
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
	return ptr(rapid.SampledFrom(of).Draw(t, label))
}

// span draws a range, or none.
func span(t *rapid.T, label string, from, to int) (after, before *clock.Micros) {
	if n := perhaps(t, label+" after", from, from+2, to); n != nil {
		after = ptr(moment(*n))
		from = *n
	}
	if n := perhaps(t, label+" before", from, from+1, to+1); n != nil {
		before = ptr(moment(*n))
	}
	return after, before
}

func (d *desk) drawSelection(t *rapid.T, w *crowd, inboxes []string) conversation.Selection {
	sel := conversation.Selection{
		View: rapid.SampledFrom(views).Draw(t, "view"), Order: rapid.SampledFrom(orders).Draw(t, "order"),
	}
	if len(inboxes) > 0 {
		sel.InboxID = perhaps(t, "inbox", inboxes...)
	}
	f := &sel.Filter
	f.InboxIDs = some(t, "inboxes", d.InboxIDs[:]...)
	f.Statuses = some(t, "statuses", vocab.Open, vocab.Closed)
	f.Channels = some(t, "channels", vocab.Chat, vocab.Email)
	f.ContactIDs = some(t, "contacts", w.contacts...)
	f.Tags = some(t, "tags", tagNames...)
	f.Priorities = some(t, "priorities", vocab.PriorityNone, vocab.PriorityHigh, vocab.PriorityLow)
	f.OpenedAfter, f.OpenedBefore = span(t, "opened", 0, 4)
	f.LastMessageAfter, f.LastMessageBefore = span(t, "last message", 5, 9)
	f.ActiveAfter, f.ActiveBefore = span(t, "active", 0, 9)
	f.Snoozed = rapid.SampledFrom([]vocab.SnoozedFilter{"", vocab.SnoozedExclude, vocab.SnoozedInclude, vocab.SnoozedOnly}).Draw(t, "snoozed")
	f.Unread = perhaps(t, "unread", true, false)
	f.Text = perhaps(t, "text", "apple", "apple pear", "caf*", `"plum plum"`)
	if rapid.IntRange(0, 3).Draw(t, "assignees?") == 0 {
		f.Assignees = &conversation.AssigneeFilter{
			Me: rapid.Bool().Draw(t, "me"), Nobody: rapid.Bool().Draw(t, "nobody"),
			UserIDs: some(t, "users", d.AgentIDs[0], d.AdminID), TeamIDs: some(t, "teams", w.teams...),
		}
	}
	return sel
}

// IN-2, IN-3: every view, narrowed in any way, in every order, shows what it
// ought to: all pages forwards, all pages backwards, and counted; whatever the
// page's size, and how few rows a page may test.
func TestListShowsWhatItOught(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		w := d.crowd(rand.New(rand.NewPCG(1, 2)), 150)
		asks := []context.Context{d.Agent(0), d.Agent(1), d.Admin}
		rapid.Check(t, func(t *rapid.T) {
			ctx := rapid.SampledFrom(asks).Draw(t, "who")
			v := viewer.FromContext(ctx)
			sel := d.drawSelection(t, w, v.InboxIDs)
			d.LimitWalks(rapid.SampledFrom([]int{3, 20, 5000}).Draw(t, "rows"), rapid.SampledFrom([]int{3, 400}).Draw(t, "arms"))
			size := rapid.SampledFrom([]int{1, 7, 100}).Draw(t, "size")
			want := w.list(t, v, sel)
			same2(t, "forwards", d.pages(ctx, t, sel, size, false), want)
			same2(t, "backwards", d.pages(ctx, t, sel, size, true), want)
			page := must(d.List(ctx, sel, relay.PageArgs{}))(t)
			if n := must(page.TotalCount(ctx))(t); n == nil || *n != len(want) {
				t.Fatalf("counted %v of %d", n, len(want))
			}
		})
	})
}

func same2(t *rapid.T, what string, got, want []string) {
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// pages lists a whole selection, page by page, and returns it in list order.
func (d *desk) pages(ctx context.Context, t tester, sel conversation.Selection, size int, backward bool) []string {
	ids := []string{}
	args := relay.PageArgs{First: &size}
	if backward {
		args = relay.PageArgs{Last: &size}
	}
	for range 1000 {
		page := must(d.List(ctx, sel, args))(t)
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
	eachDesk(t, func(t *testing.T, d *desk) {
		w := d.crowd(rand.New(rand.NewPCG(3, 4)), 60)
		ctx, sel := d.Agent(1), conversation.Selection{View: vocab.ViewAll, Order: vocab.LastMessageDesc}
		all := w.list(t, viewer.FromContext(ctx), sel)
		first := must(d.List(ctx, sel, relay.PageArgs{First: ptr(5)}))(t)
		second := must(d.List(ctx, sel, relay.PageArgs{First: ptr(5), After: first.PageInfo.EndCursor}))(t)
		same(t, []bool{first.PageInfo.HasPreviousPage, first.PageInfo.HasNextPage, second.PageInfo.HasPreviousPage}, []bool{false, true, true})
		back := must(d.List(ctx, sel, relay.PageArgs{Last: ptr(5), Before: second.PageInfo.StartCursor}))(t)
		for i, e := range back.Edges {
			same(t, e.Node.ID, all[i])
			same(t, e.Cursor, first.Edges[i].Cursor)
		}
	})
}

// A list counts up to a limit, and then no more (pitfall 12).
func TestCountsEnd(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		page := must(d.List(d.Agent(1), conversation.Selection{}, relay.PageArgs{First: ptr(1)}))(t)
		d.LimitCounts(3)
		same(t, must(page.TotalCount(d.Agent(1)))(t), ptr(3))
		d.LimitCounts(2)
		same(t, must(page.TotalCount(d.Agent(1)))(t), (*int)(nil))
	})
}

// A cursor of another view, filter, order, inbox or user is refused, and so is
// what is none.
func TestCursorsOfAnotherQuery(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ctx, sel := d.Agent(1), conversation.Selection{}
		cursor := must(d.List(ctx, sel, relay.PageArgs{}))(t).PageInfo.EndCursor
		must(d.List(ctx, conversation.Selection{View: vocab.ViewAll, Order: vocab.LastMessageDesc}, relay.PageArgs{After: cursor}))(t)
		for name, other := range map[string]conversation.Selection{
			"view": {View: vocab.ViewChat}, "order": {Order: vocab.LastMessageAsc}, "inbox": {InboxID: &d.InboxIDs[0]},
			"filter": {Filter: conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}},
			"text":   {Filter: conversation.Filter{Text: ptr("hello")}},
		} {
			_, err := d.List(ctx, other, relay.PageArgs{After: cursor})
			if !errs.Is(err, errs.BadUserInput) {
				t.Errorf("%s: %v", name, err)
			}
		}
		d.assigns(d.ConversationIDs[0], d.AgentIDs[1])
		mine := conversation.Selection{View: vocab.ViewMine}
		cursor = must(d.List(ctx, mine, relay.PageArgs{}))(t).PageInfo.EndCursor
		_, err := d.List(d.Admin, mine, relay.PageArgs{After: cursor})
		refused(t, err, errs.BadUserInput, "after")
		_, err = d.List(ctx, sel, relay.PageArgs{Last: ptr(5), Before: ptr("bm9uc2Vuc2U")})
		refused(t, err, errs.BadUserInput, "before")
	})
}

// What a list cannot mean is refused where it stands.
func TestListRefusals(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		many := slices.Repeat([]string{id.New(id.User)}, 101)
		filtered := func(f conversation.Filter) conversation.Selection { return conversation.Selection{Filter: f} }
		for name, tc := range map[string]struct {
			sel   conversation.Selection
			args  relay.PageArgs
			code  errs.Code
			field string
		}{
			"first 100000":      {args: relay.PageArgs{First: ptr(100_000)}, code: errs.Invalid, field: "first"},
			"first 0":           {args: relay.PageArgs{First: ptr(0)}, code: errs.Invalid, field: "first"},
			"foreign inbox":     {sel: conversation.Selection{InboxID: &d.InboxIDs[1]}, code: errs.NotFound, field: "inboxId"},
			"no inbox":          {sel: conversation.Selection{InboxID: ptr("\x00")}, code: errs.NotFound, field: "inboxId"},
			"contact no id":     {sel: filtered(conversation.Filter{ContactIDs: []string{d.AdminID}}), code: errs.Invalid, field: "filter.contactIds"},
			"many users":        {sel: filtered(conversation.Filter{Assignees: &conversation.AssigneeFilter{UserIDs: many}}), code: errs.TooLong, field: "filter.assignees"},
			"a tag with NUL":    {sel: filtered(conversation.Filter{Tags: []string{"a\x00"}}), code: errs.Invalid, field: "filter.tags"},
			"a text with NUL":   {sel: filtered(conversation.Filter{Text: ptr("a\x00")}), code: errs.Invalid, field: "filter.text"},
			"invalid UTF-8":     {sel: filtered(conversation.Filter{Text: ptr("caf\xe9")}), code: errs.Invalid, field: "filter.text"},
			"no words":          {sel: filtered(conversation.Filter{Text: ptr("?!")}), code: errs.Invalid, field: "filter.text"},
			"1 MB of words":     {sel: filtered(conversation.Filter{Text: ptr(strings.Repeat("word ", 1<<18))}), code: errs.TooLong, field: "filter.text"},
			"opened backwards":  {sel: filtered(conversation.Filter{OpenedAfter: ptr(moment(2)), OpenedBefore: ptr(moment(1))}), code: errs.Invalid, field: "filter.openedBefore"},
			"active backwards":  {sel: filtered(conversation.Filter{ActiveAfter: ptr(moment(2)), ActiveBefore: ptr(moment(1))}), code: errs.Invalid, field: "filter.activeBefore"},
			"message backwards": {sel: filtered(conversation.Filter{LastMessageAfter: ptr(moment(2)), LastMessageBefore: ptr(moment(1))}), code: errs.Invalid, field: "filter.lastMessageBefore"},
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
	eachDesk(t, func(t *testing.T, d *desk) {
		testkit.Account(t, d.Store)
		nowhere := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Admin, AccountID: d.AccountID, ActorID: d.AdminID, Scopes: []string{"*"}})
		for _, view := range views {
			page := must(d.List(nowhere, conversation.Selection{View: view}, relay.PageArgs{}))(t)
			same(t, []int{len(page.Edges), *must(page.TotalCount(nowhere))(t)}, []int{0, 0})
		}
		_, err := d.List(nowhere, conversation.Selection{InboxID: &d.InboxIDs[0]}, relay.PageArgs{})
		refused(t, err, errs.NotFound, "inboxId")
		same(t, len(d.pages(d.Admin, t, conversation.Selection{}, 50, false)), 2)
		same(t, len(d.pages(d.Agent(1), t, conversation.Selection{}, 50, false)), 3)
	})
}

// IN-2: through which views a conversation goes in its life.
func TestViewsOfALife(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me := d.Agent(0)
		c := d.begin(0, "Hello", withBot).ID
		shown := func() string {
			var in []string
			for _, view := range views {
				if slices.Contains(d.pages(me, t, conversation.Selection{View: view}, 50, false), c) {
					in = append(in, string(view))
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
		same(t, shown(), "BOTS")
		step(d.HandOff(me, conversation.HandOffConversationInput{ConversationID: c}))
		same(t, shown(), "ALL UNASSIGNED CHAT BOTS")
		step(d.Claim(me, conversation.ClaimConversationInput{ConversationID: c}))
		same(t, shown(), "ALL ASSIGNED_TO_ME CHAT")
		step(d.Close(me, conversation.CloseConversationInput{ConversationID: c}))
		same(t, shown(), "ALL ASSIGNED_TO_ME CHAT")
		step(d.Unassign(me, conversation.UnassignConversationInput{ConversationID: c}))
		same(t, shown(), "ALL UNASSIGNED CHAT")
		step(d.assign(c, nil, ptr(d.team(true))))
		same(t, shown(), "ALL UNASSIGNED CHAT")
		step(d.MarkAsSpam(me, conversation.MarkAsSpamInput{ConversationID: c}))
		same(t, shown(), "FILTERED")
		step(d.Delete(me, conversation.DeleteConversationInput{ConversationID: c}))
		same(t, shown(), "TRASH")
		step(d.Restore(me, conversation.RestoreConversationInput{ConversationID: c}))
		same(t, shown(), "FILTERED")
		step(d.MarkAsNotSpam(me, conversation.MarkAsNotSpamInput{ConversationID: c}))
		same(t, shown(), "ALL UNASSIGNED CHAT")
	})
}
