package demo_test

import (
	"context"
	"slices"
	"testing"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/demo"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-3, IN-5, IN-6: at 20,000 conversations a filter by text shows what the search
// finds, for common words too: a page, all pages, the count, a saved view and a bulk
// change agree.
func TestTextFilterFindsAll(t *testing.T) {
	if testing.Short() {
		t.Skip("it fills two databases")
	}
	t.Parallel()
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		jobs := &check.Jobs{}
		s.UseJobs(jobs)
		r := fill(t, s, demo.Options{Conversations: 20_000, Seed: 1})
		me := bearer(t, s, r.AgentToken)
		viewers := &desk.Viewers{}
		viewers.Admit(me)
		o := office{t: t, me: me, store: s, views: view.New(s), conversations: desk.Conversations(s, conversation.Deps{Viewers: viewers})}
		early := view.Filter{Statuses: []vocab.ConversationStatus{vocab.Closed}, LastMessageBefore: check.Ptr(clock.Of(today.AddDate(0, -2, -20)))}
		for _, c := range []struct {
			words  string
			filter view.Filter
		}{{"the", early}, {"the order", early}, {"the -order", early}, {"refund", view.Filter{}}} {
			c.filter.Text = &c.words
			o.agree(t, c.filter)
		}
		o.bulkTags(t, r.AccountID, early)
	})
}

type office struct {
	t             *testing.T
	me            context.Context
	store         *store.Store
	views         *view.Service
	conversations *conversation.Service
}

// found are the conversations that the search finds.
func (o office) found(t *testing.T, f view.Filter) []string {
	var ids []string
	err := paging.Walk(func(args paging.PageArgs) (*paging.Connection[*view.SearchHit], error) {
		args.First = check.Ptr(100)
		page, err := o.views.Search(o.me, *f.Text, f, vocab.SearchNewest, args)
		return &page.Connection, err
	}, func(h *view.SearchHit) { ids = append(ids, h.Conversation.ID) })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// listed are those that a view shows, page by page.
func (o office) listed(t *testing.T, sel view.Selection) []string {
	var ids []string
	size := 100
	args := paging.PageArgs{First: &size}
	for {
		page := check.Must(o.views.List(o.me, sel, args))(t)
		for _, e := range page.Edges {
			ids = append(ids, e.Node.ID)
		}
		if !page.PageInfo.HasNextPage {
			slices.Sort(ids)
			return ids
		}
		args.After = page.PageInfo.EndCursor
	}
}

func (o office) agree(t *testing.T, f view.Filter) {
	f.Snoozed = vocab.SnoozedInclude
	var all []string
	for _, shown := range []vocab.ConversationView{vocab.ViewAll, vocab.ViewBots, vocab.ViewFiltered} {
		sel := view.Selection{View: shown, Filter: f}
		ids := o.listed(t, sel)
		n := check.Must(o.views.Count(o.me, check.Must(o.views.Resolve(o.me, sel))(t)))(t)
		if most := o.views.Limits.Count; len(ids) <= most && (n == nil || *n != len(ids)) || len(ids) > most && n != nil {
			t.Errorf("%s counts %v of %d", shown, n, len(ids))
		}
		all = append(all, ids...)
	}
	slices.Sort(all)
	want := o.found(t, f)
	if all = slices.Compact(all); !slices.Equal(all, want) {
		t.Errorf("%s: the views show %d, the search finds %d", *f.Text, len(all), len(want))
	}
	if len(want) == 0 {
		t.Errorf("%s: nothing is found", *f.Text)
	}
}

// bulkTags tags all that a common word is in and a filter admits.
func (o office) bulkTags(t *testing.T, accountID string, f view.Filter) {
	f.Text, f.Snoozed = check.Ptr("the"), vocab.SnoozedInclude
	want := len(o.listed(t, view.Selection{Filter: f}))
	task := check.Must(o.conversations.BulkChange(o.me, conversation.BulkChangeConversationsInput{
		Action: conversation.BulkTag, Tags: []string{"common"}, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{Filter: &f}},
	}))(t)
	if err := o.conversations.RunBulk(t.Context(), conversation.BulkArgs{AccountID: accountID, TaskID: task.ID}); err != nil {
		t.Fatal(err)
	}
	ctx := viewer.NewContext(t.Context(), viewer.System("test", accountID))
	done := check.Must(o.store.Client(ctx).Task.Get(ctx, task.ID))(t)
	check.Same(t, []any{done.State, done.Total, done.Done, done.Skipped}, []any{vocab.TaskDone, want, want, 0})
	f.Tags = []string{"common"}
	check.Same(t, len(o.listed(t, view.Selection{Filter: f})), want)
}
