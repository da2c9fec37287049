package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// Access implements the SDL's @access(to:, scope:). It lets the call through
// if the viewer's kind is in to (ANYONE admits every kind) and their token
// grants the scope. Visitors and callers without credentials need no scope.
// Errors: UNAUTHENTICATED without credentials, otherwise FORBIDDEN.
func Access(ctx context.Context, _ any, next graphql.Resolver, to []viewer.Kind, scope *string) (any, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		v = viewer.Anonymous()
	}
	if !slices.Contains(to, v.Kind) && !slices.Contains(to, viewer.Anyone) {
		return nil, refuse(graphql.GetFieldContext(ctx).Field.Name, v, to)
	}
	if scope != nil && v.IsStaff() && !v.Grants(*scope) {
		return nil, errs.New(errs.Forbidden, "The token lacks the scope %q.", *scope)
	}
	return next(ctx)
}

func refuse(field string, v *viewer.Viewer, to []viewer.Kind) *errs.Error {
	if v.CookieUnasked {
		return errs.New(errs.Unauthenticated, "%q requires a session or a token: the cookie of a session counts only with the header \"Parley-Session: 1\".", field)
	}
	if v.Kind == viewer.Anyone {
		return errs.New(errs.Unauthenticated,
			"%q requires a token: send it in the header \"Authorization: Bearer ...\", "+
				"or over a WebSocket as connection_init {\"Authorization\": \"Bearer ...\"}.", field)
	}
	names := make([]string, len(to))
	for i, kind := range to {
		names[i] = string(kind)
	}
	who := names[len(names)-1]
	if rest := names[:len(names)-1]; len(rest) > 0 {
		who = strings.Join(rest, ", ") + " and " + who
	}
	return errs.New(errs.Forbidden, "Only %s may call %q; the token is of kind %s.", who, field, v.Kind)
}

// CheckAccess names every root field that @access does not close: one without
// the directive, or one that admits staff, integrations or bots and asks for no
// scope, neither itself nor by the type of what it returns. The server does not start with such a schema.
func CheckAccess(schema *ast.Schema) error {
	var faults []error
	readers := newReaders(schema)
	for _, f := range rootFields(schema) {
		kinds, scoped := f.access()
		switch {
		case len(kinds) == 0:
			faults = append(faults, fmt.Errorf("%s has no @access: name who may call it", f))
		case !scoped && slices.ContainsFunc(kinds, isStaffKind) && !readers.scoped(f.def.Type):
			faults = append(faults, fmt.Errorf("%s admits staff, but neither its @access nor its type has a scope", f))
		}
	}
	return errors.Join(faults...)
}

// CheckVisible walks the SDL from every root field that visitors or callers
// without credentials may call, and names each object type on the way that
// does not have @visible for them, with the first path that reaches it. Where a
// field may show nothing in place of an object (guards), its other types are
// hidden and not looked at; neither are fields that they may not select. The
// fence in storage hides rows, not columns: an unmarked type is staff's alone.
func CheckVisible(schema *ast.Schema) error {
	var faults []error
	for _, kind := range []viewer.Kind{viewer.Anyone, viewer.Visitor} {
		faults = append(faults, checkVisibleTo(schema, kind)...)
	}
	return errors.Join(faults...)
}

func checkVisibleTo(schema *ast.Schema, kind viewer.Kind) []error {
	type reached struct {
		typeName, path string
		guarded        bool // objects of other types are hidden
	}
	var queue []reached
	for _, f := range rootFields(schema) {
		if kinds, _ := f.access(); slices.Contains(kinds, kind) {
			queue = append(queue, reached{f.def.Type.Name(), f.String(), guardsField(schema, f.def)})
		}
	}
	var faults []error
	seen := map[string]bool{}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		def := schema.Types[at.typeName]
		if def == nil || seen[at.typeName] && !def.IsAbstractType() || strings.HasPrefix(at.typeName, "__") {
			continue
		}
		seen[at.typeName] = true
		switch def.Kind {
		case ast.Interface, ast.Union:
			for _, possible := range schema.GetPossibleTypes(def) {
				if !at.guarded || visibleTo(possible, kind) {
					queue = append(queue, reached{possible.Name, at.path + " → " + possible.Name, false})
				}
			}
		case ast.Object:
			if !visibleTo(def, kind) {
				faults = append(faults, fmt.Errorf("type %s is not @visible to %s, who reaches it by %s", def.Name, kind, at.path))
			}
			for _, f := range def.Fields {
				if selectableBy(f, kind) {
					queue = append(queue, reached{f.Type.Name(), at.path + " → " + def.Name + "." + f.Name, guardsField(schema, f)})
				}
			}
		}
	}
	return faults
}

// guardsField reports whether a field shows only objects that the caller may see.
func guardsField(schema *ast.Schema, f *ast.FieldDefinition) bool {
	def := schema.Types[f.Type.Name()]
	return def != nil && guards(f.Type, def)
}

// selectableBy reports whether callers of a kind may select a field (@visible).
func selectableBy(f *ast.FieldDefinition, kind viewer.Kind) bool {
	kinds := kindsOf(f.Directives.ForName("visible"))
	return len(kinds) == 0 || slices.Contains(kinds, kind) || slices.Contains(kinds, viewer.Anyone)
}

func visibleTo(def *ast.Definition, kind viewer.Kind) bool {
	kinds := kindsOf(def.Directives.ForName("visible"))
	return slices.Contains(kinds, kind) || slices.Contains(kinds, viewer.Anyone)
}

// rootField is a field of Query, Mutation or Subscription.
type rootField struct {
	root string
	def  *ast.FieldDefinition
}

func (f rootField) String() string { return f.root + "." + f.def.Name }

// access returns whom the field's @access admits, and whether it asks for a scope.
func (f rootField) access() (kinds []viewer.Kind, scoped bool) {
	return kindsOf(f.def.Directives.ForName("access")), f.scope() != ""
}

// scope returns the scope that the field's @access asks for; "": none.
func (f rootField) scope() string {
	d := f.def.Directives.ForName("access")
	if d == nil {
		return ""
	}
	scope := d.Arguments.ForName("scope")
	if scope == nil || scope.Value.Kind == ast.NullValue {
		return ""
	}
	return scope.Value.Raw
}

func rootFields(schema *ast.Schema) []rootField {
	var all []rootField
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		for _, def := range root.Fields {
			if !strings.HasPrefix(def.Name, "__") {
				all = append(all, rootField{root.Name, def})
			}
		}
	}
	return all
}

// kindsOf returns the kinds in a directive's argument `to`.
func kindsOf(d *ast.Directive) []viewer.Kind {
	if d == nil {
		return nil
	}
	to := d.Arguments.ForName("to")
	if to == nil {
		return nil
	}
	if to.Value.Kind == ast.EnumValue {
		return []viewer.Kind{viewer.Kind(to.Value.Raw)}
	}
	var kinds []viewer.Kind
	for _, child := range to.Value.Children {
		kinds = append(kinds, viewer.Kind(child.Value.Raw))
	}
	return kinds
}

func isStaffKind(kind viewer.Kind) bool { return kind != viewer.Visitor && kind != viewer.Anyone }
