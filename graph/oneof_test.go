package graph_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
	"parley/internal/errs"
)

const keysSDL = `
type Query { one(by: Key!): Int  some(by: [Key!]): Int  deep(in: In): Int }
input Key @oneOf { id: ID  email: String  other: In }
input In { keys: [[Key!]]  key: Key  name: String }
`

// keysSchema is a schema with @oneOf inputs, of which nothing can run.
type keysSchema struct{ schema *ast.Schema }

func (s keysSchema) Schema() *ast.Schema { return s.schema }
func (keysSchema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (keysSchema) Exec(context.Context) graphql.ResponseHandler {
	return graphql.OneShot(&graphql.Response{})
}

// refusal returns the error that keeps a document from running, and the path of
// the input that it names.
func refusal(t *testing.T, es graphql.ExecutableSchema, document, variables string) (message string, field []string) {
	t.Helper()
	exec := executor.New(es)
	exec.Use(graph.OneOf())
	params := &graphql.RawParams{Query: document}
	if err := json.Unmarshal([]byte(variables), &params.Variables); err != nil {
		t.Fatal(err)
	}
	ctx := graphql.StartOperationTrace(t.Context())
	_, faults := exec.CreateOperationContext(ctx, params)
	if len(faults) == 0 {
		return "", nil
	}
	if e := errs.Of(faults[0]); e != nil {
		if e.Code != errs.BadUserInput {
			t.Errorf("got code %s, want BAD_USER_INPUT", e.Code)
		}
		return e.Message, e.Field
	}
	return faults[0].Message, nil
}

// API-9: a @oneOf input has exactly one field, which is not null, wherever it comes from.
func TestOneOf(t *testing.T) {
	t.Parallel()
	es := keysSchema{gqlparser.MustLoadSchema(&ast.Source{Input: keysSDL})}
	const exactly, notNull = "give exactly one field of Key", "must not be null"
	const literal, literalNull = "must specify exactly one key", "must be non-null"
	cases := map[string]struct {
		document, variables, message string
		field                        []string
	}{
		"literal":               {`{ one(by: {id: "a"}) }`, `{}`, "", nil},
		"literal: none":         {`{ one(by: {}) }`, `{}`, literal, nil},
		"literal: both":         {`{ one(by: {id: "a", email: "b"}) }`, `{}`, literal, nil},
		"literal: null":         {`{ one(by: {email: null}) }`, `{}`, literalNull, nil},
		"literal: null beside":  {`{ one(by: {id: "a", email: null}) }`, `{}`, literal, nil},
		"literal list":          {`{ some(by: [{id: "a"}, {}]) }`, `{}`, literal, nil},
		"nested":                {`query ($id: ID!) { one(by: {id: $id}) }`, `{"id": "a"}`, "", nil},
		"nested: may be null":   {`query ($id: ID) { one(by: {id: $id}) }`, `{"id": "a"}`, "must be non-nullable", nil},
		"nested: null":          {`query ($id: ID!) { one(by: {id: $id}) }`, `{"id": null}`, "cannot be null", nil},
		"nested: an input":      {`query ($in: In!) { one(by: {other: $in}) }`, `{"in": {"key": {}}}`, exactly, []string{"in", "key"}},
		"variable":              {`query ($by: Key!) { one(by: $by) }`, `{"by": {"id": "a"}}`, "", nil},
		"variable: none":        {`query ($by: Key!) { one(by: $by) }`, `{"by": {}}`, exactly, []string{"by"}},
		"variable: both":        {`query ($by: Key!) { one(by: $by) }`, `{"by": {"id": "a", "email": "b"}}`, exactly, []string{"by"}},
		"variable: null":        {`query ($by: Key!) { one(by: $by) }`, `{"by": {"email": null}}`, notNull, []string{"by", "email"}},
		"variable: null beside": {`query ($by: Key!) { one(by: $by) }`, `{"by": {"id": "a", "email": null}}`, exactly, []string{"by"}},
		"by default: none":      {`query ($by: Key = {}) { some(by: [{id: "b"}]) one(by: {id: "a"}) three: some(by: [$by]) }`, `{}`, literal, nil},
		"list":                  {`query ($by: [Key!]) { some(by: $by) }`, `{"by": [{"id": "a"}, {"email": "b"}]}`, "", nil},
		"list: none":            {`query ($by: [Key!]) { some(by: $by) }`, `{"by": [{"id": "a"}, {}]}`, exactly, []string{"by", "1"}},
		"list: both":            {`query ($by: [Key!]) { some(by: $by) }`, `{"by": [{"id": "a", "email": "b"}]}`, exactly, []string{"by", "0"}},
		"list: null":            {`query ($by: [Key!]) { some(by: $by) }`, `{"by": [{"id": null}]}`, notNull, []string{"by", "0", "id"}},
		"one as a list":         {`query ($by: [Key!]) { some(by: $by) }`, `{"by": {}}`, exactly, []string{"by", "0"}},
		"in a literal list":     {`query ($by: Key!) { some(by: [{id: "a"}, $by]) }`, `{"by": {}}`, exactly, []string{"by"}},
		"deep": {
			`query ($in: In) { deep(in: $in) }`, `{"in": {"keys": [[{"id": "a"}], null, [{"other": {"key": {"id": "a", "email": "b"}}}]]}}`,
			exactly, []string{"in", "keys", "2", "0", "other", "key"},
		},
		"one as lists": {`query ($in: In) { deep(in: $in) }`, `{"in": {"keys": {}}}`, exactly, []string{"in", "keys", "0"}},
		"left out":     {`query ($in: In) { deep(in: $in) }`, `{}`, "", nil},
		"null":         {`query ($in: In) { deep(in: $in) }`, `{"in": {"key": null, "keys": null}}`, "", nil},
		"another type": {`query ($by: Key!) { one(by: $by) }`, `{"by": "a"}`, "must be a Key", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message, field := refusal(t, es, c.document, c.variables)
			if !strings.Contains(message, c.message) || (message == "") != (c.message == "") || !cmp.Equal(field, c.field) {
				t.Errorf("got %q at %q; want %q at %q", message, field, c.message, c.field)
			}
		})
	}
}

