package subscription_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/graph/subscription"
	"parley/internal/errs"
	"parley/internal/viewer"
)

const sdl = `
	directive @perViewer on FIELD_DEFINITION
	type Query { x: Int }
	type Item { n: Int unread: Boolean @perViewer }
	type Subscription { items(after: Int): Item }`

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: sdl})

// item is what a stream yields.
type item struct{ n int }

// stream yields what is sent, and then an error.
type stream struct {
	items  chan *item
	err    error
	closed atomic.Int32
}

func (s *stream) Next(ctx context.Context) (*item, error) {
	select {
	case i, ok := <-s.items:
		if !ok {
			return nil, s.err
		}
		return i, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *stream) Close() { s.closed.Add(1) }

// executor stands for gqlgen: its resolver serves the stream that is next, and
// it counts how often it answers an item.
type executor struct {
	graphql.GraphExecutor
	mu      sync.Mutex
	next    *stream
	renders atomic.Int64
}

func (e *executor) DispatchOperation(ctx context.Context, _ *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	items, err := subscription.Serve[*item](ctx, func() (*stream, error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.next == nil {
			return nil, errs.New(errs.NotFound, "There is none.")
		}
		return e.next, nil
	})
	return func(ctx context.Context) *graphql.Response {
		if err != nil {
			return &graphql.Response{Errors: gqlerror.List{gqlerror.Wrap(err)}}
		}
		i, ok := <-items
		if !ok {
			return nil
		}
		e.renders.Add(1)
		return &graphql.Response{Data: fmt.Appendf(nil, `{"n":%d,"for":%q}`, i.n, viewer.FromContext(ctx).ActorID)}
	}, ctx
}

func (e *executor) DispatchError(_ context.Context, list gqlerror.List) *graphql.Response {
	return &graphql.Response{Errors: list}
}

// world is an executor that shares, and what subscribes to it.
type world struct {
	t      *testing.T
	inner  *executor
	shared graphql.GraphExecutor
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, inner: &executor{}}
	w.shared = subscription.Share(w.inner)
	return w
}

type subscriber struct {
	stream *stream
	next   graphql.ResponseHandler
	ctx    context.Context
	leave  context.CancelFunc
}

func (w *world) subscribe(v *viewer.Viewer, query string, variables map[string]any) *subscriber {
	w.t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(schema, query, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, leave := context.WithCancel(viewer.NewContext(w.t.Context(), v))
	opCtx := &graphql.OperationContext{RawQuery: query, Variables: variables, Doc: doc, Operation: doc.Operations[0]}
	s := &subscriber{stream: &stream{items: make(chan *item, 200), err: errors.New("over")}, leave: leave}
	w.inner.mu.Lock()
	w.inner.next = s.stream
	w.inner.mu.Unlock()
	s.next, s.ctx = w.shared.DispatchOperation(ctx, opCtx)
	w.t.Cleanup(leave)
	return s
}

// hear returns the answer to the next item.
func (s *subscriber) hear(i *item) string {
	s.stream.items <- i
	return string(s.next(s.ctx).Data)
}

func agent(id string, inboxes ...string) *viewer.Viewer {
	return &viewer.Viewer{Kind: viewer.Agent, AccountID: "account_1", ActorID: id, InboxIDs: inboxes}
}

// Who has the same document, variables and scope shares an answer; whoever
// differs in any of them does not.
func TestWhoShares(t *testing.T) {
	t.Parallel()
	const plain = `subscription { items { n } }`
	of := agent("ben", "inbox_1")
	other := *of
	other.Scopes = []string{"read"}
	elsewhere := *of
	elsewhere.AccountID = "account_2"
	admin := *of
	admin.Kind = viewer.Admin
	for name, tc := range map[string]struct {
		viewer    *viewer.Viewer
		query     string
		variables map[string]any
		shares    bool
	}{
		"another user of the same scope":  {agent("cleo", "inbox_1"), plain, nil, true},
		"more inboxes":                    {agent("cleo", "inbox_1", "inbox_2"), plain, nil, false},
		"other inboxes":                   {agent("cleo", "inbox_2"), plain, nil, false},
		"other scopes":                    {&other, plain, nil, false},
		"another account":                 {&elsewhere, plain, nil, false},
		"another kind":                    {&admin, plain, nil, false},
		"another document":                {of, `subscription { items { n again: n } }`, nil, false},
		"other variables":                 {of, plain, map[string]any{"x": 1}, false},
		"what depends on the user":        {agent("cleo", "inbox_1"), `subscription { items { unread } }`, nil, false},
		"what depends on them, elsewhere": {agent("cleo", "inbox_1"), `subscription { items { ...F } } fragment F on Item { unread }`, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first, second := w.subscribe(of, plain, nil), w.subscribe(tc.viewer, tc.query, tc.variables)
			i := &item{1}
			a, b := first.hear(i), second.hear(i)
			if shared := w.inner.renders.Load() == 1; shared != tc.shares || shared && a != b {
				t.Errorf("answered %d times: %s, %s", w.inner.renders.Load(), a, b)
			}
		})
	}
	t.Run("two users who select what depends on them", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		const query = `subscription { items { unread } }`
		i := &item{1}
		ben, cleo := w.subscribe(agent("ben"), query, nil).hear(i), w.subscribe(agent("cleo"), query, nil).hear(i)
		if ben != `{"n":1,"for":"ben"}` || cleo != `{"n":1,"for":"cleo"}` {
			t.Errorf("%s, %s", ben, cleo)
		}
	})
	t.Run("where they begin does not matter", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		const query = `subscription($from: Int) { items(after: $from) { n } }`
		i := &item{1}
		first, second := w.subscribe(of, query, map[string]any{"from": 1}), w.subscribe(of, query, map[string]any{"from": 2})
		first.hear(i)
		second.hear(i)
		if n := w.inner.renders.Load(); n != 1 {
			t.Errorf("answered %d times", n)
		}
	})
}

