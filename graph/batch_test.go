package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/graph"
	"parley/graph/generated"
	"parley/graph/model"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// However deep an edge stands below the rows of a list, its resolver is called
// once for all of them.
func TestBatches(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		document string
		want     map[string][]string
	}{
		"rows": {
			`{ users { nodes { teams { nodes { id } } } } }`,
			map[string][]string{"teams": {"u1 u2"}},
		},
		"rows of an interface": {
			`{ nodes(ids: []) { ... on Conversation { assignee { id } } ... on User { teams { nodes { id } } } } }`,
			map[string][]string{"assignee": {"c1 c2"}, "teams": {"u9"}},
		},
		"nodes of edges": {
			`{ conversations { edges { node { assignee { id } } } } }`,
			map[string][]string{"assignee": {"c1 c2 c3"}},
		},
		"nodes without edges": {
			`{ conversations { nodes { assignee { teams { nodes { id } } } } } }`,
			map[string][]string{"assignee": {"c1 c2 c3"}, "teams": {"u-c1 u-c3"}},
		},
		"below nodes": {
			`{ conversations { edges { node { assignee { teams { nodes { id } } } } } } }`,
			map[string][]string{"assignee": {"c1 c2 c3"}, "teams": {"u-c1 u-c3"}},
		},
		"aliases": {
			`{ conversations { edges { node { a: assignee { teams { nodes { id } } } b: assignee { id } } } } }`,
			map[string][]string{"assignee": {"c1 c2 c3", "c1 c2 c3"}, "teams": {"u-c1 u-c3"}},
		},
		"below a struct's field": {
			`{ searchConversations(query: "x") { edges { node { conversation { assignee { teams { nodes { id } } } } } } } }`,
			map[string][]string{"assignee": {"c1 c2 c2"}, "teams": {"u-c1"}},
		},
		"below a union": {
			`{ searchConversations(query: "x") { edges { node { message { author { ... on User { teams { nodes { id } } } ... on Contact { emails } } } } } } }`,
			map[string][]string{"author": {"m1 m2 m3"}, "teams": {"u-m1 u-m3"}, "emails": {"k-m2"}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakes{calls: map[string][]string{}}
			if got := query(t, fake, c.document); len(got.Errors) > 0 {
				t.Fatalf("errors: %+v", got.Errors)
			}
			if diff := cmp.Diff(c.want, fake.calls); diff != "" {
				t.Errorf("calls, want (-) got (+):\n%s", diff)
			}
		})
	}
}

// Each row gets its own answer, and an error where its object stands.
func TestBatchesAnswersAndErrors(t *testing.T) {
	t.Parallel()
	document := `{ conversations { edges { node { id assignee { id } } } } }`
	cases := map[string]struct {
		fail func(int) error
		data string
		errs []string
	}{
		"OK": {
			nil,
			`{"conversations":{"edges":[{"node":{"id":"c1","assignee":{"id":"u-c1"}}},{"node":{"id":"c2","assignee":null}},{"node":{"id":"c3","assignee":{"id":"u-c3"}}}]}}`,
			nil,
		},
		"one row's error": {
			func(n int) error { return graphql.BatchErrorList{nil, nil, errs.New(errs.Forbidden, "no")}[:n] },
			`{"conversations":{"edges":[{"node":{"id":"c1","assignee":{"id":"u-c1"}}},{"node":{"id":"c2","assignee":null}},{"node":{"id":"c3","assignee":null}}]}}`,
			[]string{"FORBIDDEN conversations.edges.2.node.assignee"},
		},
		"everyone's error": {
			func(int) error { return errors.New("the disk burns") },
			`{"conversations":{"edges":[{"node":{"id":"c1","assignee":null}},{"node":{"id":"c2","assignee":null}},{"node":{"id":"c3","assignee":null}}]}}`,
			[]string{
				"INTERNAL conversations.edges.0.node.assignee",
				"INTERNAL conversations.edges.1.node.assignee",
				"INTERNAL conversations.edges.2.node.assignee",
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakes{calls: map[string][]string{}, fail: c.fail}
			got := query(t, fake, document)
			if string(got.Data) != c.data {
				t.Errorf("data %s", got.Data)
			}
			found := map[string]bool{}
			for _, e := range got.Errors {
				found[e.Extensions.Code+" "+pathOf(e.Path)] = true
			}
			if len(found) != len(c.errs) {
				t.Errorf("errors %v", found)
			}
			for _, want := range c.errs {
				if !found[want] {
					t.Errorf("no error %s; got %v", want, found)
				}
			}
		})
	}
}

func pathOf(path []any) string {
	parts := make([]string, len(path))
	for i, p := range path {
		b, _ := json.Marshal(p)
		parts[i] = strings.Trim(string(b), `"`)
	}
	return strings.Join(parts, ".")
}

// fakes is a root of resolvers that answers from nothing and notes the batches.
type fakes struct {
	graph.Resolver
	mu    sync.Mutex
	calls map[string][]string
	fail  func(parents int) error
}

