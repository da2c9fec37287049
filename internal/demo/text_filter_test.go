package demo_test

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"testing"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/demo"
	"parley/internal/event"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-3, IN-5, IN-6: at 20,000 conversations a filter by text shows what the search
// finds, for common words too: a page, all pages, the count, a saved view, a live view and
// a bulk change agree.
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
		o := office{t: t, me: me, store: s, views: view.New(s), live: liveOn(t, s), conversations: desk.Conversations(s, conversation.Deps{Viewers: viewers})}
		early := view.Filter{Statuses: []vocab.ConversationStatus{vocab.Closed}, LastMessageBefore: check.Ptr(clock.Of(today.AddDate(0, -2, -20)))}
		for _, c := range []struct {
			words  string
			filter view.Filter
		}{{"the", early}, {"the order", early}, {"the -order", early}, {"refund", view.Filter{}}} {
			c.filter.Text = &c.words
			o.agree(t, c.filter)
			o.agreeLive(t, c.filter)
			o.agreeSaved(t, c.filter)
		}
		o.bulkTags(t, r.AccountID, early)
	})
}

type office struct {
	t             *testing.T
	me            context.Context
	store         *store.Store
	views         *view.Service
	live          *live.Service
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

// listed are those that a view shows, page by page, sorted.
func (o office) listed(t *testing.T, sel view.Selection) []string {
	return slices.Sorted(slices.Values(o.inOrder(t, sel, math.MaxInt)))
}

// inOrder are the first of those that a view shows.
func (o office) inOrder(t *testing.T, sel view.Selection, most int) []string {
	var ids []string
	size := 100
	args := paging.PageArgs{First: &size}
	for {
		page := check.Must(o.views.List(o.me, sel, args))(t)
		for _, e := range page.Edges {
			ids = append(ids, e.Node.ID)
		}
		if !page.PageInfo.HasNextPage || len(ids) >= most {
			return ids[:min(len(ids), most)]
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

// agreeLive compares a live view's first rows and total with the list and its count.
func (o office) agreeLive(t *testing.T, f view.Filter) {
	f.Snoozed = vocab.SnoozedInclude
	sel, window := view.Selection{View: vocab.ViewAll, Filter: f}, 500
	stream := check.Must(o.live.View(o.me, sel, &window, false))(t)
	defer stream.Close()
	check.NoError(t, stream.WithTotals(o.me))
	var shown []string
	var total *live.ViewTotal
	more := false
	for shown == nil || total == nil {
		switch update := check.Must(stream.Next(t.Context()))(t).(type) {
		case *live.ViewSnapshot:
			shown, more = []string{}, update.Conversations.PageInfo.HasNextPage
			for _, e := range update.Conversations.Edges {
				shown = append(shown, e.Node.ID)
			}
		case *live.ViewTotal:
			total = update
		}
	}
	want := o.inOrder(t, sel, window)
	if !slices.Equal(shown, want) || more != (len(o.inOrder(t, sel, window+1)) > window) {
		t.Errorf("%s: the live view shows %d rows, the list %d; more: %v", *f.Text, len(shown), len(want), more)
	}
	check.Same(t, total.TotalCount, check.Must(o.views.Count(o.me, check.Must(o.views.Resolve(o.me, sel))(t)))(t))
}

// agreeSaved compares a saved view with the list that its filter gives.
func (o office) agreeSaved(t *testing.T, f view.Filter) {
	f.Snoozed = vocab.SnoozedInclude
	saved := check.Must(o.views.CreateSavedView(o.me, view.CreateSavedViewInput{Name: *f.Text, Filter: &f}))(t)
	got, want := o.listed(t, view.Selection{SavedViewID: &saved.ID}), o.listed(t, view.Selection{View: vocab.ViewAll, Filter: f})
	if !slices.Equal(got, want) {
		t.Errorf("%s: the saved view shows %d, the list %d", *f.Text, len(got), len(want))
	}
}

// liveOn follows a store without a bus.
func liveOn(t *testing.T, s *store.Store) *live.Service {
	log := slog.New(slog.DiscardHandler)
	feed := event.NewFeed(s, silent{}, log)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); feed.Run(ctx) }()
	l := live.New(s, feed, log)
	t.Cleanup(func() { l.Close(); cancel(); <-ended })
	return l
}

// silent is a bus that carries nothing.
type silent struct{}

func (silent) Publish(string, []byte) error                { return nil }
func (silent) Listen(string, func([]byte)) (func(), error) { return func() {}, nil }

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
