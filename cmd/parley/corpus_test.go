package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"parley/graph"
	"parley/internal/clock"
	"parley/internal/demo"
	"parley/internal/id"
	"parley/internal/testkit"
	"parley/internal/testkit/corpus"
)

// wrongOnPurpose are parts of the documents with which tests ask for what is not there, of
// those that Relay's compiler rewrites, of selections that look like documents, and of
// what is there only with PARLEY_FEDERATION.
var wrongOnPurpose = []string{
	"{ secrets }", "view: {builtIn: EVERYTHING}", "subscription { __typename }", "subscription { events { id } messages(", "InboxPages",
	"{ type message { text } }", "{ _service { sdl } }",
}

// sharesFragments is where fragments are of all files.
const sharesFragments = "docs/examples/inbox/"

// corpusOf returns every document of the repository, once, by its text.
func corpusOf(t *testing.T) map[string]string {
	t.Helper()
	all, err := corpus.Collect("../..", "cmd/parley", "bench", "internal/demo")
	if err != nil {
		t.Fatal(err)
	}
	shared := sharedFragments(all)
	paths := map[string]string{}
	for _, d := range all {
		if strings.HasPrefix(d.Path, sharesFragments) {
			if strings.HasPrefix(strings.TrimSpace(d.Text), "fragment ") {
				continue
			}
			d.Text += "\n" + shared
		}
		if !slices.ContainsFunc(wrongOnPurpose, func(part string) bool { return strings.Contains(d.Text, part) }) {
			paths[d.Text] = d.Path
		}
	}
	for _, path := range []string{"README.md", "docs/llms.txt", "docs/frontend.md", "docs/live.md", "internal/channel/chat/widget/src/operations.ts"} {
		if !slices.Contains(slices.Collect(maps.Values(paths)), path) {
			t.Errorf("no document was found in %s", path)
		}
	}
	return paths
}

// sharedFragments are the fragments that the example inbox's files share, each once: a
// document comes with those that it uses.
func sharedFragments(all []corpus.Document) string {
	var fragments ast.FragmentDefinitionList
	for _, d := range all {
		if strings.HasPrefix(d.Path, sharesFragments) && strings.HasPrefix(strings.TrimSpace(d.Text), "fragment ") {
			for _, f := range corpus.Parse(d.Text).Fragments {
				if fragments.ForName(f.Name) == nil {
					fragments = append(fragments, f)
				}
			}
		}
	}
	var b strings.Builder
	formatter.NewFormatter(&b).FormatQueryDocument(&ast.QueryDocument{Fragments: fragments})
	return b.String()
}

// API-26: every document in the docs, tests, examples, the widget and the demo is valid.
func TestEveryDocumentIsValid(t *testing.T) {
	t.Parallel()
	schema := graph.PublicSchema()
	documents := corpusOf(t)
	for text, path := range documents {
		_, errs := gqlparser.LoadQueryWithRules(schema, text, nil)
		for _, err := range errs {
			if err.Rule != "NoUnusedFragments" { // a page explains its fragments apart
				t.Errorf("%s: %v\n%s", path, err, text)
			}
		}
	}
	t.Logf("%d documents", len(documents))
}

// API-26: every operation is replayed, with variables that fit: the server may refuse
// them, but knows what is meant and does not fail.
func TestEveryDocumentIsReplayed(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		a := serveTest(t, db.Open(t, clock.System{}))
		r := newReplay(t, a)
		var operations []operation
		for text, path := range corpusOf(t) {
			operations = append(operations, operationsOf(text, path)...)
		}
		// Reads first: they find what writes then change and remove.
		slices.SortFunc(operations, func(x, y operation) int {
			return strings.Compare(string(y.definition.Operation)+y.text, string(x.definition.Operation)+x.text)
		})
		answered := 0
		for _, o := range operations {
			if r.run(o) {
				answered++
			}
		}
		t.Logf("%d operations, %d of them answered with data", len(operations), answered)
		if answered < len(operations)/2 {
			t.Errorf("only %d of %d operations were answered with data", answered, len(operations))
		}
	})
}

// operation is an operation with the fragments of its document.
type operation struct {
	path, text string
	definition *ast.OperationDefinition
}

// operationsOf returns the operations of a document that a request can carry, each as a
// document of its own.
func operationsOf(text, path string) []operation {
	doc := corpus.Parse(text)
	var list []operation
	for _, definition := range doc.Operations {
		if definition.Operation == ast.Subscription {
			continue
		}
		single := &ast.QueryDocument{Operations: ast.OperationList{definition}, Fragments: usedFragments(doc, definition.SelectionSet, nil)}
		var b strings.Builder
		formatter.NewFormatter(&b).FormatQueryDocument(single)
		list = append(list, operation{path, b.String(), definition})
	}
	return list
}

