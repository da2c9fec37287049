package graph

import (
	"context"
	"reflect"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/errs"
)

// oneOf is the SDL's directive on input types of which exactly one field is given.
const oneOf = "oneOf"

// oneOfSDL defines the directive, as it may be, for tools that are older than it.
const oneOfSDL = `"Exactly one field of the input is given, and it is not null."
directive @oneOf on INPUT_OBJECT

`

// OneOf refuses variables that give a @oneOf input no field, several, or null. The
// validator looks at literals only, and lets only variables that cannot be
// null stand in them: with both, an input that reaches a resolver has one field.
func OneOf() graphql.HandlerExtension {
	var within map[string]bool
	return &rule{
		name:  oneOf,
		ready: func(es graphql.ExecutableSchema) { within = inputsWithOneOf(es.Schema()) },
		check: func(_ context.Context, es graphql.ExecutableSchema, opCtx *graphql.OperationContext) error {
			c := oneOfCheck{types: es.Schema().Types, within: within}
			for _, v := range opCtx.Operation.VariableDefinitions {
				if err := c.check(v.Type, opCtx.Variables[v.Variable], []string{v.Variable}); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// inputsWithOneOf returns the input types that are @oneOf or have, at any depth,
// a field of such a type.
func inputsWithOneOf(schema *ast.Schema) map[string]bool {
	within := map[string]bool{}
	for grown := true; grown; {
		grown = false
		for name, def := range schema.Types {
			if def.Kind == ast.InputObject && !within[name] && hasOneOf(def, within) {
				within[name], grown = true, true
			}
		}
	}
	return within
}

func hasOneOf(def *ast.Definition, within map[string]bool) bool {
	if def.Directives.ForName(oneOf) != nil {
		return true
	}
	for _, f := range def.Fields {
		if within[f.Type.Name()] {
			return true
		}
	}
	return false
}

// oneOfCheck looks for @oneOf inputs in values that fit their types.
type oneOfCheck struct {
	types  map[string]*ast.Definition
	within map[string]bool
}

func (c oneOfCheck) check(t *ast.Type, value any, path []string) error {
	if value == nil || !c.within[t.Name()] {
		return nil
	}
	if t.Elem != nil {
		return c.checkList(t.Elem, value, path)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	return c.checkObject(c.types[t.NamedType], object, path)
}

// checkList looks into a list, which coercion makes of what it likes where one
// value stands for a list of it.
func (c oneOfCheck) checkList(of *ast.Type, value any, path []string) error {
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice {
		return c.check(of, value, path)
	}
	for i := range list.Len() {
		if err := c.check(of, list.Index(i).Interface(), append(path, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	return nil
}

func (c oneOfCheck) checkObject(def *ast.Definition, object map[string]any, path []string) error {
	if def.Directives.ForName(oneOf) != nil {
		if err := checkOneField(def, object, path); err != nil {
			return err
		}
	}
	for _, f := range def.Fields {
		if err := c.check(f.Type, object[f.Name], append(path, f.Name)); err != nil {
			return err
		}
	}
	return nil
}

func checkOneField(def *ast.Definition, object map[string]any, path []string) error {
	given, null := 0, ""
	for _, f := range def.Fields {
		value, ok := object[f.Name]
		if !ok {
			continue
		}
		given++
		if value == nil {
			null = f.Name
		}
	}
	switch {
	case given != 1:
		return errs.New(errs.BadUserInput, "Variable %q: give exactly one field of %s, which takes %s; %d were given.",
			dotted(path), def.Name, fieldNames(def), given).On(path...)
	case null != "":
		path = append(path, null)
		return errs.New(errs.BadUserInput, "Variable %q: the field of %s that is given must not be null.", dotted(path), def.Name).On(path...)
	}
	return nil
}

// fieldNames names the fields of an input type: `"id", "email" or "externalId"`.
func fieldNames(def *ast.Definition) string {
	var names string
	for i, f := range def.Fields {
		switch {
		case i == 0:
		case i == len(def.Fields)-1:
			names += " or "
		default:
			names += ", "
		}
		names += strconv.Quote(f.Name)
	}
	return names
}

// dotted writes a path as the validator does: `in.keys[1].id`.
func dotted(path []string) string {
	var all ast.Path
	for _, step := range path {
		if i, err := strconv.Atoi(step); err == nil {
			all = append(all, ast.PathIndex(i))
			continue
		}
		all = append(all, ast.PathName(step))
	}
	return all.String()
}
