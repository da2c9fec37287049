package autobind

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// ENG-10: objects, interfaces and unions are never bound by their names.
func TestCheck(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { message(input: SendInput!): Message }
		type Message implements Node { id: ID! at: Weekday other: Found }
		interface Node { id: ID! }
		union Found = Message
		enum Weekday { MONDAY }
		input SendInput { html: String! }
	`})
	const by = "parley/internal/example."
	for name, c := range map[string]struct {
		bound map[string]string
		named map[string]bool
		twice bool
		want  string
	}{
		"enums and inputs":   {bound: map[string]string{"Weekday": by + "Weekday", "SendInput": by + "SendInput"}},
		"a named object":     {bound: map[string]string{"Message": by + "Message"}, named: map[string]bool{"Message": true}},
		"an unbound object":  {bound: map[string]string{"Message": ""}},
		"an object":          {bound: map[string]string{"Message": by + "Message"}, want: "Message is bound to parley/internal/example.Message because the names are equal: name the Go type of this object in gqlgen.yml"},
		"an interface":       {bound: map[string]string{"Node": by + "Node"}, want: "Node is bound to parley/internal/example.Node because the names are equal: name the Go type of this interface in gqlgen.yml"},
		"a union":            {bound: map[string]string{"Found": by + "Found"}, want: "Found is bound to parley/internal/example.Found because the names are equal: name the Go type of this union in gqlgen.yml"},
		"a name of two":      {bound: map[string]string{"SendInput": by + "SendInput"}, twice: true, want: "SendInput is in parley/internal/example and in parley/internal/second: name the Go type in gqlgen.yml"},
		"a named one of two": {bound: map[string]string{"SendInput": by + "SendInput"}, named: map[string]bool{"SendInput": true}, twice: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packages := map[string][]string{"parley/internal/example": {"Message", "SendInput", "Weekday"}}
			if c.twice {
				packages["parley/internal/second"] = []string{"SendInput"}
			}
			got := ""
			if err := (Bindings{Schema: schema, Named: c.named, Bound: c.bound, Packages: packages}).Check(); err != nil {
				got = strings.TrimSpace(err.Error())
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
