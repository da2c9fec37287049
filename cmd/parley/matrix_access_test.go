package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/viewer"
)

// kindsOfCallers are all who may call.
var kindsOfCallers = []viewer.Kind{viewer.Admin, viewer.Agent, viewer.Integration, viewer.Bot, viewer.Visitor, viewer.Anyone}

// admits reports whether the SDL lets a kind of caller call a root field.
func (c *call) admits(kind viewer.Kind) bool {
	to := namesIn(c.field.Directives.ForName("access"), "to")
	return slices.Contains(to, string(kind)) || slices.Contains(to, string(viewer.Anyone))
}

// namesIn returns the values of a directive's argument; none without it.
func namesIn(d *ast.Directive, argument string) []string {
	if d == nil || d.Arguments.ForName(argument) == nil {
		return nil
	}
	value := d.Arguments.ForName(argument).Value
	if value.Kind != ast.ListValue {
		return []string{value.Raw}
	}
	var names []string
	for _, child := range value.Children {
		names = append(names, child.Value.Raw)
	}
	return names
}

// mayBeRefused are calls that a kind of caller may make, but not with the
// objects of the test: what each says is a rule of its own.
var mayBeRefused = map[string]string{
	"ADMIN mutation.editMessage": authorsOnly, "INTEGRATION mutation.editMessage": authorsOnly, "BOT mutation.editMessage": authorsOnly,
	"ADMIN mutation.deleteMessage": authorsOnly, "INTEGRATION mutation.deleteMessage": authorsOnly, "BOT mutation.deleteMessage": authorsOnly,
	"AGENT mutation.createApiToken": "Only admins create the tokens of integrations and bots.",
}

const authorsOnly = "Only the author may edit or delete a message."

// API-12: who may call a root field can call it, and no one else, as @access says
// it: each with the arguments that it needs. A new field is here by itself.
func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	eachLab(t, func(t *testing.T, l *lab) {
		for _, c := range l.calls() {
			w := l.world()
			for _, kind := range slices.Backward(kindsOfCallers) {
				document := (&writer{lab: l, call: c, world: w}).document(l.brief(c.field.Type, 0))
				got := l.run(w.as(kind), document)
				codes := strings.Join(got.codes(), " ")
				refused := strings.Contains(codes, "FORBIDDEN") || strings.Contains(codes, "UNAUTHENTICATED")
				name := fmt.Sprintf("%s %s", kind, c)
				switch {
				case c.admits(kind) && strings.Contains(codes, "BAD_USER_INPUT"):
					t.Errorf("%s: the arguments are wrong: %s\n%.500s", name, document, got.raw)
				case strings.Contains(codes, "INTERNAL"):
					t.Errorf("%s fails: %s\n%.500s", name, document, got.raw)
				case mayBeRefused[name] != "":
					if !strings.Contains(got.raw, mayBeRefused[name]) {
						t.Errorf("%s: got %s, want %q", name, got.raw, mayBeRefused[name])
					}
				case c.admits(kind) && refused:
					t.Errorf("%s is refused: %s\n%.500s", name, document, got.raw)
				case !c.admits(kind) && (!refused || at(got.Data, "r") != nil):
					t.Errorf("%s is not refused: %s\n%.500s", name, document, got.raw)
				case !c.admits(kind) && (kind == viewer.Anyone) != (codes == "UNAUTHENTICATED"):
					t.Errorf("%s: the code is %s", name, codes)
				}
			}
		}
	})
}
