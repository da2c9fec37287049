package graph

import (
	"context"
	"errors"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/event"
	"parley/internal/viewer"
)

// positioned finds out, before an operation that asks for the `sequence` of a
// page reads anything, where the account's log ends. All that is committed up to
// there is in what is read afterwards: so whoever follows the log from there on
// misses nothing (API-7).
type positioned struct {
	graphql.ExecutableSchema
	events *event.Service
}

// position is where the log ended before an operation began.
type position struct {
	sequence int64
	err      error
}

type positionKey struct{}

var errNoPosition = errors.New("the operation took no position of the log before it began")

// Exec runs the operation of a context.
func (p positioned) Exec(ctx context.Context) graphql.ResponseHandler {
	opCtx := graphql.GetOperationContext(ctx)
	run := p.ExecutableSchema.Exec(ctx)
	if !(&positionSearch{}).finds(opCtx.Operation.SelectionSet) {
		return run
	}
	var at *position
	return func(ctx context.Context) *graphql.Response {
		if at == nil {
			at = &position{}
			at.sequence, at.err = p.events.Head(asAccount(ctx))
		}
		return run(context.WithValue(ctx, positionKey{}, at))
	}
}

// sequenceOf is the position that a page contains: the page's own if it was read
// earlier, else that of the operation.
func sequenceOf(ctx context.Context, own int64) (int64, error) {
	if own != 0 {
		return own, nil
	}
	at, ok := ctx.Value(positionKey{}).(*position)
	if !ok {
		return 0, errNoPosition
	}
	return at.sequence, at.err
}

// positionSearch looks for the `sequence` of a connection, in each fragment once.
type positionSearch struct{ seen map[string]bool }

func (s *positionSearch) finds(set ast.SelectionSet) bool {
	for _, selection := range set {
		switch f := selection.(type) {
		case *ast.Field:
			if hasPosition(f) || s.finds(f.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if s.finds(f.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if !s.seen[f.Name] {
				if s.seen == nil {
					s.seen = map[string]bool{}
				}
				s.seen[f.Name] = true
				if s.finds(f.Definition.SelectionSet) {
					return true
				}
			}
		}
	}
	return false
}

// hasPosition reports whether a field says how far into the log its object goes.
func hasPosition(f *ast.Field) bool {
	if f.ObjectDefinition == nil {
		return false
	}
	switch f.Name {
	case "sequence":
		return strings.HasSuffix(f.ObjectDefinition.Name, "Connection")
	case "cursor":
		return f.ObjectDefinition.Name == "VisitorConversation" || f.ObjectDefinition.Name == "VisitorMessageConnection"
	}
	return false
}

// asAccount reads the log's end for a visitor, who may not see that number itself.
func asAccount(ctx context.Context) context.Context {
	if v := viewer.FromContext(ctx); v != nil && v.Kind == viewer.Visitor {
		return viewer.NewContext(ctx, viewer.System("position", v.AccountID))
	}
	return ctx
}
