package clientcache

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

const graphcacheHead = `// @ts-nocheck
// What urql's graphcache needs to know of Parley's schema, printed by ` + "`parley schema --graphcache-keys`" + `.
// It is an ES module, valid as graphcache.js and as graphcache.ts:
//
//   cacheExchange({ schema, keys })
//   cacheExchange({ schema, keys, resolvers: pages })  // if a list shall grow by each page that is read
import { relayPagination } from "@urql/exchange-graphcache/extras";

// Types without an id: their objects are parts of those that they were selected in.
export const keys = {
`

// GraphcacheKeys returns an ES module with the keys of urql's graphcache, the
// resolvers that join the pages of lists, and the schema as graphcache takes it.
func GraphcacheKeys(schema *ast.Schema) string {
	var b strings.Builder
	b.WriteString(graphcacheHead)
	for _, def := range objects(schema) {
		if !keyed(def) {
			fmt.Fprintf(&b, "  %s: () => null,\n", def.Name)
		}
	}
	b.WriteString("};\n\n// The lists that are read page by page.\nexport const pages = {\n")
	for _, def := range append([]*ast.Definition{schema.Query}, objects(schema)...) {
		var lists []string
		for _, f := range ownFields(def) {
			if isConnection(schema, f.Type) {
				lists = append(lists, f.Name+": relayPagination()")
			}
		}
		if len(lists) > 0 {
			fmt.Fprintf(&b, "  %s: { %s },\n", def.Name, strings.Join(lists, ", "))
		}
	}
	b.WriteString("};\n\n// The schema, as much of it as graphcache reads.\nexport const schema = ")
	b.WriteString(introspection(schema))
	b.WriteString(";\n")
	return b.String()
}

// The JSON of an introspection, without what graphcache does not read:
// descriptions, enums, inputs, and which scalar it is.
type (
	minimalSchema struct {
		QueryType        *typeRef      `json:"queryType"`
		MutationType     *typeRef      `json:"mutationType"`
		SubscriptionType *typeRef      `json:"subscriptionType"`
		Types            []minimalType `json:"types"`
	}
	minimalType struct {
		Kind          string         `json:"kind"`
		Name          string         `json:"name"`
		Fields        []minimalField `json:"fields,omitempty"`
		Interfaces    []typeRef      `json:"interfaces,omitempty"`
		PossibleTypes []typeRef      `json:"possibleTypes,omitempty"`
	}
	minimalField struct {
		Name string          `json:"name"`
		Args []minimalField  `json:"args"`
		Type json.RawMessage `json:"type"`
	}
	typeRef struct {
		Kind string `json:"kind,omitempty"`
		Name string `json:"name"`
	}
)

// anyScalar stands for every scalar, enum and input.
const anyScalar = `{"kind":"SCALAR","name":"Any"}`

func introspection(schema *ast.Schema) string {
	s := minimalSchema{QueryType: rootRef(schema.Query), MutationType: rootRef(schema.Mutation), SubscriptionType: rootRef(schema.Subscription)}
	for _, def := range definitions(schema, (*ast.Definition).IsCompositeType) {
		s.Types = append(s.Types, minimal(schema, def))
	}
	s.Types = append(s.Types, minimalType{Kind: "SCALAR", Name: "Any"})
	text, err := json.Marshal(map[string]any{"__schema": s})
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

func rootRef(def *ast.Definition) *typeRef {
	if def == nil {
		return nil
	}
	return &typeRef{Name: def.Name}
}

func minimal(schema *ast.Schema, def *ast.Definition) minimalType {
	t := minimalType{Kind: string(def.Kind), Name: def.Name}
	for _, f := range ownFields(def) {
		field := minimalField{Name: f.Name, Args: []minimalField{}, Type: typeOf(schema, f.Type)}
		for _, a := range f.Arguments {
			field.Args = append(field.Args, minimalField{Name: a.Name, Args: []minimalField{}, Type: json.RawMessage(anyScalar)})
		}
		t.Fields = append(t.Fields, field)
	}
	for _, name := range def.Interfaces {
		t.Interfaces = append(t.Interfaces, typeRef{"INTERFACE", name})
	}
	if def.IsAbstractType() {
		for _, name := range possible(schema, def) {
			t.PossibleTypes = append(t.PossibleTypes, typeRef{"OBJECT", name})
		}
	}
	return t
}

func typeOf(schema *ast.Schema, t *ast.Type) json.RawMessage {
	switch {
	case t.NonNull:
		nullable := *t
		nullable.NonNull = false
		return json.RawMessage(`{"kind":"NON_NULL","ofType":` + string(typeOf(schema, &nullable)) + `}`)
	case t.Elem != nil:
		return json.RawMessage(`{"kind":"LIST","ofType":` + string(typeOf(schema, t.Elem)) + `}`)
	}
	if def := schema.Types[t.Name()]; def.IsCompositeType() {
		return json.RawMessage(fmt.Sprintf(`{"kind":%q,"name":%q}`, def.Kind, def.Name))
	}
	return json.RawMessage(anyScalar)
}