func usedFragments(doc *ast.QueryDocument, set ast.SelectionSet, used ast.FragmentDefinitionList) ast.FragmentDefinitionList {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			used = usedFragments(doc, s.SelectionSet, used)
		case *ast.InlineFragment:
			used = usedFragments(doc, s.SelectionSet, used)
		case *ast.FragmentSpread:
			if f := doc.Fragments.ForName(s.Name); f != nil && used.ForName(s.Name) == nil {
				used = usedFragments(doc, f.SelectionSet, append(used, f))
			}
		}
	}
	return used
}

// replay sends operations with variables that it makes up from what is there.
type replay struct {
	*api
	schema  *ast.Schema
	visitor string
	ids     map[string]string // by the kind of object
}

func newReplay(t *testing.T, a *api) *replay {
	t.Helper()
	channel := a.channel()
	topic := channel.chat("Where is my parcel?")
	filled, err := demo.Fill(t.Context(), a.store, demo.Options{Conversations: 30, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &replay{api: a, schema: graph.PublicSchema(), visitor: topic.visitor, ids: map[string]string{
		"conversation": topic.conversationID, "inbox": channel.inboxID,
	}}
	r.ids["demo"] = filled.InboxIDs[0]
	data := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { channel { id } messages(first: 1) { nodes { id } } } viewer { actor { ... on User { id } } account { id } } }`,
		map[string]any{"id": topic.conversationID})
	r.ids["channel"] = text(data, "conversation", "channel", "id")
	r.ids["message"] = text(data, "conversation", "messages", "nodes", 0, "id")
	r.ids["user"] = text(data, "viewer", "actor", "id")
	r.ids["account"] = text(data, "viewer", "account", "id")
	return r
}

// run sends an operation, and reports whether it got data.
func (r *replay) run(o operation) bool {
	r.t.Helper()
	variables := map[string]any{}
	for _, v := range o.definition.VariableDefinitions {
		if v.Type.NonNull && v.DefaultValue == nil {
			variables[v.Variable] = r.value(v.Type, hint(o.definition, v.Variable))
		}
	}
	if encoded, err := json.Marshal(variables); err != nil || strings.Contains(string(encoded), upload) {
		return false
	}
	got := r.ask(r.tokenFor(o.definition), o.text, variables)
	for _, e := range got.Errors {
		code := fmt.Sprint(e.Extensions["code"])
		if code == "INTERNAL" || strings.HasPrefix(code, "GRAPHQL_") {
			r.t.Errorf("%s: %s: %s\n%s\n%v", o.path, code, e.Message, o.text, variables)
		}
	}
	return got.Data != nil
}

// tokenFor is a visitor's for what only visitors may call.
func (r *replay) tokenFor(o *ast.OperationDefinition) string {
	root := r.schema.Query
	if o.Operation == ast.Mutation {
		root = r.schema.Mutation
	}
	for _, selection := range o.SelectionSet {
		field, ok := selection.(*ast.Field)
		if !ok || root.Fields.ForName(field.Name) == nil {
			continue
		}
		if access := root.Fields.ForName(field.Name).Directives.ForName("access"); access != nil && access.Arguments.ForName("to").Value.String() == "[VISITOR]" {
			return r.visitor
		}
	}
	return adminToken
}

// hint is the name that says most about a variable: its own, or for "id" that of the
// field that takes it.
func hint(o *ast.OperationDefinition, variable string) string {
	for _, selection := range o.SelectionSet {
		if field, ok := selection.(*ast.Field); ok && variable == "id" {
			for _, a := range field.Arguments {
				if a.Value.Raw == variable {
					return field.Name + "." + a.Name
				}
			}
		}
	}
	return variable
}

// upload stands for a file, which no JSON has.
const upload = "(a file)"

// value makes up a value of a type; name says what it is.
func (r *replay) value(t *ast.Type, name string) any {
	if t.Elem != nil {
		return []any{r.value(t.Elem, name)}
	}
	switch t.Name() {
	case "ID":
		return r.idOf(name)
	case "Int", "Float", "Sequence":
		return 1
	case "Boolean":
		return false
	case "String", "HTML":
		return "order"
	case "Time":
		return "2999-01-31T09:30:00Z"
	case "URL":
		return "https://shop.example/prices"
	case "EmailAddress":
		return "ada@example.com"
	case "Upload":
		return upload
	}
	def := r.schema.Types[t.Name()]
	if def.Kind == ast.Enum {
		return def.EnumValues[0].Name
	}
	object := map[string]any{}
	for _, f := range def.Fields {
		if f.Type.NonNull && f.DefaultValue == nil || def.Directives.ForName("oneOf") != nil && len(object) == 0 {
			object[f.Name] = r.value(f.Type, f.Name)
		}
	}
	return object
}

func (r *replay) idOf(name string) string {
	name = strings.ToLower(name)
	for kind, known := range r.ids {
		if strings.Contains(name, kind) {
			return known
		}
	}
	return id.New(id.Conversation)
}
