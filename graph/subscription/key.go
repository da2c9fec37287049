package subscription

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/viewer"
)

// keyOf names all that an answer depends on, but for the item: the document, its
// variables, what the viewer may see, and with perViewer the viewer.
func keyOf(opCtx *graphql.OperationContext, v *viewer.Viewer, perViewer bool) string {
	variables, err := json.Marshal(nested(opCtx))
	if err != nil {
		perViewer = true
		variables = nil
	}
	who := ""
	if perViewer || v.Kind == viewer.Visitor || v.OwnContacts {
		who = v.ActorID
	}
	if perViewer { // the addresses of files end with their token
		who += " " + v.TokenID
	}
	parts := []string{v.AccountID, string(v.Kind), strconv.FormatBool(v.OwnContacts), who, v.ChannelID, opCtx.OperationName, string(variables), opCtx.RawQuery}
	return strings.Join(append(append(parts, v.InboxIDs...), v.Scopes...), "\x00")
}

// nested are the operation's variables without those that the subscription's own
// arguments alone take: they decide which items come, not what is answered.
func nested(opCtx *graphql.OperationContext) map[string]any {
	rest := maps.Clone(opCtx.Variables)
	for _, f := range graphql.CollectFields(opCtx, opCtx.Operation.SelectionSet, []string{"Subscription"}) {
		if after := f.Arguments.ForName("after"); after != nil && after.Value.Kind == ast.Variable {
			delete(rest, after.Value.Raw) // a Sequence, which no other argument takes
		}
	}
	return rest
}

// selectsPerViewer reports whether a selection has a field that is @perViewer.
func selectsPerViewer(set ast.SelectionSet) bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Definition != nil && s.Definition.Directives.ForName("perViewer") != nil || selectsPerViewer(s.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if selectsPerViewer(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if s.Definition != nil && selectsPerViewer(s.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}

// Selects reports whether the operation has a fragment on a type.
func Selects(ctx context.Context, typeName string) bool {
	return graphql.HasOperationContext(ctx) && hasFragment(graphql.GetOperationContext(ctx).Operation.SelectionSet, typeName)
}

func hasFragment(set ast.SelectionSet, typeName string) bool {
	for _, s := range set {
		found := false
		switch s := s.(type) {
		case *ast.Field:
			found = hasFragment(s.SelectionSet, typeName)
		case *ast.InlineFragment:
			found = s.TypeCondition == typeName || hasFragment(s.SelectionSet, typeName)
		case *ast.FragmentSpread:
			found = s.Definition != nil && (s.Definition.TypeCondition == typeName || hasFragment(s.Definition.SelectionSet, typeName))
		}
		if found {
			return true
		}
	}
	return false
}
