package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
	"parley/internal/clock"
)

// contents are the texts that may be empty: what people wrote, which is not
// unknown when there is nothing.
var contents = []string{
	"Conversation.preview", "InboundEmailSimulation.text", "Message.text", "MessageRevision.text", "VisitorConversation.preview", "VisitorMessage.text",
}

// everything selects all that an admin may select below a type, some objects
// deep; each field has its type in its alias, as in `Message_text`.
func everything(schema *ast.Schema, t *ast.Type, depth int) string {
	def := schema.Types[t.Name()]
	selected := []string{"__typename"}
	if def.IsAbstractType() {
		for _, possible := range schema.GetPossibleTypes(def) {
			if possible.Kind == ast.Object {
				selected = append(selected, "... on "+possible.Name+everything(schema, ast.NamedType(possible.Name, nil), depth))
			}
		}
	}
	if def.Kind == ast.Object {
		for _, f := range def.Fields {
			if field, ok := selectable(schema, f, depth); ok {
				selected = append(selected, def.Name+"_"+f.Name+": "+field)
			}
		}
	}
	return " { " + strings.Join(selected, " ") + " }"
}

func selectable(schema *ast.Schema, f *ast.FieldDefinition, depth int) (string, bool) {
	of := schema.Types[f.Type.Name()]
	visible := f.Directives.ForName("visible")
	switch {
	case strings.HasPrefix(f.Name, "__"), slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull }),
		visible != nil && !strings.Contains(visible.Arguments.ForName("to").Value.String(), "ADMIN"):
		return "", false
	case !of.IsCompositeType():
		return f.Name, true
	case depth == 0:
		return "", false
	case f.Arguments.ForName("first") != nil:
		return f.Name + "(first: 2)" + everything(schema, f.Type, depth), true
	}
	return f.Name + everything(schema, f.Type, depth-1), true
}

// emptyTexts names the fields of an answer that have an empty text, but for contents.
func emptyTexts(answer any, path string) []string {
	switch v := answer.(type) {
	case map[string]any:
		var found []string
		for key, value := range v {
			found = append(found, emptyTexts(value, strings.ReplaceAll(key, "_", "."))...)
		}
		return found
	case []any:
		var found []string
		for _, value := range v {
			found = append(found, emptyTexts(value, path)...)
		}
		return found
	case string:
		if v == "" && !slices.Contains(contents, path) {
			return []string{path}
		}
	}
	return nil
}

// API-8: what is not known is null in answers, and never an empty text: of an
// account with little in it.
func TestNoEmptyTexts(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		chat := c.chat("Hello")
		a.do(adminToken, `mutation($in: CreateTargetedMessageInput!) { createTargetedMessage(input: $in) { targetedMessage { id } userErrors { message } } }`,
			input("channelId", c.channelID, "name", "N", "rules", []any{map[string]any{"url": map[string]any{"operator": "IS"}}, map[string]any{"queryParameter": map[string]any{}}}))
		a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { message } } }`, input("phone", "+43 1 234567"))
		m := a.mailbox("support@shop.example")
		m.forward("ada@example.com", "From: ada@example.com\r\nTo: support@shop.example\r\n\r\nHello\r\n")
		mail := text(m.conversations("EMAIL", 1)[0], "id")
		schema := graph.PublicSchema()
		messages := " { messages(first: 2) { nodes" + everything(schema, ast.NamedType("Message", nil), 1) + " } }"
		for _, ask := range []struct {
			call, selected string
			depth          int
		}{
			{fmt.Sprintf("conversation(id: %q)", chat.conversationID), "", 1}, {fmt.Sprintf("conversation(id: %q)", chat.conversationID), messages, 0},
			{fmt.Sprintf("conversation(id: %q)", mail), "", 1}, {fmt.Sprintf("conversation(id: %q)", mail), messages, 0},
			{fmt.Sprintf("inbox(id: %q)", c.inboxID), "", 2}, {fmt.Sprintf("inbox(id: %q)", m.inboxID), "", 2},
			{"contacts(first: 3)", "", 2}, {"users(first: 3)", "", 2}, {"viewer", "", 2},
		} {
			call := ask.call
			name, _, _ := strings.Cut(call, "(")
			if ask.selected == "" {
				ask.selected = everything(schema, schema.Query.Fields.ForName(name).Type, ask.depth)
			}
			got := a.ask(adminToken, "{ "+call+ask.selected+" }", nil)
			if len(got.Errors) > 0 || got.Data[name] == nil {
				t.Errorf("%s: %+v", call, got)
			}
			if found := emptyTexts(got.Data, ""); len(found) > 0 {
				slices.Sort(found)
				t.Errorf("%s: %v are empty, and not null", call, slices.Compact(found))
			}
		}
	})
}
