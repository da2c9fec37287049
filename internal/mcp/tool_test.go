package mcp

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// schema reads the project's schema.
func schema(t *testing.T) *ast.Schema {
	t.Helper()
	names, err := filepath.Glob("../../graph/schema/*.graphqls")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v: %v", names, err)
	}
	var sources []*ast.Source
	for _, name := range append(names, "../../schema.graphqls") {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(content)})
	}
	read, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// AG-7: each file of operations fits the schema, says what it does and what its arguments
// are, and asks of its callers what the API does.
func TestOperations(t *testing.T) {
	t.Parallel()
	tools, err := loadTools(schema(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range tools {
		for _, v := range tool.variants {
			arguments, err := json.Marshal(v.offered.InputSchema)
			if err != nil || len(v.needs) == 0 || v.needs[0].kinds == nil {
				t.Errorf("%s: %v, needs %v", tool.name, err, v.needs)
			}
			t.Logf("%s: %s %s", v.operation, v.offered.Description, arguments)
		}
	}
	if len(Documents()) != len(tools) {
		t.Errorf("%d documents of %d tools", len(Documents()), len(tools))
	}
}

// AG-7: what says nothing is left out of an answer, texts stand beside it, and one that is
// too long is refused, with its size.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		body, want string
		wrong      bool
	}{
		{`{"data":{"b":{"x":null,"list":[1,{"y":null}],"transcriptText":"a\nb"},"a":"\u003c"}}`, `{"b":{"list":[1,{}]},"a":"\u003c"}|` + "a\nb", false},
		{`{"data":{"m":{"userErrors":[],"c":{"id":"1"}}}}`, `{"m":{"c":{"id":"1"}}}`, false},
		{`{"data":{"m":{"userErrors":[{"code":"CONFLICT"}],"c":null}}}`, `{"m":{"userErrors":[{"code":"CONFLICT"}]}}`, true},
		{`{"data":null,"errors":[{"message":"no"}]}`, `[{"message":"no"}]`, true},
		{`{"data":{"conversation":null}}`, `{}`, false},
		{`{"data":{"a":{"transcriptText": {"id":"1"}},"b":{"transcriptText":[1]}}}`, `{"a":{"transcriptText":{"id":"1"}},"b":{"transcriptText":[1]}}`, false},
		{`{"data":{"a":"` + strings.Repeat("x", maxAnswer) + `"}}`, "The answer has 100008 characters; at most 100000 are sent. Ask for fewer rows or fields.", true},
	} {
		s, err := New(schema(t), func(context.Context, []byte) ([]byte, error) { return []byte(of.body), nil }, "1", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		result, err := s.call(t.Context(), &s.tools[0].variants[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, c := range result.Content {
			b, err := c.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			var text struct{ Text string }
			if err := json.Unmarshal(b, &text); err != nil {
				t.Fatal(err)
			}
			texts = append(texts, text.Text)
		}
		if got := strings.Join(texts, "|"); got != of.want || result.IsError != of.wrong {
			t.Errorf("%.60s: %v %.200s", of.body, result.IsError, got)
		}
	}
}
