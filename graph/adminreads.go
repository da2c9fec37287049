package graph

import (
	"context"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/graph/model"
	"parley/internal/viewer"
)

// AdminReads is an extension that records what admins read that only they may read
// (AC-17): the root fields of Query that @access opens to admins only, and the
// objects of such fields where `node`, `nodes` or a gateway gets them. The answer
// waits for it; what cannot be recorded is not answered.
type AdminReads struct {
	// Record records that the context's viewer read a field.
	Record func(ctx context.Context, field string) error

	query string
	// fields are those for admins only; of are the fields by the type that they answer with.
	fields map[string]bool
	of     map[string]string
	// others answer with objects of any type.
	others map[string]bool
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = (*AdminReads)(nil)

// ExtensionName names the extension.
func (*AdminReads) ExtensionName() string { return "AdminReads" }

// Validate reads from the schema which fields those are.
func (a *AdminReads) Validate(es graphql.ExecutableSchema) error {
	schema := es.Schema()
	a.query, a.fields, a.of, a.others = schema.Query.Name, map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, f := range rootFields(schema) {
		if f.root != a.query {
			continue
		}
		if kinds, _ := f.access(); len(kinds) == 1 && kinds[0] == viewer.Admin {
			a.fields[f.def.Name] = true
			a.of[f.def.Type.Name()] = f.def.Name
		}
		def := schema.Types[f.def.Type.Name()]
		a.others[f.def.Name] = def != nil && def.IsAbstractType()
	}
	return nil
}

// MutateOperationContext puts the record behind the fields of the operation, if it has
// some that are recorded; it refuses nothing.
func (a *AdminReads) MutateOperationContext(ctx context.Context, opCtx *graphql.OperationContext) *gqlerror.Error {
	v := viewer.FromContext(ctx)
	if v == nil || v.Kind != viewer.Admin || opCtx.Operation.Operation != ast.Query || !a.reads(opCtx.Operation.SelectionSet) {
		return nil
	}
	inner := opCtx.ResolverMiddleware
	opCtx.ResolverMiddleware = func(ctx context.Context, next graphql.Resolver) (any, error) {
		res, err := inner(ctx, next)
		if err != nil || graphql.GetFieldContext(ctx).Object != a.query {
			return res, err
		}
		if err := a.record(ctx, graphql.GetFieldContext(ctx).Field.Name, res); err != nil {
			return nil, err
		}
		return res, nil
	}
	return nil
}

// reads reports whether a selection of Query may have a field that is recorded. The
// document is valid: its fragments end.
func (a *AdminReads) reads(set ast.SelectionSet) bool {
	for _, selected := range set {
		found := false
		switch s := selected.(type) {
		case *ast.Field:
			found = a.fields[s.Name] || a.others[s.Name]
		case *ast.InlineFragment:
			found = a.reads(s.SelectionSet)
		case *ast.FragmentSpread:
			found = a.reads(s.Definition.SelectionSet)
		}
		if found {
			return true
		}
	}
	return false
}

func (a *AdminReads) record(ctx context.Context, field string, res any) error {
	if a.fields[field] {
		return a.Record(ctx, field)
	}
	if !a.others[field] || res == nil {
		return nil
	}
	objects := []any{res}
	if list := reflect.ValueOf(res); list.Kind() == reflect.Slice {
		objects = objects[:0]
		for i := range list.Len() {
			objects = append(objects, list.Index(i).Interface())
		}
	}
	for _, object := range objects {
		if object == nil {
			continue
		}
		if of := a.of[model.TypeName(object)]; of != "" {
			if err := a.Record(ctx, of); err != nil {
				return err
			}
		}
	}
	return nil
}
