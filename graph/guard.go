package graph

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/graph/model"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// Bounds of what is remembered of documents: as many as the server keeps parsed,
// and no large ones.
const (
	rememberedNeeds   = 500
	maxRememberedText = 8 << 10
)

// TypeScopes refuses operations that select what the caller's token may not read
// (@scope), before anything runs, and hides objects that turn out to be of such
// a type. It must come after the limits.
type TypeScopes struct {
	readers *readers
	known   *lru.Cache[*ast.OperationDefinition, *needs]
}

var _ graphql.OperationContextMutator = (*TypeScopes)(nil)

// ExtensionName names the extension.
func (*TypeScopes) ExtensionName() string { return "TypeScopes" }

// Validate reads the scopes of the schema.
func (s *TypeScopes) Validate(es graphql.ExecutableSchema) error {
	known, err := lru.New[*ast.OperationDefinition, *needs](rememberedNeeds)
	s.readers, s.known = newReaders(es.Schema()), known
	return err
}

// MutateOperationContext refuses the operation, or puts the guard around its
// fields.
func (s *TypeScopes) MutateOperationContext(ctx context.Context, opCtx *graphql.OperationContext) *gqlerror.Error {
	v := viewer.FromContext(ctx)
	if v == nil {
		v = viewer.Anonymous()
	}
	found := s.needs(opCtx)
	for i := range found.list {
		if fault := found.list[i].refusal(v); fault != nil {
			return fault
		}
	}
	if found.guarded {
		inner := opCtx.ResolverMiddleware
		opCtx.ResolverMiddleware = func(ctx context.Context, next graphql.Resolver) (any, error) {
			res, err := inner(ctx, next)
			if err != nil || res == nil {
				return res, err
			}
			return s.readers.hide(ctx, res), nil
		}
	}
	return nil
}

// needs returns what the operation requires, from memory if it was worked out before.
func (s *TypeScopes) needs(opCtx *graphql.OperationContext) *needs {
	if found, ok := s.known.Get(opCtx.Operation); ok {
		return found
	}
	found := s.readers.needsOf(opCtx.Operation, opCtx.Variables)
	if !found.varies && len(opCtx.RawQuery) <= maxRememberedText {
		s.known.Add(opCtx.Operation, found)
	}
	return found
}

// refusal says why the viewer may not select a field; nil: they may.
func (n *need) refusal(v *viewer.Viewer) *gqlerror.Error {
	var fault *errs.Error
	switch {
	case len(n.kinds) > 0 && !slices.Contains(n.kinds, v.Kind) && !slices.Contains(n.kinds, viewer.Anyone):
		fault = refuse(n.path.String(), v, n.kinds)
	case len(n.anyOf) > 0 && v.IsStaff() && !v.GrantsAny(n.anyOf) && n.reached(v):
		fault = errs.New(errs.Forbidden, "The token lacks the scope %s, which %q requires.", quoteAll(offered(n.anyOf)), n.path.String())
	default:
		return nil
	}
	return &gqlerror.Error{
		Err: fault, Message: fault.Message, Path: n.path,
		Locations: []gqlerror.Location{{Line: n.at.Line, Column: n.at.Column}},
	}
}

// quoteAll names scopes of which one suffices.
func quoteAll(scopes []string) string {
	quoted := make([]string, len(scopes))
	for i, scope := range scopes {
		quoted[i] = fmt.Sprintf("%q", scope)
	}
	return strings.Join(quoted, " or ")
}

// hide takes out of a field's value the objects that the caller may not read.
func (r *readers) hide(ctx context.Context, res any) any {
	fc := graphql.GetFieldContext(ctx)
	t := fc.Field.Definition.Type
	def := r.schema.Types[t.Name()]
	if def == nil || !guards(t, def) {
		return res
	}
	seen := r.glance(ctx, fc)
	if t.Elem == nil {
		if !seen.shows(res) {
			return nil
		}
		return res
	}
	list := reflect.ValueOf(res)
	shown := reflect.MakeSlice(list.Type(), 0, list.Len())
	for i := range list.Len() {
		switch o := list.Index(i); {
		case seen.shows(o.Interface()):
			shown = reflect.Append(shown, o)
		case !t.Elem.NonNull:
			shown = reflect.Append(shown, reflect.Zero(list.Type().Elem()))
		}
	}
	return shown.Interface()
}

// glance is one look at a field's objects.
type glance struct {
	*readers
	viewer *viewer.Viewer
	opCtx  *graphql.OperationContext
	fields ast.SelectionSet
	known  map[string]bool // by type
}

func (r *readers) glance(ctx context.Context, fc *graphql.FieldContext) *glance {
	v := viewer.FromContext(ctx)
	if v == nil {
		v = viewer.Anonymous()
	}
	return &glance{r, v, graphql.GetOperationContext(ctx), fc.Field.Selections, map[string]bool{}}
}

// shows reports whether the caller may read what is selected of an object. What
// is of no known type is hidden.
func (g *glance) shows(object any) bool {
	name := model.TypeName(object)
	shown, ok := g.known[name]
	if !ok {
		shown = g.showsType(g.schema.Types[name])
		g.known[name] = shown
	}
	return shown
}

func (g *glance) showsType(def *ast.Definition) bool {
	if def == nil {
		return false
	}
	if !g.viewer.IsStaff() {
		return visibleTo(def, g.viewer.Kind)
	}
	names := []string{def.Name}
	for _, of := range g.schema.GetImplements(def) {
		names = append(names, of.Name)
	}
	var fields []*ast.Field
	for _, f := range graphql.CollectFields(g.opCtx, g.fields, names) {
		fields = append(fields, f.Field)
	}
	return !slices.ContainsFunc(g.guard(def.Name, fields), func(anyOf []string) bool { return !g.viewer.GrantsAny(anyOf) })
}

// offered are the scopes that an error names: not that of connectors, whose tokens have no
// other, where another one suffices.
func offered(scopes []string) []string {
	if len(scopes) < 2 {
		return scopes
	}
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == viewer.ScopeConnect })
}