// The caller gets the input's path, and the server's own manners have the check.
func TestOneOfIsInstalled(t *testing.T) {
	t.Parallel()
	got, log := askOne(t, newMini(nil), "query ($by: Key!) { word(by: $by) }", `{"by": {"id": "a", "email": "b"}}`)
	want := `Variable "by": give exactly one field of Key, which takes "id" or "email"; 2 were given.`
	if e := got.Errors[0]; e.Message != want || e.Extensions.Code != "BAD_USER_INPUT" || !cmp.Equal(e.Extensions.Field, []string{"by"}) || log != "" {
		t.Errorf("got %+v, log %q; want %q at by", e, log, want)
	}
}

// API-9: each @oneOf input of the SDL, in each argument that takes it, as a
// variable, in a list and as a literal: both, none and null.
func TestOneOfOfTheSDL(t *testing.T) {
	t.Parallel()
	es := generatedSchema()
	types := es.Schema().Types
	for _, def := range types {
		if def.Kind == ast.InputObject && def.Directives.ForName("oneOf") != nil {
			testOneOfAlone(t, es, def)
		}
	}
	for _, root := range []*ast.Definition{es.Schema().Query, es.Schema().Mutation, es.Schema().Subscription} {
		for _, field := range root.Fields {
			for _, arg := range field.Arguments {
				for _, wrong := range wrongOneOfs(types, arg.Type, nil) {
					document, variables := callOf(types, root, field, arg, wrong)
					if message, at := refusal(t, es, document, variables); !strings.Contains(message, "of "+wrong.def.Name) {
						t.Errorf("%s.%s takes %s at %q; got %q at %q", root.Name, field.Name, wrong.value, wrong.path, message, at)
					}
					document = strings.Replace(document, arg.Name+": $"+arg.Name, arg.Name+": "+literal(types, arg.Type, wrong.value), 1)
					if message, _ := refusal(t, es, document, variables); !strings.Contains(message, "OneOf Input Object") && !strings.Contains(message, "must be non-null") {
						t.Errorf("%s.%s takes the literal %s; got %q", root.Name, field.Name, document, message)
					}
				}
			}
		}
	}
}

// testOneOfAlone sends a @oneOf input to no argument, as a variable only.
func testOneOfAlone(t *testing.T, es graphql.ExecutableSchema, def *ast.Definition) {
	t.Helper()
	for _, value := range wrongValues(es.Schema().Types, def) {
		for kind, text := range map[string]string{def.Name: value, "[" + def.Name + "!]": "[" + value + "]"} {
			if message, _ := refusal(t, es, "query ($v: "+kind+") { __typename }", `{"v": `+text+`}`); !strings.Contains(message, "of "+def.Name) && !strings.Contains(message, "never used") {
				t.Errorf("%s takes %s as %s: got %q", def.Name, value, kind, message)
			}
		}
	}
}

// wrongOneOf is a value of an argument with a wrong @oneOf input in it.
type wrongOneOf struct {
	def   *ast.Definition
	path  []string
	value string
}

