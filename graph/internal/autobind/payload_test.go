package autobind

import (
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func TestPayload(t *testing.T) {
	t.Parallel()
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { a: Int }
		type CloseConversationPayload { conversation: Int userErrors: [Int!]! }
		type MarkConversationAsSpamPayload { userErrors: [Int!]! conversation: Int }
		type SetTypingPayload { userErrors: [Int!]! }
		type SendMessagePayload { message: Int conversation: Int userErrors: [Int!]! }
		type Conversation { subject: String userErrors: [Int!]! }
		type RangePayload { from: Int to: Int }
		input ClosePayload { conversation: Int userErrors: [Int!]! }
	`})
	for name, want := range map[string]string{
		"CloseConversationPayload":      "ConversationPayload",
		"MarkConversationAsSpamPayload": "ConversationPayload",
		"SetTypingPayload":              "",
		"SendMessagePayload":            "",
		"Conversation":                  "",
		"RangePayload":                  "",
		"ClosePayload":                  "",
	} {
		if got := Payload(schema.Types[name]); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