// However many subscribe at once, each item is answered once, and everyone gets
// every answer in order, also who is far behind.
func TestManyShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const subscribers, items = 50, 300
	all := make([]*item, items)
	for n := range all {
		all[n] = &item{n}
	}
	slow := w.subscribe(agent("ben"), `subscription { items { n } }`, nil)
	quick := make([]*subscriber, subscribers)
	for i := range quick {
		quick[i] = w.subscribe(agent("ben"), `subscription { items { n } }`, nil)
	}
	for n, i := range all {
		var busy sync.WaitGroup
		for _, s := range quick {
			busy.Go(func() {
				if got := s.hear(i); got != fmt.Sprintf(`{"n":%d,"for":"ben"}`, n) {
					t.Errorf("item %d: %s", n, got)
				}
			})
		}
		busy.Wait()
	}
	if n := w.inner.renders.Load(); n != items {
		t.Errorf("%d items were answered %d times", items, n)
	}
	for n, i := range all {
		if got := slow.hear(i); got != fmt.Sprintf(`{"n":%d,"for":"ben"}`, n) {
			t.Errorf("the slow one's item %d: %s", n, got)
		}
	}
}

// joined is a viewer who changes.
type joined struct{ now atomic.Pointer[viewer.Viewer] }

func (j *joined) At(context.Context, int64) (*viewer.Viewer, error) {
	if v := j.now.Load(); v != nil {
		return v, nil
	}
	return nil, errs.New(errs.Unauthenticated, "The token was revoked.")
}
func (*joined) Changed() <-chan struct{} { return nil }

// A stream's end reaches the subscriber once, with its reason; a viewer who
// changed is another from then on; and every stream is closed once.
func TestEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	over := w.subscribe(agent("ben"), `subscription { items { n } }`, nil)
	close(over.stream.items)
	if resp := over.next(over.ctx); resp == nil || resp.Data != nil || resp.Errors[0].Err.Error() != "over" || resp.Errors[0].Path.String() != "items" {
		t.Errorf("ended with %+v", resp)
	}
	if over.next(over.ctx) != nil || over.stream.closed.Load() != 1 {
		t.Errorf("closed %d times", over.stream.closed.Load())
	}
	gone := w.subscribe(agent("ben"), `subscription { items { n } }`, nil)
	gone.leave()
	if resp := gone.next(gone.ctx); resp != nil {
		t.Errorf("who went away is told %+v", resp)
	}
	if gone.stream.closed.Load() != 1 {
		t.Errorf("closed %d times", gone.stream.closed.Load())
	}
	w.inner.next = nil
	doc := gqlparser.MustLoadQueryWithRules(schema, `subscription { items { n } }`, nil)
	next, ctx := w.shared.DispatchOperation(viewer.NewContext(t.Context(), agent("ben")), &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]})
	if resp := next(ctx); resp == nil || !errs.Is(resp.Errors[0], errs.NotFound) {
		t.Errorf("one that cannot begin: %+v", resp)
	}
}

// What a viewer may see is asked for each item.
func TestViewerChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var who joined
	who.now.Store(agent("ben", "inbox_1"))
	w.inner.next = &stream{items: make(chan *item, 3)}
	doc := gqlparser.MustLoadQueryWithRules(schema, `subscription { items { n } }`, nil)
	ctx := viewer.NewLiveContext(viewer.NewContext(t.Context(), agent("nobody")), &who)
	next, ctx := w.shared.DispatchOperation(ctx, &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]})
	for _, v := range []*viewer.Viewer{agent("ben", "inbox_1"), agent("ben2", "inbox_1", "inbox_2")} {
		who.now.Store(v)
		w.inner.next.items <- &item{1}
		if got := string(next(ctx).Data); got != fmt.Sprintf(`{"n":1,"for":%q}`, v.ActorID) {
			t.Errorf("%s got %s", v.ActorID, got)
		}
	}
	who.now.Store(nil)
	w.inner.next.items <- &item{2}
	if resp := next(ctx); resp == nil || !errs.Is(resp.Errors[0], errs.Unauthenticated) {
		t.Errorf("ended with %+v", resp)
	}
}
