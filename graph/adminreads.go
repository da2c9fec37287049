package graph

import (
	"context"
	"maps"
	"reflect"
	"slices"

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
	// Record records that the context's viewer read a field, and which objects if the field
	// answers with single ones.
	Record func(ctx context.Context, field string, objects ...string) error

	query string
	// fields are those for admins only; of are the fields by the type that they answer with.
	fields map[string]bool
	of     map[string]string
	// single answer with an object that has an id.
	single map[string]bool
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
	a.query, a.fields, a.of, a.others, a.single = schema.Query.Name, map[string]bool{}, map[string]string{}, map[string]bool{}, map[string]bool{}
	for _, f := range rootFields(schema) {
		if f.root != a.query {
			continue
		}
		def := schema.Types[f.def.Type.Name()]
		if kinds, _ := f.access(); len(kinds) == 1 && kinds[0] == viewer.Admin && !constants[f.def.Name] {
			a.fields[f.def.Name] = true
			a.of[f.def.Type.Name()] = f.def.Name
			a.single[f.def.Name] = def != nil && slices.Contains(def.Interfaces, "Node")
		}
		a.others[f.def.Name] = def != nil && def.IsAbstractType()
	}
	return nil
}

// constants are fields that answer every admin alike, with nothing of the account.
var constants = map[string]bool{"emailChannelNotice": true, "botTemplates": true}

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
		if of := idOf(res); a.single[field] && of != "" {
			return a.Record(ctx, field, of)
		}
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
	read := map[string][]string{}
	for _, object := range objects {
		if object == nil {
			continue
		}
		if of := a.of[model.TypeName(object)]; of != "" {
			read[of] = append(read[of], idOf(object))
		}
	}
	for _, of := range slices.Sorted(maps.Keys(read)) {
		if err := a.Record(ctx, of, read[of]...); err != nil {
			return err
		}
	}
	return nil
}

// idOf is the id of an object; empty: there is none.
func idOf(object any) string {
	v := reflect.Indirect(reflect.ValueOf(object))
	if v.Kind() != reflect.Struct {
		return ""
	}
	if of := v.FieldByName("ID"); of.IsValid() && of.Kind() == reflect.String {
		return of.String()
	}
	return ""
}
