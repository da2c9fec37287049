package graph_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
)

// API-24: what only a gateway uses is in no schema unless it is asked for, nor is
// @defer, which no transport carries.
func TestServedSchema(t *testing.T) {
	t.Parallel()
	gateway := []string{"_service", "_entities", "_Any", "_Entity", "_Service", "@key"}
	public, subgraph := graph.SDL(), graph.SDL(graph.Federation)
	for _, word := range gateway {
		if strings.Contains(public, word) || !strings.Contains(subgraph, word) {
			t.Errorf("%s: in the public SDL: %v; in the subgraph's: %v", word, strings.Contains(public, word), strings.Contains(subgraph, word))
		}
	}
	for _, with := range [][]graph.Feature{nil, {graph.Federation}} {
		schema, err := graph.Schema(graph.Services{}, with...)
		if err != nil {
			t.Fatal(err)
		}
		served := schema.Schema()
		if served.Directives["defer"] != nil || served.Directives["include"] == nil {
			t.Errorf("%v: @defer is %v", with, served.Directives["defer"])
		}
		if _, err := gqlparser.LoadSchema(&ast.Source{Input: graph.SDL(with...)}); err != nil {
			t.Errorf("%v: the printed SDL cannot be read: %v", with, err)
		}
		if served.Query != served.Types["Query"] || served.PossibleTypes["Node"][0] != served.Types[served.PossibleTypes["Node"][0].Name] {
			t.Errorf("%v: a type is there twice", with)
		}
	}
	if full := schema(); full.Query.Fields.ForName("_service") == nil || full.Directives["defer"] == nil {
		t.Error("the schema that others share was changed")
	}
}

// API-23: scalars name their page.
func TestScalarsAreSpecified(t *testing.T) {
	t.Parallel()
	for _, def := range schema().Types {
		if def.Kind == ast.Scalar && own(def) && def.Directives.ForName("specifiedBy") == nil {
			t.Errorf("scalar %s has no @specifiedBy", def.Name)
		}
	}
}

// API-24: a gateway gets the SDL, and objects by their representations, in the name
// of whoever asks.
func TestFederation(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		admin := o.token(t, o.AdminID)
		agent, inbox := o.AgentIDs[0], o.InboxIDs[0]
		if got := o.as(t, admin, `{ _service { sdl } }`); !strings.Contains(got, `@link(url: \"https://specs.apollo.dev/federation/v2.3\"`) ||
			!strings.Contains(got, `@key(fields: \"id\")`) || strings.Contains(got, "_entities") || strings.Contains(got, "@oneOf") {
			t.Errorf("got %.300s", got)
		}
		entities := func(token, representations string) string {
			return o.as(t, token, `{ _entities(representations: [`+representations+`]) { __typename ... on User { id } ... on Inbox { id } } }`)
		}
		user := `{__typename: "User", id: "` + agent + `"}`
		got := entities(admin, user+`, {__typename: "Inbox", id: "`+agent+`"}, {__typename: "User", id: "user_1"}, {__typename: "Inbox", id: "`+inbox+`"}`)
		want := `{"data":{"_entities":[{"__typename":"User","id":"` + agent + `"},null,null,{"__typename":"Inbox","id":"` + inbox + `"}]}}`
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		for _, wrong := range []string{`{__typename: "User"}`, `{id: "` + agent + `"}`, `{__typename: 1, id: 2}`, `{__typename: "User", id: null}`} {
			if got := entities(admin, user+", "+wrong); !strings.Contains(got, `"code":"BAD_USER_INPUT"`) || !strings.Contains(got, `"field":["representations","1"]`) {
				t.Errorf("%s: got %s", wrong, got)
			}
		}
		if got := entities(admin, strings.Repeat(user+", ", 101)); !strings.Contains(got, `"code":"TOO_LONG"`) || !strings.Contains(got, `"limit":100`) {
			t.Errorf("got %.300s", got)
		}
		if got := entities(admin, strings.Repeat(user+", ", 100)); strings.Contains(got, "errors") {
			t.Errorf("got %.300s", got)
		}
	})
}
