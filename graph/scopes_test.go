package graph_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/graph"
	"parley/graph/generated"
	"parley/graph/model"
	"parley/internal/viewer"
)

// API-13: each object type says which scope reads it.
func TestTypesHaveScopes(t *testing.T) {
	t.Parallel()
	if err := graph.CheckScopes(schema()); err != nil {
		t.Error(err)
	}
	err := graph.CheckScopes(load(t, `
		type Query { f: Int @access(to: [ADMIN], scope: "x:read") }
		type Open { id: ID! }
		type Odd @scope(also: ["account:read"]) { id: ID! }
		type Good @scope(read: "account:read") { id: ID! @scope(also: ["y:read"]) }
		type GoodPayload @scope(read: "account:read") { good: Good }
		type GoodConnection { edges: [GoodEdge!]! }
		type GoodEdge { node: Good }
		type UserError { code: Int }
		type PageInfo { start: Int }`))
	want := strings.Join([]string{
		`type Good names the scope "y:read", which does not exist`,
		`type GoodPayload only carries others: it has no @scope`,
		`type Odd has no @scope(read:): name the scope that lets a token read it`,
		`type Open has no @scope(read:): name the scope that lets a token read it`,
		`type Query names the scope "x:read", which does not exist`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// The generated code knows which Go type is which type of the SDL; so does the
// guard of interfaces and unions, or it would hide the wrong ones.
func TestTypeNames(t *testing.T) {
	t.Parallel()
	member := regexp.MustCompile(`(?m)^\tcase \*?([\w.]+):\n(?:\t\tif obj == nil \{\n\t\t\treturn graphql\.Null\n\t\t\}\n)?\t\treturn ec\._(\w+)\(ctx, sel, &?obj\)$`)
	files, err := filepath.Glob("generated/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range member.FindAllStringSubmatch(string(code), -1) {
			found++
			if got := model.SDLName(m[1]); got != m[2] {
				t.Errorf("got %s for %s; the generated code has %s", got, m[1], m[2])
			}
		}
	}
	if found < 30 {
		t.Errorf("found %d members", found)
	}
}

// refusalOf returns why a document is refused by its scopes; "": it is not. The
// resolvers have no services: whatever is let through to them fails otherwise.
func refusalOf(t *testing.T, v *viewer.Viewer, document, variables string) string {
	t.Helper()
	got, _ := askSchema(t, v, document, variables)
	for _, e := range got.Errors {
		switch e.Extensions.Code {
		case "FORBIDDEN", "UNAUTHENTICATED":
			return e.Message
		case "BAD_USER_INPUT", "COMPLEXITY_LIMIT":
			t.Fatalf("%s: %s", document, e.Message)
		}
	}
	return ""
}

func askSchema(t *testing.T, v *viewer.Viewer, document, variables string) (answer, string) {
	t.Helper()
	config := generated.Config{Resolvers: &graph.Resolver{}}
	config.Directives.Access = graph.Access
	return ask(viewer.NewContext(t.Context(), v), t, generated.NewExecutableSchema(config), graph.DefaultLimits(), document, variables)
}

// API-13: an operation that selects what the token may not read is refused before
// anything of it runs. Writing is not reading; conversations:read shows who is who.
func TestScopesOfDocuments(t *testing.T) {
	t.Parallel()
	const (
		conversation = `{ conversation(id: "x") { %s } }`
		claim        = `mutation { claimConversation(input: {conversationId: "x"}) { %s userErrors { code } } }`
	)
	lacks := func(scopes, path string) string {
		return fmt.Sprintf("The token lacks the scope %s, which %q requires.", scopes, path)
	}
	const people, contacts = `"people:read"`, `"contacts:read"`
	for name, c := range map[string]struct {
		scopes, document, want string
	}{
		"own fields":           {"conversations:read", fmt.Sprintf(conversation, "id status messages { edges { node { text attachments { id } } } }"), ""},
		"who is who":           {"conversations:read", fmt.Sprintf(conversation, "assignee { __typename id name avatarUrl } assignedTeam { name } contact { id name email } visitor { name email } inbox { id name }"), ""},
		"more of a person":     {"conversations:read", fmt.Sprintf(conversation, "assignee { name role }"), lacks(people, "conversation.assignee.role")},
		"more of a contact":    {"conversations:read", fmt.Sprintf(conversation, "contact { id phone }"), lacks(contacts, "conversation.contact.phone")},
		"with its scope":       {"conversations:read contacts:read", fmt.Sprintf(conversation, "contact { id phone }"), ""},
		"read":                 {"read", fmt.Sprintf(conversation, "contact { phone } assignee { role }"), ""},
		"write":                {"write", fmt.Sprintf(conversation, "contact { phone } assignee { role }"), ""},
		"under an alias":       {"conversations:read", fmt.Sprintf(conversation, "a: assignee { b: role }"), lacks(people, "conversation.a.b")},
		"in a fragment":        {"conversations:read", fmt.Sprintf(conversation, "...f") + " fragment f on Conversation { ... on Node { id } ... { assignee { role } } }", lacks(people, "conversation.assignee.role")},
		"not included":         {"conversations:read", fmt.Sprintf(conversation, "assignee @include(if: false) { role } contact { phone @skip(if: true) id }"), ""},
		"a list's rows":        {"conversations:read", `{ conversations(inboxId: "x") { edges { node { contact { phone } } } } }`, lacks(contacts, "conversations.edges.node.contact.phone")},
		"the members of a row": {"conversations:read", fmt.Sprintf(conversation, "messages { edges { node { author { __typename ... on User { name } ... on Contact { name email } ... on SystemActor { name } } } } }"), ""},
		"more of the members":  {"conversations:read", fmt.Sprintf(conversation, "messages { edges { node { author { ... on Contact { phone } } } } }"), lacks(contacts, "conversation.messages.edges.node.author.phone")},
		"an interface":         {"conversations:read", fmt.Sprintf(conversation, "channel { id kind inbox { name } }"), lacks(`"settings:read"`, "conversation.channel.inbox")},
		"write only":           {"conversations:write", fmt.Sprintf(claim, "conversation { id }"), lacks(`"conversations:read"`, "claimConversation.conversation.id")},
		"write only, no read":  {"conversations:write", fmt.Sprintf(claim, ""), ""},
		"a payload's contact":  {"conversations:write conversations:read", fmt.Sprintf(claim, "conversation { contact { phone } }"), lacks(contacts, "claimConversation.conversation.contact.phone")},
		"several mutations": {
			"conversations:write", `mutation { a: claimConversation(input: {conversationId: "x"}) { userErrors { code } } b: createContact(input: {email: "a@example.com"}) { userErrors { code } } }`,
			lacks(`"contacts:write"`, "b"),
		},
		"mutations of others": {
			"*", `mutation { a: claimConversation(input: {conversationId: "x"}) { userErrors { code } } b: createTeam(input: {name: "x"}) { userErrors { code } } }`,
			`Only ADMIN may call "b"; the token is of kind AGENT.`,
		},
		"the log":                {"events:read", `{ events(after: 0, first: 1) { edges { node { type actor { __typename } } } } }`, ""},
		"the log's objects":      {"events:read", `{ events(after: 0, first: 1) { edges { node { conversation { id } } } } }`, lacks(`"conversations:read"`, "events.edges.node.conversation.id")},
		"a live thread":          {"conversations:read", `subscription { messages(conversationId: "x") { message { author { ... on User { role } } } } }`, lacks(people, "messages.message.author.role")},
		"node":                   {"account:read", `{ node(id: "x") { id ... on Conversation { preview } } }`, ""},
		"node, and below":        {"account:read conversations:read", `{ node(id: "x") { ... on Conversation { contact { phone } } } }`, lacks(contacts, "node.contact.phone")},
		"node, below what hides": {"account:read", `{ node(id: "x") { ... on Conversation { contact { phone } } } }`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &viewer.Viewer{Kind: viewer.Agent, AccountID: "account_x", Scopes: strings.Fields(c.scopes)}
			if got := refusalOf(t, v, c.document, "{}"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// What a document needs is remembered, but not what a variable decides.
func TestScopesOfVariables(t *testing.T) {
	t.Parallel()
	v := &viewer.Viewer{Kind: viewer.Agent, AccountID: "account_x", Scopes: []string{"conversations:read"}}
	const document = `query($all: Boolean!) { conversation(id: "x") { id assignee { name role @include(if: $all) } } }`
	for _, c := range []struct {
		variables string
		refused   bool
	}{{`{"all": false}`, false}, {`{"all": true}`, true}, {`{"all": false}`, false}} {
		if got := refusalOf(t, v, document, c.variables); (got != "") != c.refused {
			t.Errorf("%s: got %q", c.variables, got)
		}
	}
}

// The refusal says where: by the path, and by the place in the document.
func TestScopeErrors(t *testing.T) {
	t.Parallel()
	v := &viewer.Viewer{Kind: viewer.Agent, AccountID: "account_x", Scopes: []string{"conversations:read"}}
	got, _ := askSchema(t, v, "{ conversation(id: \"x\") {\n contact { phone } } }", "{}")
	if len(got.Errors) != 1 || len(got.Data) > 0 && string(got.Data) != "null" {
		t.Fatalf("got %+v", got)
	}
	e := got.Errors[0]
	if diff := cmp.Diff([]any{"conversation", "contact", "phone"}, e.Path); diff != "" || e.Locations[0].Line != 2 || e.Locations[0].Column != 12 {
		t.Errorf("got %+v", e)
	}
}
