package graph_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/graph/generated"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/vocab"
)

// lister answers conversations with one page and keeps the filter.
type lister struct {
	fakes
	page   *view.Page
	filter *view.Filter
}

func (l *lister) Query() generated.QueryResolver { return listerQuery{l.fakes.Query(), l} }

type listerQuery struct {
	generated.QueryResolver
	l *lister
}

func (q listerQuery) Conversations(_ context.Context, _ *string, _ *view.ViewInput, filter *view.Filter,
	_ *vocab.ConversationOrder, _ *int, _ *string, _ *int, _ *string,
) (*view.Page, error) {
	q.l.filter = filter
	return q.l.page, nil
}

// What an entity does not have is null, without an error.
func TestUnsetIsNull(t *testing.T) {
	t.Parallel()
	l := &lister{page: &view.Page{Connection: paging.Connection[*ent.Conversation]{
		Edges: []*paging.Edge[*ent.Conversation]{{Node: &ent.Conversation{
			ID: "c1", OpenedAt: clock.Micros(1), LastMessageAt: clock.Micros(1_500_000), WaitingSince: clock.Never, Tags: []string{},
		}}},
	}}}
	got := query(t, l, `{ conversations { edges { node {
		subject waitingSince closedAt deletedAt snoozedUntil originUrl openedAt lastMessageAt filtered preview
	} } } }`)
	want := `{"conversations":{"edges":[{"node":{"subject":null,"waitingSince":null,"closedAt":null,"deletedAt":null,` +
		`"snoozedUntil":null,"originUrl":null,"openedAt":"1970-01-01T00:00:00.000001Z","lastMessageAt":"1970-01-01T00:00:01.5Z",` +
		`"filtered":[],"preview":""}}]}}`
	if string(got.Data) != want || len(got.Errors) > 0 {
		t.Errorf("got %s, %+v", got.Data, got.Errors)
	}
}

// The total is counted only where it is asked for.
func TestTotalCountRunsOnDemand(t *testing.T) {
	t.Parallel()
	counted := 0
	l := &lister{page: &view.Page{Count: func(context.Context) (*int, error) { counted++; return nil, nil }}}
	l.page.Edges = []*paging.Edge[*ent.Conversation]{}
	query(t, l, `{ conversations { pageInfo { hasNextPage } } }`)
	if counted != 0 {
		t.Error("counted, though nobody asked")
	}
	if got := query(t, l, `{ conversations { totalCount } }`); string(got.Data) != `{"conversations":{"totalCount":null}}` || counted != 1 {
		t.Errorf("got %s, counted %d times", got.Data, counted)
	}
}

// A null that a client sends is as if it had left the value out.
func TestNullInputs(t *testing.T) {
	t.Parallel()
	cases := map[string]*view.Filter{
		`null`: nil,
		`{}`:   {},
		`{ snoozed: null, text: null, inboxIds: null, openedAfter: null, assignees: { me: null } }`: {Assignees: &view.AssigneeFilter{}},
		`{ snoozed: ONLY, unread: false, statuses: OPEN }`: {
			Snoozed: vocab.SnoozedOnly, Unread: new(bool), Statuses: []vocab.ConversationStatus{vocab.Open},
		},
	}
	for filter, want := range cases {
		l := &lister{page: &view.Page{}}
		l.page.Edges = []*paging.Edge[*ent.Conversation]{}
		got := query(t, l, `{ conversations(filter: `+filter+`) { edges { cursor } } }`)
		if len(got.Errors) > 0 {
			t.Errorf("%s: %+v", filter, got.Errors)
		}
		if diff := cmp.Diff(want, l.filter); diff != "" {
			t.Errorf("%s: want (-) got (+):\n%s", filter, diff)
		}
	}
}
