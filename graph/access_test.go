package graph_test

import (
	"context"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// Who may call what: by kind first, then by the token's scopes (AC-9).
func TestAccess(t *testing.T) {
	t.Parallel()
	staff := []viewer.Kind{viewer.Admin, viewer.Agent, viewer.Integration}
	visitors := []viewer.Kind{viewer.Visitor, viewer.Anyone}
	write, read := "conversations:write", "conversations:read"
	of := func(kind viewer.Kind, scopes ...string) *viewer.Viewer {
		return &viewer.Viewer{Kind: kind, Scopes: scopes}
	}
	const needsToken = `UNAUTHENTICATED: "f" requires a token: send it in the header "Authorization: Bearer ...", or over a WebSocket as connection_init {"Authorization": "Bearer ..."}.`
	const lacks = `FORBIDDEN: The token lacks the scope "conversations:write".`
	cases := map[string]struct {
		viewer *viewer.Viewer
		to     []viewer.Kind
		scope  *string
		want   string
	}{
		"no viewer":              {nil, staff, nil, needsToken},
		"anonymous":              {viewer.Anonymous(), staff, &read, needsToken},
		"visitor":                {of(viewer.Visitor), staff, &read, `FORBIDDEN: Only ADMIN, AGENT and INTEGRATION may call "f"; the token is of kind VISITOR.`},
		"agent for admins":       {of(viewer.Agent, "*"), staff[:1], &read, `FORBIDDEN: Only ADMIN may call "f"; the token is of kind AGENT.`},
		"staff for visitors":     {of(viewer.Admin, "*"), visitors[:1], nil, `FORBIDDEN: Only VISITOR may call "f"; the token is of kind ADMIN.`},
		"anyone: anonymous":      {viewer.Anonymous(), visitors, nil, ""},
		"anyone: no viewer":      {nil, visitors, nil, ""},
		"anyone: staff too":      {of(viewer.Admin), visitors, nil, ""},
		"visitor needs no scope": {of(viewer.Visitor), append(staff, viewer.Visitor), &write, ""},
		"scope by name":          {of(viewer.Agent, write), staff, &write, ""},
		"other scope":            {of(viewer.Agent, read), staff, &write, lacks},
		"no scopes":              {of(viewer.Integration), staff, &write, lacks},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := graphql.WithFieldContext(t.Context(), &graphql.FieldContext{
				Field: graphql.CollectedField{Field: &ast.Field{Name: "f"}},
			})
			if c.viewer != nil {
				ctx = viewer.NewContext(ctx, c.viewer)
			}
			called := false
			_, err := graph.Access(ctx, nil, func(context.Context) (any, error) { called = true; return 1, nil }, c.to, c.scope)
			got := ""
			if e := errs.Of(err); e != nil {
				got = e.Error()
			}
			if got != c.want || called != (c.want == "") {
				t.Errorf("got %q, called %v; want %q", got, called, c.want)
			}
		})
	}
}

const accessSDL = `
directive @access(to: [ActorKind!]!, scope: String) on FIELD_DEFINITION
directive @visible(to: [ActorKind!]!) on OBJECT | FIELD_DEFINITION
directive @scope(read: String, also: [String!]) on OBJECT | FIELD_DEFINITION
enum ActorKind { ADMIN AGENT INTEGRATION BOT VISITOR ANYONE }
`

func load(t *testing.T, sdl string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: accessSDL + sdl})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestCheckAccessNamesOpenFields(t *testing.T) {
	t.Parallel()
	err := graph.CheckAccess(load(t, `
		type Query {
			good: Int @access(to: [ADMIN], scope: "x:read")
			visitor: Int @access(to: [VISITOR, ANYONE])
			single: Int @access(to: VISITOR)
			open: Int
			nobody: Int @access(to: [])
			typed: Node @access(to: [ADMIN])
			typedRows: ThingConnection @access(to: [ADMIN])
		}
		interface Node { id: ID! }
		type Thing implements Node @scope(read: "account:read") { id: ID! }
		type ThingConnection { edges: [ThingEdge!]! }
		type ThingEdge { node: Thing! }
		type Mutation { unscoped: Int @access(to: [VISITOR, BOT])  empty: Int @access(to: [ADMIN], scope: "") }
		type Subscription { alsoOpen: Int }`))
	want := strings.Join([]string{
		"Query.open has no @access: name who may call it",
		"Query.nobody has no @access: name who may call it",
		"Mutation.unscoped admits staff, but neither its @access nor its type has a scope",
		"Mutation.empty admits staff, but neither its @access nor its type has a scope",
		"Subscription.alsoOpen has no @access: name who may call it",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err := graph.CheckAccess(load(t, `type Query { good: Int @access(to: [ADMIN], scope: "x:read") }`)); err != nil {
		t.Error(err)
	}
}

// The walk goes through lists, interfaces, unions, connections and payloads,
// and takes ANYONE for stricter than VISITOR. It stops where objects of other
// types are hidden, and at fields that are not theirs.
func TestCheckVisibleWalksTheSDL(t *testing.T) {
	t.Parallel()
	const sdl = `
		type Query {
			staff: Secret @access(to: [ADMIN], scope: "x:read")
			talks: TalkConnection! @access(to: [VISITOR])
			widget: Widget @access(to: [VISITOR, ANYONE])
		}
		type Mutation { say: SayPayload! @access(to: [VISITOR]) }
		type Subscription { live: Change! @access(to: [VISITOR]) }
		type Secret { self: Secret }
		type TalkConnection @visible(to: [VISITOR]) { edges: [TalkEdge!]! }
		type TalkEdge @visible(to: [VISITOR]) {
			node: Node
			nodes: [Node!]!
			thing: Node!
			who: Agent @visible(to: [ADMIN])
		}
		type Agent { secret: Secret }
		interface Node { id: ID! }
		type Talk implements Node @visible(to: [VISITOR]) { id: ID! }
		type Contact implements Node { id: ID! secret: Secret }
		type Widget @visible(to: [VISITOR]) { title: String }
		type SayPayload @visible(to: [VISITOR]) { userErrors: [UserError!]! }
		type UserError { message: String! }
		union Change = Said | Typed
		type Said @visible(to: [ANYONE]) { id: ID! }
		type Typed @visible(to: [ADMIN]) { id: ID! }`
	err := graph.CheckVisible(load(t, sdl))
	want := strings.Join([]string{
		"type Widget is not @visible to ANYONE, who reaches it by Query.widget",
		"type UserError is not @visible to VISITOR, who reaches it by Mutation.say → SayPayload.userErrors",
		"type Typed is not @visible to VISITOR, who reaches it by Subscription.live → Typed",
		"type Contact is not @visible to VISITOR, who reaches it by Query.talks → TalkConnection.edges → TalkEdge.thing → Contact",
		"type Secret is not @visible to VISITOR, who reaches it by Query.talks → TalkConnection.edges → TalkEdge.thing → Contact → Contact.secret",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err := graph.CheckVisible(load(t, `type Query { w: W @access(to: [ANYONE]) } type W @visible(to: [ANYONE]) { w: W }`)); err != nil {
		t.Error(err)
	}
}
