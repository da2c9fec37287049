package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/introspection"

	"parley/graph"
)

// API-16: a document is within the limits of depth and cost, or refused.
func TestLimits(t *testing.T) {
	t.Parallel()
	limits := graph.Limits{Depth: 3, Complexity: 20, MutationFields: 2, Tokens: 60}
	cases := map[string]struct{ document, code, message string }{
		"at the depth": {"{ deep { deep { word } } }", "", ""},
		"too deep": {
			"{ deep { ...a } } fragment a on Deep { deep { ... { deep { word } } } }",
			"COMPLEXITY_LIMIT", "The operation nests 4 fields deep; the limit is 3.",
		},
		"at the cost": {"{ deep { row(first: 9) { word } } }", "", ""},
		"too dear": {
			"{ deep { row(first: 10) { word } } }",
			"COMPLEXITY_LIMIT", "The operation costs 21; the limit is 20. Request fewer fields or smaller pages.",
		},
		"at the mutation's width": {"mutation { a: paint { wall } b: paint { wall } }", "", ""},
		"too wide a mutation": {
			"mutation { a: paint { wall } ...more } fragment more on Mutation { b: paint { wall } c: paint { wall } }",
			"COMPLEXITY_LIMIT", "The mutation has 3 root fields; the limit is 2. Send several requests.",
		},
		"wide query":         {"{ a: word b: word c: word }", "", ""},
		"aliased meta field": {"{ __schema { types { a: fields { name } } } }", "COMPLEXITY_LIMIT", `Introspection does not allow aliases: request "fields" by its own name.`},
		"aliased __schema":   {"{ a: __schema { queryType { name } } }", "COMPLEXITY_LIMIT", `Introspection does not allow aliases: request "__schema" by its own name.`},
		"too many tokens":    {"{" + strings.Repeat(" word", 80) + "}", "COMPLEXITY_LIMIT", "exceeded token limit of 60"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := ask(t.Context(), t, newMini(map[string]graphql.Resolver{
				"word": returning("w", nil), "deep": returning("d", nil), "paint": returning(&paintPayload{}, nil),
				"__schema": returning("s", nil),
			}), limits, c.document, "{}")
			if c.code == "" {
				if len(got.Errors) > 0 {
					t.Errorf("refused: %+v", got.Errors)
				}
				return
			}
			if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != c.code || got.Errors[0].Message != c.message {
				t.Errorf("got %+v", got.Errors)
			}
		})
	}
}

// A document that doubles with every fragment is refused, not walked.
func TestComplexityOfNestedSpreads(t *testing.T) {
	t.Parallel()
	const levels = 149
	var b strings.Builder
	b.WriteString("{ deep { ...f0 } }")
	for i := range levels {
		fmt.Fprintf(&b, " fragment f%d on Deep { ...f%d ...f%d }", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment f%d on Deep { word }", levels)
	got, _ := askOne(t, newMini(nil), b.String(), "{}")
	if e := got.Errors[0]; e.Extensions.Code != "COMPLEXITY_LIMIT" ||
		e.Message != "The operation costs at least 1073741824; the limit is 50000." {
		t.Errorf("got %+v", e)
	}
}

// The introspection that GraphiQL sends passes the default limits.
func TestLimitsAdmitIntrospection(t *testing.T) {
	t.Parallel()
	m := newMini(map[string]graphql.Resolver{"__schema": returning("the schema", nil)})
	got, _ := ask(t.Context(), t, m, graph.DefaultLimits(), introspection.Query, "{}")
	if len(got.Errors) > 0 || !strings.Contains(string(got.Data), "the schema") {
		t.Errorf("got %+v", got)
	}
}
