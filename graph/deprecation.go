package graph

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Deprecations is an extension that records which parts of the schema that are
// marked @deprecated an operation uses, so that the token's owner can see it
// (API-26). Parts are named by schema coordinates: "Type.field",
// "Type.field(argument:)", "Input.field", "Enum.VALUE".
type Deprecations struct {
	// Record gets the coordinates that an operation uses, each once, in its
	// context. It is not called for an operation that uses none.
	Record func(ctx context.Context, coordinates []string)

	schema *ast.Schema
	// fields, inputs: whether the schema has deprecated ones at all. Most do not,
	// and then nothing is searched.
	fields, inputs bool
}

var _ graphql.OperationContextMutator = (*Deprecations)(nil)

// ExtensionName is a name for gqlgen.
func (*Deprecations) ExtensionName() string { return "Deprecations" }

// Validate looks for what the schema has deprecated.
func (d *Deprecations) Validate(es graphql.ExecutableSchema) error {
	if es == nil || d.Record == nil {
		return errors.New("Deprecations needs a schema and Record")
	}
	d.schema = es.Schema()
	for _, def := range d.schema.Types {
		for _, value := range def.EnumValues {
			d.inputs = d.inputs || isDeprecated(value.Directives)
		}
		for _, f := range def.Fields {
			if def.Kind == ast.InputObject {
				d.inputs = d.inputs || isDeprecated(f.Directives)
			} else {
				d.fields = d.fields || isDeprecated(f.Directives)
			}
			for _, a := range f.Arguments {
				d.fields = d.fields || isDeprecated(a.Directives)
			}
		}
	}
	return nil
}

// MutateOperationContext records what a valid operation uses; it changes nothing.
func (d *Deprecations) MutateOperationContext(ctx context.Context, opCtx *graphql.OperationContext) *gqlerror.Error {
	if !d.fields && !d.inputs {
		return nil
	}
	u := usage{schema: d.schema, inputs: d.inputs, fragments: map[string]bool{}, seen: map[string]bool{}}
	u.selection(opCtx.Operation.SelectionSet)
	if d.inputs {
		for _, v := range opCtx.Operation.VariableDefinitions {
			if value, given := opCtx.Variables[v.Variable]; given {
				u.value(v.Type, value)
			}
		}
	}
	if len(u.used) > 0 {
		slices.Sort(u.used)
		d.Record(ctx, u.used)
	}
	return nil
}

func isDeprecated(directives ast.DirectiveList) bool { return directives.ForName("deprecated") != nil }

// usage collects what an operation uses, each fragment once.
type usage struct {
	schema    *ast.Schema
	inputs    bool
	fragments map[string]bool
	seen      map[string]bool
	used      []string
}

func (u *usage) add(directives ast.DirectiveList, coordinate string) {
	if isDeprecated(directives) && !u.seen[coordinate] {
		u.seen[coordinate] = true
		u.used = append(u.used, coordinate)
	}
}

func (u *usage) selection(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			u.field(s)
		case *ast.InlineFragment:
			u.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			if !u.fragments[s.Name] {
				u.fragments[s.Name] = true
				u.selection(s.Definition.SelectionSet)
			}
		}
	}
}

func (u *usage) field(f *ast.Field) {
	if f.Definition == nil || f.ObjectDefinition == nil {
		return
	}
	coordinate := f.ObjectDefinition.Name + "." + f.Name
	u.add(f.Definition.Directives, coordinate)
	for _, a := range f.Arguments {
		if def := f.Definition.Arguments.ForName(a.Name); def != nil {
			u.add(def.Directives, coordinate+"("+a.Name+":)")
		}
		if u.inputs {
			u.literal(a.Value)
		}
	}
	u.selection(f.SelectionSet)
}

// literal looks into a value that is written in the document.
func (u *usage) literal(v *ast.Value) {
	if def := v.Definition; def != nil {
		switch v.Kind {
		case ast.EnumValue:
			u.enum(def, v.Raw)
		case ast.ObjectValue:
			for _, child := range v.Children {
				u.input(def, child.Name)
			}
		}
	}
	for _, child := range v.Children {
		u.literal(child.Value)
	}
}

// value looks into a variable's value. A single value given for a list is coerced to a
// slice of its own type, so that not every list is a []any.
func (u *usage) value(t *ast.Type, value any) {
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Slice:
		if t.Elem != nil {
			t = t.Elem
		}
		for i := range v.Len() {
			u.value(t, v.Index(i).Interface())
		}
	case reflect.Map:
		def := u.schema.Types[t.Name()]
		if def == nil || def.Kind != ast.InputObject {
			return
		}
		for _, key := range v.MapKeys() {
			if f := def.Fields.ForName(key.String()); f != nil {
				u.input(def, f.Name)
				u.value(f.Type, v.MapIndex(key).Interface())
			}
		}
	case reflect.String:
		if def := u.schema.Types[t.Name()]; def != nil && def.Kind == ast.Enum {
			u.enum(def, v.String())
		}
	}
}

func (u *usage) enum(def *ast.Definition, name string) {
	if value := def.EnumValues.ForName(name); value != nil {
		u.add(value.Directives, def.Name+"."+name)
	}
}

func (u *usage) input(def *ast.Definition, name string) {
	if f := def.Fields.ForName(name); f != nil {
		u.add(f.Directives, def.Name+"."+name)
	}
}
