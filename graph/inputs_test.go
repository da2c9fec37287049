package graph_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// exclusive finds texts that say that one thing is given, or another.
var exclusive = regexp.MustCompile("(?is)exactly one of|not together with|\\beither\\b.*\\bor\\b|in place of|instead of|with `[^`]*`(, | or |`[^`]*`)*: INVALID")

// flatOnPurpose are fields and arguments that exclude another, and why they are
// no @oneOf.
var flatOnPurpose = map[string]string{
	// A connection's arguments are those of the Relay specification.
	"last": "Not together with `first`.",
	// Text and HTML go together, and a message without any of them may have files: it
	// is not one of them that is given.
	"SendMessageInput.markdown":                  "In place of `text` and `html`",
	"EditMessageInput.markdown":                  "In place of `text` and `html`",
	"StartEmailConversationInput.markdown":       "In place of `text` and `html`",
	"CreateTargetedMessageInput.welcomeMarkdown": "In place of `welcomeMessage`",
	"UpdateTargetedMessageInput.welcomeMarkdown": "In place of `welcomeMessage`",
	// `name` goes with each of them.
	"PropertyValueInput": "exactly one of the values",
	// A contact has no address, one, or all of a list.
	"emails": "Not together with `email`.",
	"phones": "Not together with `phone`.",
	// What is written for a conversation, or before there is one.
	"InsertLibraryItemInput.contactId": "Together with `conversationId`: INVALID.",
	// A text that is left out is none.
	"PreviewReplyInput.markdown":  "Together with `html`: INVALID.",
	"CreateLibraryItemInput.html": "in place of `markdown`",
	// A session is started with nothing, too, and `token` goes with both.
	"StartVisitorSessionInput.link": "With `identity`: INVALID.",
}

// inputsOf calls with each input type, input field and argument of a schema.
func inputsOf(schema *ast.Schema, see func(name string, oneOf bool, description string, t *ast.Type, byDefault *ast.Value)) {
	for _, def := range schema.Types {
		if strings.HasPrefix(def.Name, "__") {
			continue
		}
		oneOf := def.Kind == ast.InputObject && def.Directives.ForName("oneOf") != nil
		if def.Kind == ast.InputObject {
			see(def.Name, oneOf, def.Description, nil, nil)
		}
		for _, f := range def.Fields {
			if def.Kind == ast.InputObject {
				see(def.Name+"."+f.Name, oneOf, f.Description, f.Type, f.DefaultValue)
			}
			for _, arg := range f.Arguments {
				see(def.Name+"."+f.Name+"."+arg.Name, false, arg.Description, arg.Type, arg.DefaultValue)
			}
		}
	}
}

// API-9: where a text says that one thing or another is given, the input is @oneOf.
func TestExclusiveInputsAreOneOf(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	inputsOf(generatedSchema().Schema(), func(name string, oneOf bool, description string, _ *ast.Type, _ *ast.Value) {
		if oneOf || !exclusive.MatchString(description) {
			return
		}
		for _, key := range []string{name, name[strings.LastIndex(name, ".")+1:]} {
			if text, ok := flatOnPurpose[key]; ok && strings.Contains(description, text) {
				used[key] = true
				return
			}
		}
		t.Errorf("%s is no @oneOf, and says: %s", name, description)
	})
	for key := range flatOnPurpose {
		if !used[key] {
			t.Errorf("%s is an exception for nothing", key)
		}
	}
}

// API-8: no input has a non-null field with a default, which a client whose
// language has zero values would send without knowing.
func TestInputsHaveNoDefaultsThatAreNotNull(t *testing.T) {
	t.Parallel()
	inputsOf(generatedSchema().Schema(), func(name string, _ bool, _ string, of *ast.Type, byDefault *ast.Value) {
		if of != nil && of.NonNull && byDefault != nil {
			t.Errorf("%s is %s = %s; make it nullable", name, of, byDefault)
		}
	})
}

// API-8: a field that is null has its default, as if it were left out.
func TestNullIsTheDefault(t *testing.T) {
	t.Parallel()
	inputsOf(generatedSchema().Schema(), func(name string, _ bool, description string, of *ast.Type, byDefault *ast.Value) {
		if byDefault != nil && byDefault.Kind == ast.EnumValue && !strings.Contains(description, "default: "+byDefault.Raw) {
			t.Errorf("%s does not document its default %s: %s", name, byDefault.Raw, description)
		}
	})
}
