package mcp

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// object is a JSON Schema, or a part of one.
type object = map[string]any

// argumentsSchema is the JSON Schema of a tool's arguments: the operation's variables.
func argumentsSchema(schema *ast.Schema, o *ast.OperationDefinition) (object, error) {
	properties, required := object{}, []string{}
	for _, variable := range o.VariableDefinitions {
		if variable.Description == "" {
			return nil, fmt.Errorf("$%s has no description", variable.Variable)
		}
		of, err := valueSchema(schema, variable.Type, nil)
		if err != nil {
			return nil, fmt.Errorf("$%s: %w", variable.Variable, err)
		}
		of["description"] = variable.Description
		if variable.DefaultValue != nil {
			if of["default"], err = variable.DefaultValue.Value(nil); err != nil {
				return nil, err
			}
		} else if variable.Type.NonNull {
			required = append(required, variable.Variable)
		}
		properties[variable.Variable] = of
	}
	arguments := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		arguments["required"] = required
	}
	return arguments, nil
}

// valueSchema is the JSON Schema of values of a type; within are the inputs around it.
func valueSchema(schema *ast.Schema, t *ast.Type, within []string) (object, error) {
	if t.Elem != nil {
		items, err := valueSchema(schema, t.Elem, within)
		return object{"type": "array", "items": items}, err
	}
	switch d := schema.Types[t.NamedType]; d.Kind {
	case ast.Enum:
		var names []string
		for _, v := range d.EnumValues {
			names = append(names, v.Name)
		}
		return object{"type": "string", "enum": names}, nil
	case ast.InputObject:
		return inputSchema(schema, d, within)
	default:
		return scalarSchema(d.Name), nil
	}
}

func inputSchema(schema *ast.Schema, d *ast.Definition, within []string) (object, error) {
	if slices.Contains(within, d.Name) {
		return nil, fmt.Errorf("%s has itself within", d.Name)
	}
	within = append(slices.Clip(within), d.Name)
	properties, required := object{}, []string{}
	for _, f := range d.Fields {
		of, err := valueSchema(schema, f.Type, within)
		if err != nil {
			return nil, err
		}
		of["description"] = f.Description
		properties[f.Name] = of
		if f.Type.NonNull && f.DefaultValue == nil {
			required = append(required, f.Name)
		}
	}
	of := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		of["required"] = required
	}
	return of, nil
}

// scalarSchema is the JSON Schema of a scalar. Scalars of Parley's own are strings.
func scalarSchema(name string) object {
	switch name {
	case "Int":
		return object{"type": "integer"}
	case "Float":
		return object{"type": "number"}
	case "Boolean":
		return object{"type": "boolean"}
	case "Time":
		return object{"type": "string", "format": "date-time"}
	}
	return object{"type": "string"}
}
