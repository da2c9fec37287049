package graph

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/viewer"
)

// need is what a field of a document requires of the caller.
type need struct {
	path ast.Path
	at   *ast.Position
	// anyOf are the scopes of which a token must grant one; none: it needs none.
	anyOf []string
	// kinds are the callers who may select the field; none: all who may call.
	kinds []viewer.Kind
	// under is what the objects above it need that are hidden from a caller who
	// may not read them: without that the field is never reached.
	under [][]string
}

// reached reports whether the viewer can reach the field at all.
func (n *need) reached(v *viewer.Viewer) bool {
	return !slices.ContainsFunc(n.under, func(anyOf []string) bool { return !v.GrantsAny(anyOf) })
}

// needs are what an operation requires, worked out from its selection alone.
type needs struct {
	list []need
	// guarded: some field shows only those objects that the caller may see.
	guarded bool
	// varies: variables decide what is selected.
	varies bool
}

// needsOf works out what an operation requires. Its document is valid, and the
// limits have admitted it: so walking it, fragments and all, is bounded.
func (r *readers) needsOf(op *ast.OperationDefinition, variables map[string]any) *needs {
	w := &walk{readers: r, variables: variables, seen: map[string]bool{}}
	root := map[ast.Operation]*ast.Definition{
		ast.Query: r.schema.Query, ast.Mutation: r.schema.Mutation, ast.Subscription: r.schema.Subscription,
	}[op.Operation]
	if root == nil {
		return &w.found
	}
	fields := w.fieldsFor(root, op.SelectionSet)
	for _, f := range fields {
		w.walkRoot(rootField{root.Name, f.Definition}, f, op.Operation == ast.Mutation && len(fields) > 1)
	}
	return &w.found
}

// walk goes through a document.
type walk struct {
	*readers
	variables map[string]any
	found     needs
	seen      map[string]bool
}

// spot is where a selection stands.
type spot struct {
	path  ast.Path
	under [][]string
	// unscoped: visitors and strangers may call it, so no token needs a scope.
	unscoped bool
}

// walkRoot walks a root field. With several of them in a mutation also what
// @access asks for is a need: nothing runs before all are allowed.
func (w *walk) walkRoot(root rootField, f *ast.Field, several bool) {
	if root.def == nil || f.SelectionSet == nil && !several {
		return
	}
	kinds, _ := root.access()
	at := spot{path: ast.Path{ast.PathName(f.Alias)}}
	at.unscoped = len(kinds) > 0 && !slices.ContainsFunc(kinds, isStaffKind)
	if several && len(kinds) > 0 {
		n := need{path: at.path, at: f.Position, kinds: kinds}
		if scope := root.scope(); scope != "" {
			n.anyOf = []string{scope}
		}
		w.add(n)
	}
	w.walkBelow(f, at)
}

// walkBelow walks what a field selects.
func (w *walk) walkBelow(f *ast.Field, at spot) {
	def := w.schema.Types[f.Definition.Type.Name()]
	if def == nil || len(f.SelectionSet) == 0 {
		return
	}
	guarded := guards(f.Definition.Type, def)
	w.found.guarded = w.found.guarded || guarded
	if guarded && !at.unscoped {
		for _, possible := range w.objectsOf(def) {
			w.walkGuarded(possible, f.SelectionSet, at)
		}
		return
	}
	w.walkSet(w.objectsOf(def), f.SelectionSet, at)
}

// guards reports whether a field shows only objects that the caller may read:
// their type is known when they are there, and null or nothing can take their spot.
func guards(t *ast.Type, def *ast.Definition) bool {
	return def.IsAbstractType() && (!t.NonNull || t.Elem != nil)
}

// walkGuarded walks what is selected of one of the types that can be there. What
// it selects of the object itself is looked at when it is there.
func (w *walk) walkGuarded(def *ast.Definition, set ast.SelectionSet, at spot) {
	fields := w.fieldsFor(def, set)
	at.under = slices.Concat(at.under, w.guard(def.Name, fields))
	for _, f := range fields {
		w.walkBelow(f, at.below(f))
	}
}

