package autobind

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Payload returns the name of the Go struct that a mutation's payload is bound to
// if there is one: {conversation userErrors} is ConversationPayload, whatever the
// mutation. It is "" for a type that is no payload, or has more fields.
func Payload(def *ast.Definition) string {
	if def.Kind != ast.Object || !strings.HasSuffix(def.Name, "Payload") || len(def.Fields) != 2 {
		return ""
	}
	for i, f := range def.Fields {
		if other := def.Fields[1-i].Name; f.Name == "userErrors" && other != "userErrors" {
			return strings.ToUpper(other[:1]) + other[1:] + "Payload"
		}
	}
	return ""
}
