// Package clientcache prints what the caches of public GraphQL clients have to
// know of the schema: which types an interface or union stands for, which
// objects have a key, and which fields are pages of a list. All of it is read
// from the SDL, so it is right for the version of Parley that prints it.
//
// An object is an entry of its own if it has `id: ID!`. Any other is a part of
// the object that it was selected in.
package clientcache

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// keyed reports whether objects of a type have a key: their id.
func keyed(def *ast.Definition) bool {
	f := def.Fields.ForName("id")
	return f != nil && f.Type.String() == "ID!"
}

// objects returns the object types of the SDL by name, without the roots and
// what belongs to introspection.
func objects(schema *ast.Schema) []*ast.Definition {
	return definitions(schema, func(def *ast.Definition) bool {
		return def.Kind == ast.Object && def != schema.Query && def != schema.Mutation && def != schema.Subscription
	})
}

func abstracts(schema *ast.Schema) []*ast.Definition {
	return definitions(schema, func(def *ast.Definition) bool { return def.IsAbstractType() })
}

func definitions(schema *ast.Schema, wanted func(*ast.Definition) bool) []*ast.Definition {
	var list []*ast.Definition
	for _, def := range schema.Types {
		if !strings.HasPrefix(def.Name, "_") && wanted(def) {
			list = append(list, def)
		}
	}
	slices.SortFunc(list, func(a, b *ast.Definition) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// ownFields returns the fields of a type, without introspection's.
func ownFields(def *ast.Definition) []*ast.FieldDefinition {
	return slices.DeleteFunc(slices.Clone(def.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "_") })
}

// possible returns the names of the object types that an abstract type stands for.
func possible(schema *ast.Schema, def *ast.Definition) []string {
	names := []string{}
	for _, p := range schema.GetPossibleTypes(def) {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// isConnection reports whether a field's type is a page of a list.
func isConnection(schema *ast.Schema, t *ast.Type) bool {
	def := schema.Types[t.Name()]
	return t.Elem == nil && def.Kind == ast.Object && def.Fields.ForName("pageInfo") != nil
}

// isObjectList reports whether a field's type is a list of objects.
func isObjectList(schema *ast.Schema, t *ast.Type) bool {
	return t.Elem != nil && schema.Types[t.Name()].IsCompositeType()
}

// filterArguments are the arguments that say which list it is, not which page.
func filterArguments(f *ast.FieldDefinition) []string {
	names := []string{}
	for _, a := range f.Arguments {
		if !slices.Contains([]string{"first", "after", "last", "before"}, a.Name) {
			names = append(names, a.Name)
		}
	}
	return names
}