// wrongOneOfs returns, for each @oneOf input that a type has at any depth, values
// of the type with that input wrong.
func wrongOneOfs(types map[string]*ast.Definition, t *ast.Type, path []string) (all []wrongOneOf) {
	def := types[t.Name()]
	if def.Kind != ast.InputObject || slices.Contains(path, def.Name) || len(path) > 5 {
		return nil
	}
	path = append(slices.Clone(path), def.Name)
	if def.Directives.ForName("oneOf") != nil {
		for _, value := range wrongValues(types, def) {
			all = append(all, wrongOneOf{def, path, inList(t, value)})
		}
	}
	for _, f := range def.Fields {
		for _, inner := range wrongOneOfs(types, f.Type, path) {
			object := map[string]json.RawMessage{}
			if def.Directives.ForName("oneOf") == nil {
				object = required(types, def)
			}
			object[f.Name] = json.RawMessage(inner.value)
			text, _ := json.Marshal(object) //nolint:errchkjson // it holds JSON only
			all = append(all, wrongOneOf{inner.def, inner.path, inList(t, string(text))})
		}
	}
	return all
}

// wrongValues are a @oneOf input with no field, with two, and with a null.
func wrongValues(types map[string]*ast.Definition, def *ast.Definition) []string {
	first, second := def.Fields[0], def.Fields[1]
	return []string{
		`{}`, `{"` + first.Name + `": null}`,
		`{"` + first.Name + `": ` + sample(types, first.Type) + `, "` + second.Name + `": ` + sample(types, second.Type) + `}`,
	}
}

// literal writes a JSON value of a type as GraphQL does.
func literal(types map[string]*ast.Definition, t *ast.Type, value string) string {
	if value == "null" {
		return value
	}
	if t.Elem != nil {
		var items []json.RawMessage
		_ = json.Unmarshal([]byte(value), &items)
		texts := make([]string, len(items))
		for i, item := range items {
			texts[i] = literal(types, t.Elem, string(item))
		}
		return "[" + strings.Join(texts, ", ") + "]"
	}
	def := types[t.NamedType]
	var fields map[string]json.RawMessage
	if def.Kind == ast.InputObject && json.Unmarshal([]byte(value), &fields) == nil {
		texts := make([]string, 0, len(fields))
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			texts = append(texts, name+": "+literal(types, def.Fields.ForName(name).Type, string(fields[name])))
		}
		return "{" + strings.Join(texts, ", ") + "}"
	}
	if def.Kind == ast.Enum {
		return strings.Trim(value, `"`)
	}
	return value
}

func inList(t *ast.Type, value string) string {
	if t.Elem == nil {
		return value
	}
	return "[" + inList(t.Elem, value) + "]"
}

// sample returns some value that fits a type.
func sample(types map[string]*ast.Definition, t *ast.Type) string {
	def := types[t.Name()]
	value := `"x"`
	switch {
	case def.Name == "Int" || def.Name == "Float":
		value = "1"
	case def.Name == "Boolean":
		value = "true"
	case def.Kind == ast.Enum:
		value = `"` + def.EnumValues[0].Name + `"`
	case def.Kind == ast.InputObject:
		object := required(types, def)
		if def.Directives.ForName("oneOf") != nil {
			object = map[string]json.RawMessage{def.Fields[0].Name: json.RawMessage(sample(types, def.Fields[0].Type))}
		}
		text, _ := json.Marshal(object) //nolint:errchkjson // it holds JSON only
		value = string(text)
	}
	return inList(t, value)
}

// required returns samples of the fields that an input must have.
func required(types map[string]*ast.Definition, def *ast.Definition) map[string]json.RawMessage {
	object := map[string]json.RawMessage{}
	for _, f := range def.Fields {
		if f.Type.NonNull && f.DefaultValue == nil {
			object[f.Name] = json.RawMessage(sample(types, f.Type))
		}
	}
	return object
}

// callOf returns an operation that calls a root field, with a value for one argument.
func callOf(types map[string]*ast.Definition, root *ast.Definition, field *ast.FieldDefinition, arg *ast.ArgumentDefinition, wrong wrongOneOf) (document, variables string) {
	values := map[string]json.RawMessage{arg.Name: json.RawMessage(wrong.value)}
	for _, other := range field.Arguments {
		if other != arg && other.Type.NonNull {
			values[other.Name] = json.RawMessage(sample(types, other.Type))
		}
	}
	var declared, passed []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		declared = append(declared, "$"+name+": "+field.Arguments.ForName(name).Type.String())
		passed = append(passed, name+": $"+name)
	}
	document = strings.ToLower(root.Name) + " (" + strings.Join(declared, ", ") + ") { " + field.Name + "(" + strings.Join(passed, ", ") + ")"
	if types[field.Type.Name()].IsCompositeType() {
		document += " { __typename }"
	}
	text, _ := json.Marshal(values) //nolint:errchkjson // it holds JSON only
	return document + " }", string(text)
}