// query runs a document as an admin on the real schema over the given resolvers.
func query(t *testing.T, resolvers generated.ResolverRoot, document string) answer {
	t.Helper()
	srv := handler.New(generated.NewExecutableSchema(generated.Config{
		Resolvers: resolvers, Directives: generated.DirectiveRoot{Access: graph.Access},
	}))
	srv.AddTransport(transport.POST{})
	graph.Install(srv, graph.DefaultLimits(), declaredOnly(t))
	srv.Use(graph.Batches{})
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	ctx := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Admin, Scopes: []string{"*"}})
	req := httptest.NewRequestWithContext(ctx, "POST", "/", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	srv.ServeHTTP(rec, req)
	var got answer
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatalf("answer %q: %v", rec.Body, err)
	}
	return got
}

// note records a call with the ids of its parents.
func (f *fakes) note(field string, ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[field] = append(f.calls[field], strings.Join(ids, " "))
}

func idsOf[T any](objs []T, id func(T) string) []string {
	ids := make([]string, len(objs))
	for i, o := range objs {
		ids[i] = id(o)
	}
	return ids
}

func (f *fakes) Query() generated.QueryResolver { return fakeQuery{f.Resolver.Query()} }
func (f *fakes) Conversation() generated.ConversationResolver {
	return fakeConversation{f.Resolver.Conversation(), f}
}
func (f *fakes) Message() generated.MessageResolver { return fakeMessage{f.Resolver.Message(), f} }
func (f *fakes) User() generated.UserResolver       { return fakeUser{f.Resolver.User(), f} }
func (f *fakes) Contact() generated.ContactResolver { return fakeContact{f.Resolver.Contact(), f} }

type fakeQuery struct{ generated.QueryResolver }

func (fakeQuery) Users(context.Context, *bool, *int, *string, *int, *string) (*paging.Connection[*ent.User], error) {
	return &paging.Connection[*ent.User]{Edges: []*paging.Edge[*ent.User]{{Node: &ent.User{ID: "u1"}}, {Node: &ent.User{ID: "u2"}}}}, nil
}

func (fakeQuery) Nodes(context.Context, []string) ([]model.Node, error) {
	return []model.Node{&ent.Conversation{ID: "c1"}, nil, &ent.User{ID: "u9"}, &ent.Conversation{ID: "c2"}}, nil
}

func (fakeQuery) Conversations(context.Context, *string, *view.ViewInput, *view.Filter,
	*vocab.ConversationOrder, *int, *string, *int, *string,
) (*view.Page, error) {
	page := &view.Page{}
	for _, id := range []string{"c1", "c2", "c3"} {
		page.Edges = append(page.Edges, &paging.Edge[*ent.Conversation]{Node: &ent.Conversation{ID: id}})
	}
	return page, nil
}

func (fakeQuery) SearchConversations(context.Context, string, *view.Filter, *vocab.SearchOrder, *int, *string, *int, *string,
) (*view.SearchPage, error) {
	found := &view.SearchPage{}
	for i, id := range []string{"m1", "m2", "m3"} {
		found.Edges = append(found.Edges, &paging.Edge[*view.SearchHit]{Node: &view.SearchHit{
			Conversation: &ent.Conversation{ID: []string{"c1", "c2", "c2"}[i]},
			Message:      &ent.Message{ID: id},
		}})
	}
	return found, nil
}

type fakeConversation struct {
	generated.ConversationResolver
	f *fakes
}

// Assignee gives every conversation but c2 a user.
func (r fakeConversation) Assignee(_ context.Context, objs []*ent.Conversation) ([]*ent.User, error) {
	r.f.note("assignee", idsOf(objs, func(c *ent.Conversation) string { return c.ID }))
	users := make([]*ent.User, len(objs))
	for i, c := range objs {
		if c.ID != "c2" {
			users[i] = &ent.User{ID: "u-" + c.ID}
		}
	}
	if r.f.fail != nil {
		return users, r.f.fail(len(objs))
	}
	return users, nil
}

type fakeMessage struct {
	generated.MessageResolver
	f *fakes
}

// Author gives every message but m2 a user.
func (r fakeMessage) Author(_ context.Context, objs []*ent.Message) ([]model.Actor, error) {
	r.f.note("author", idsOf(objs, func(m *ent.Message) string { return m.ID }))
	actors := make([]model.Actor, len(objs))
	for i, m := range objs {
		actors[i] = &ent.User{ID: "u-" + m.ID}
		if m.ID == "m2" {
			actors[i] = &ent.Contact{ID: "k-" + m.ID}
		}
	}
	return actors, nil
}

type fakeUser struct {
	generated.UserResolver
	f *fakes
}

func (r fakeUser) Teams(_ context.Context, objs []*ent.User, _ *int, _ *string, _ *int, _ *string) ([]*paging.Connection[*ent.Team], error) {
	r.f.note("teams", idsOf(objs, func(u *ent.User) string { return u.ID }))
	pages := make([]*paging.Connection[*ent.Team], len(objs))
	for i := range pages {
		pages[i] = &paging.Connection[*ent.Team]{}
	}
	return pages, nil
}

type fakeContact struct {
	generated.ContactResolver
	f *fakes
}

func (r fakeContact) Emails(_ context.Context, objs []*ent.Contact) ([][]string, error) {
	r.f.note("emails", idsOf(objs, func(c *ent.Contact) string { return c.ID }))
	return make([][]string, len(objs)), nil
}