// guard returns what an object needs to be shown: what its id needs, and each
// field that is selected of it.
func (r *readers) guard(typeName string, fields []*ast.Field) [][]string {
	all := [][]string{r.scopesOf(typeName, "__typename")}
	for _, f := range fields {
		all = append(all, r.scopesOf(typeName, f.Name))
	}
	return slices.DeleteFunc(all, func(anyOf []string) bool { return len(anyOf) == 0 })
}

// walkSet walks what is selected of objects of known types.
func (w *walk) walkSet(types []*ast.Definition, set ast.SelectionSet, at spot) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if w.includes(s.Directives) {
				w.walkField(types, s, at)
			}
		case *ast.InlineFragment:
			if w.includes(s.Directives) {
				w.walkSet(w.narrow(types, s.TypeCondition), s.SelectionSet, at)
			}
		case *ast.FragmentSpread:
			if w.includes(s.Directives) {
				w.walkSet(w.narrow(types, s.Definition.TypeCondition), s.Definition.SelectionSet, at)
			}
		}
	}
}

func (w *walk) walkField(types []*ast.Definition, f *ast.Field, at spot) {
	if f.Name == "__typename" && len(types) != 1 {
		return
	}
	below := at.below(f)
	for _, def := range types {
		n := need{path: below.path, at: f.Position, under: at.under}
		if !at.unscoped {
			n.anyOf = w.scopesOf(def.Name, f.Name)
		}
		if field := def.Fields.ForName(f.Name); field != nil {
			n.kinds = kindsOf(field.Directives.ForName("visible"))
		}
		w.add(n)
	}
	w.walkBelow(f, below)
}

func (p spot) below(f *ast.Field) spot {
	p.path = append(slices.Clip(p.path), ast.PathName(f.Alias))
	return p
}

// narrow keeps the types that a fragment is for.
func (w *walk) narrow(types []*ast.Definition, condition string) []*ast.Definition {
	def := w.schema.Types[condition]
	if def == nil {
		return types
	}
	possible := w.objectsOf(def)
	return slices.DeleteFunc(slices.Clone(types), func(t *ast.Definition) bool { return !slices.Contains(possible, t) })
}

// fieldsFor returns the fields that are selected of objects of one type.
func (w *walk) fieldsFor(def *ast.Definition, set ast.SelectionSet) []*ast.Field {
	var fields []*ast.Field
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if w.includes(s.Directives) {
				fields = append(fields, s)
			}
		case *ast.InlineFragment:
			if w.includes(s.Directives) && len(w.narrow([]*ast.Definition{def}, s.TypeCondition)) > 0 {
				fields = append(fields, w.fieldsFor(def, s.SelectionSet)...)
			}
		case *ast.FragmentSpread:
			if w.includes(s.Directives) && len(w.narrow([]*ast.Definition{def}, s.Definition.TypeCondition)) > 0 {
				fields = append(fields, w.fieldsFor(def, s.Definition.SelectionSet)...)
			}
		}
	}
	return fields
}

// includes evaluates @skip and @include.
func (w *walk) includes(directives ast.DirectiveList) bool {
	for name, kept := range map[string]bool{"skip": false, "include": true} {
		d := directives.ForName(name)
		if d == nil {
			continue
		}
		condition := d.Arguments.ForName("if")
		if condition == nil {
			continue
		}
		w.found.varies = w.found.varies || condition.Value.Kind == ast.Variable
		if holds, err := condition.Value.Value(w.variables); err == nil && holds != kept {
			return false
		}
	}
	return true
}

// add remembers the first of the needs that ask the same.
func (w *walk) add(n need) {
	if len(n.anyOf) == 0 && len(n.kinds) == 0 {
		return
	}
	name := fmt.Sprint(n.anyOf, n.kinds, n.under)
	if !w.seen[name] {
		w.seen[name] = true
		w.found.list = append(w.found.list, n)
	}
}
