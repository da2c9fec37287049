package graph_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"parley/graph"
)

const agingSDL = `
type Query {
  shops(old: Int @deprecated, filter: Filter): [Shop!]!
  former: Shop @deprecated(reason: "Use shops.")
  thing: Thing
}
interface Thing { id: ID!  code: String @deprecated }
type Shop implements Thing { id: ID!  code: String  name: String @deprecated  kind: Kind }
enum Kind { OPEN SHUT @deprecated }
input Filter { name: String @deprecated  kind: Kind  kinds: [Kind!]  any: [Filter!] }
`

// aging is a schema without resolvers: nothing is run.
type aging struct {
	graphql.ExecutableSchema
	schema *ast.Schema
}

func (a aging) Schema() *ast.Schema { return a.schema }

// API-26: what an operation uses of what is deprecated, wherever it is written.
func TestDeprecatedPartsAreRecorded(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: agingSDL})
	for name, c := range map[string]struct {
		document  string
		variables map[string]any
		want      []string
	}{
		"Nothing":   {"{ shops(filter: {kind: OPEN}) { id kind } }", nil, nil},
		"Field":     {"{ former { id } shops { name again: name } }", nil, []string{"Query.former", "Shop.name"}},
		"Argument":  {"{ shops(old: 1) { id } }", nil, []string{"Query.shops(old:)"}},
		"Interface": {"{ thing { code ... on Shop { name } } }", nil, []string{"Shop.name", "Thing.code"}},
		"Fragment":  {"{ shops { ...S } thing { ...S } } fragment S on Shop { name }", nil, []string{"Shop.name"}},
		"Literals": {`{ shops(filter: {any: [{name: "A"}, {kinds: [OPEN, SHUT]}]}) { id } }`, nil,
			[]string{"Filter.name", "Kind.SHUT"}},
		"Variables": {"query($f: Filter, $unused: Kind) { shops(filter: $f) { id } thing { id @skip(if: false) } k: shops(filter: {kind: $unused}) { id } }",
			map[string]any{"f": map[string]any{"any": []any{map[string]any{"name": "A"}}}, "unused": "SHUT"}, []string{"Filter.name", "Kind.SHUT"}},
		"SingleForList": {"query($f: Filter) { shops(filter: $f) { id } }",
			map[string]any{"f": map[string]any{"kinds": "SHUT"}}, []string{"Kind.SHUT"}},
		"Null": {"query($f: Filter) { shops(filter: $f) { id } }", map[string]any{"f": nil}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, errs := gqlparser.LoadQueryWithRules(schema, c.document, nil)
			if errs != nil {
				t.Fatal(errs)
			}
			variables, err := validator.VariableValues(schema, doc.Operations[0], c.variables)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			d := &graph.Deprecations{Record: func(_ context.Context, used []string) { got = used }}
			if err := d.Validate(aging{schema: schema}); err != nil {
				t.Fatal(err)
			}
			if err := d.MutateOperationContext(t.Context(), &graphql.OperationContext{Operation: doc.Operations[0], Variables: variables}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// API-26: whoever reads that something is deprecated learns what to use, and since when.
func TestDeprecationsSayWhatToUse(t *testing.T) {
	t.Parallel()
	dated := regexp.MustCompile("`.+`.*Deprecated on [0-9]{4}-[0-9]{2}-[0-9]{2}\\.$")
	check := func(coordinate string, directives ast.DirectiveList) {
		if d := directives.ForName("deprecated"); d != nil {
			reason := d.Arguments.ForName("reason")
			if reason == nil || !dated.MatchString(reason.Value.Raw) {
				t.Errorf("%s: want a reason as in \"Use `entries`. Deprecated on 2027-01-31.\"", coordinate)
			}
		}
	}
	for _, def := range schema().Types {
		for _, f := range def.Fields {
			check(def.Name+"."+f.Name, f.Directives)
			for _, a := range f.Arguments {
				check(def.Name+"."+f.Name+"("+a.Name+":)", a.Directives)
			}
		}
		for _, v := range def.EnumValues {
			if !def.BuiltIn {
				check(def.Name+"."+v.Name, v.Directives)
			}
		}
	}
}
