package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/graph"
)

// API-27: what a document costs before it runs is in proportion to its length.
// Each of these took seconds of work that a request without a token could ask for.
func TestDocumentsAreBounded(t *testing.T) {
	t.Parallel()
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
		}
		return b.String()
	}
	for name, c := range map[string]struct{ document, code, message string }{
		"long":          {"{ word # " + strings.Repeat("x", 64<<10) + "\n }", "COMPLEXITY_LIMIT", "The document has 65548 bytes; the limit is 65536. Pass values as variables."},
		"long name":     {"{ " + strings.Repeat("a", 101) + " }", "COMPLEXITY_LIMIT", "The document has a name of 101 characters; the limit is 100."},
		"long alias":    {"{ " + strings.Repeat("a", 101) + ": word }", "COMPLEXITY_LIMIT", "The document has a name of 101 characters; the limit is 100."},
		"unknown names": {"{ " + numbered(900, "abcde# ") + "}", "BAD_USER_INPUT", `Cannot query field "abcde0" on type "Query". There are at least 20 errors in the document; it was not checked any further.`},
		"unknown arguments": {
			"{ word(" + numbered(900, "a#: 1 ") + ") }", "BAD_USER_INPUT",
			`Unknown argument "a0" on field "Query.word". There are at least 20 errors in the document; it was not checked any further.`,
		},
		"one field": {
			"{ deep { " + strings.Repeat("word ", 2000) + "} }", "COMPLEXITY_LIMIT",
			`The document repeats fields too often: "word" stands in it 2000 times.`,
		},
		"one field in many": {
			"{ " + strings.Repeat("deep { ... { word } } ", 1100) + "}", "COMPLEXITY_LIMIT",
			`The document repeats fields too often: `,
		},
		"one alias in fragments": {
			"{ ...f0 } " + numbered(200, "fragment f# on Query { "+strings.Repeat("a: word ", 8)+"} "), "COMPLEXITY_LIMIT",
			`The document repeats fields too often: "a" stands in it 1600 times.`,
		},
		"fragments side by side": {
			"{ " + numbered(301, "...f# ") + "} " + numbered(301, "fragment f# on Query { word } "), "COMPLEXITY_LIMIT",
			"The document uses fragments 301 times; the limit is 300.",
		},
		"unused fragments": {
			"{ word } " + numbered(301, "fragment f# on Query { word } "), "COMPLEXITY_LIMIT",
			"The document uses fragments 301 times; the limit is 300.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := ask(t.Context(), t, newMini(nil), graph.DefaultLimits(), c.document, "{}")
			if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != c.code || !strings.HasPrefix(got.Errors[0].Message, c.message) {
				t.Errorf("got %+v, want %s %s", got.Errors, c.code, c.message)
			}
		})
	}
}

// API-27: few errors are all shown, with what is meant.
func TestFewFaultsHaveSuggestions(t *testing.T) {
	t.Parallel()
	got, _ := ask(t.Context(), t, newMini(nil), graph.DefaultLimits(), "{ wort deeep { word } }", "{}")
	if len(got.Errors) != 2 || !strings.Contains(got.Errors[0].Message, `Did you mean "word"?`) || !strings.Contains(got.Errors[1].Message, `Did you mean "deep"?`) {
		t.Errorf("got %+v", got.Errors)
	}
}
