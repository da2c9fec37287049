package graph

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/viewer"
)

// readers says, for the fields of the SDL's object types, which scopes let a
// token read them: that of the type (@scope(read:)), or one that the type or the
// field names besides (@scope(also:)). It is made once for a schema.
type readers struct {
	schema *ast.Schema
	fields map[string]map[string][]string
}

func newReaders(schema *ast.Schema) *readers {
	r := &readers{schema: schema, fields: map[string]map[string][]string{}}
	for _, def := range schema.Types {
		if def.Kind == ast.Object && scopeOf(def) != "" {
			r.fields[def.Name] = scopesOfFields(def)
		}
	}
	for _, def := range schema.Types {
		if of := r.rowsOf(def); of != nil {
			r.fields[def.Name] = r.scopesOfConnection(def, of)
		}
	}
	return r
}

// scopesOf returns the scopes of which one is needed to read a field; none: it
// needs none.
func (r *readers) scopesOf(typeName, field string) []string { return r.fields[typeName][field] }

// scoped reports whether whatever a field of a type returns asks for a scope.
func (r *readers) scoped(t *ast.Type) bool {
	def := r.schema.Types[t.Name()]
	if def == nil {
		return false
	}
	possible := r.objectsOf(def)
	return len(possible) > 0 && !slices.ContainsFunc(possible, func(p *ast.Definition) bool { return r.fields[p.Name] == nil })
}

// objectsOf returns the object types that an object, interface or union can be.
func (r *readers) objectsOf(def *ast.Definition) []*ast.Definition {
	var objects []*ast.Definition
	for _, possible := range r.schema.GetPossibleTypes(def) {
		if possible.Kind == ast.Object {
			objects = append(objects, possible)
		}
	}
	return objects
}

// scopesOfFields has for `__typename` what the id needs: to name an object is
// to say that it exists.
func scopesOfFields(def *ast.Definition) map[string][]string {
	always := append([]string{scopeOf(def)}, alsoOf(def.Directives)...)
	fields := make(map[string][]string, len(def.Fields)+1)
	fields["__typename"] = always
	for _, f := range def.Fields {
		fields[f.Name] = slices.Concat(always, alsoOf(f.Directives))
		if f.Name == "id" {
			fields["__typename"] = fields["id"]
		}
	}
	return fields
}

// rowsOf returns the type of a connection's rows; nil: def is none, or its rows
// are of several types.
func (r *readers) rowsOf(def *ast.Definition) *ast.Definition {
	if def.Kind != ast.Object || !strings.HasSuffix(def.Name, "Connection") {
		return nil
	}
	edges := def.Fields.ForName("edges")
	if edges == nil || r.schema.Types[edges.Type.Name()] == nil {
		return nil
	}
	node := r.schema.Types[edges.Type.Name()].Fields.ForName("node")
	if node == nil || r.fields[node.Type.Name()] == nil {
		return nil
	}
	return r.schema.Types[node.Type.Name()]
}

// scopesOfConnection has for a list's count and ends what the id of a row needs.
func (r *readers) scopesOfConnection(def, rows *ast.Definition) map[string][]string {
	fields := map[string][]string{}
	for _, f := range def.Fields {
		if f.Name != "edges" && f.Name != "nodes" {
			fields[f.Name] = r.scopesOf(rows.Name, "__typename")
		}
	}
	return fields
}

// scopeOf returns a type's @scope(read:); "": it has none.
func scopeOf(def *ast.Definition) string {
	if d := def.Directives.ForName("scope"); d != nil {
		if read := d.Arguments.ForName("read"); read != nil && read.Value.Kind == ast.StringValue {
			return read.Value.Raw
		}
	}
	return ""
}

func alsoOf(directives ast.DirectiveList) []string {
	d := directives.ForName("scope")
	if d == nil {
		return nil
	}
	also := d.Arguments.ForName("also")
	if also == nil {
		return nil
	}
	if also.Value.Kind == ast.StringValue {
		return []string{also.Value.Raw}
	}
	var scopes []string
	for _, child := range also.Value.Children {
		scopes = append(scopes, child.Value.Raw)
	}
	return scopes
}

// needsNoScope reports whether a type has no scope of its own: roots, and what
// only carries other objects.
func needsNoScope(schema *ast.Schema, def *ast.Definition) bool {
	switch def {
	case schema.Query, schema.Mutation, schema.Subscription:
		return true
	}
	for _, carrier := range []string{"Payload", "Connection", "Edge"} {
		if strings.HasSuffix(def.Name, carrier) {
			return true
		}
	}
	return def.Name == "PageInfo" || def.Name == "UserError" || def.Name == "_Service" // the schema is public
}

// CheckScopes names each object type without @scope(read:), each scope that does
// not exist, and each @scope where it has no meaning. The server does not start
// with such a schema.
func CheckScopes(schema *ast.Schema) error {
	var faults []error
	known := viewer.ScopeNames()
	for _, name := range sortedTypes(schema) {
		def := schema.Types[name]
		switch scope := scopeOf(def); {
		case needsNoScope(schema, def) && scope != "":
			faults = append(faults, fmt.Errorf("type %s only carries others: it has no @scope", name))
		case !needsNoScope(schema, def) && scope == "":
			faults = append(faults, fmt.Errorf("type %s has no @scope(read:): name the scope that lets a token read it", name))
		}
		for _, scope := range scopesIn(def) {
			if !slices.Contains(known, scope) {
				faults = append(faults, fmt.Errorf("type %s names the scope %q, which does not exist", name, scope))
			}
		}
	}
	return errors.Join(faults...)
}

// sortedTypes are the names of Parley's own object types.
func sortedTypes(schema *ast.Schema) []string {
	var names []string
	for name, def := range schema.Types {
		if def.Kind == ast.Object && !def.BuiltIn {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// scopesIn are all scopes that a type and its fields name.
func scopesIn(def *ast.Definition) []string {
	scopes := alsoOf(def.Directives)
	if read := scopeOf(def); read != "" {
		scopes = append(scopes, read)
	}
	for _, f := range def.Fields {
		scopes = append(scopes, alsoOf(f.Directives)...)
		if access := f.Directives.ForName("access"); access != nil {
			if scope := access.Arguments.ForName("scope"); scope != nil && scope.Value.Raw != "" {
				scopes = append(scopes, scope.Value.Raw)
			}
		}
	}
	return scopes
}
