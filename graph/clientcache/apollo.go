package clientcache

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// PossibleTypes returns the JSON that Apollo Client's InMemoryCache takes as
// possibleTypes.
func PossibleTypes(schema *ast.Schema) string {
	types := map[string][]string{}
	for _, def := range abstracts(schema) {
		types[def.Name] = possible(schema, def)
	}
	text, err := json.MarshalIndent(types, "", "  ")
	if err != nil {
		panic(err) // strings only
	}
	return string(text) + "\n"
}

// apolloHead is the part of the module that does not depend on the schema.
// Pages that are read by `nodes` are joined like those that are read by `edges`.
const apolloHead = `// @ts-nocheck
// Type policies of Parley's schema for Apollo Client 4, printed by ` + "`parley schema --type-policies`" + `.
// It is an ES module, valid as typePolicies.js and as typePolicies.ts; in TypeScript say ` + "`typePolicies as TypePolicies`" + `:
//
//   new InMemoryCache({ possibleTypes, typePolicies })
//
// Objects with an id are entries of their own, which needs no policy; select ` + "`id`" + ` wherever there is one.
import { relayStylePagination } from "@apollo/client/utilities";

// A list that is read page by page, by edges or by nodes. keyArgs name the list.
const pages = (...keyArgs) => {
  const edges = relayStylePagination(keyArgs.length ? keyArgs : false);
  return {
    ...edges,
    merge(existing, incoming, options) {
      const merged = edges.merge(existing, incoming, options);
      if (!incoming?.nodes) return merged;
      const known = existing?.nodes ?? [];
      const fresh = incoming.nodes.filter((node) => !known.some((other) => other?.__ref !== undefined && other.__ref === node?.__ref));
      const { after, before } = options.args ?? {};
      return { ...merged, nodes: after ? [...known, ...fresh] : before ? [...fresh, ...known] : incoming.nodes };
    },
  };
};

// A part of the object that it was selected in: what is selected at several places is united.
const part = { keyFields: false, merge: true };

// A list that is replaced as a whole.
const whole = { merge: false };

// An object that may be in the cache already, from a list.
const byId = (__typename) => ({
  read: (existing, { args, toReference }) => (existing === undefined ? toReference({ __typename, id: args.id }) : existing),
});

export const typePolicies = {
`

// TypePolicies returns an ES module with the typePolicies of Apollo Client 4:
// which objects are parts of others, and how the pages of a list are joined.
func TypePolicies(schema *ast.Schema) string {
	var b strings.Builder
	b.WriteString(apolloHead)
	for _, def := range append([]*ast.Definition{schema.Query}, objects(schema)...) {
		if policy := typePolicy(schema, def); policy != "" {
			fmt.Fprintf(&b, "  %s: %s,\n", def.Name, policy)
		}
	}
	b.WriteString("};\n")
	return b.String()
}

func typePolicy(schema *ast.Schema, def *ast.Definition) string {
	if strings.HasSuffix(def.Name, "Payload") { // seen once, then gone from the cache
		return "part"
	}
	var fields strings.Builder
	for _, f := range ownFields(def) {
		if policy := fieldPolicy(schema, def, f); policy != "" {
			fmt.Fprintf(&fields, "      %s: %s,\n", f.Name, policy)
		}
	}
	isPart := def != schema.Query && !keyed(def)
	switch {
	case fields.Len() == 0 && isPart:
		return "part"
	case fields.Len() == 0:
		return ""
	case isPart:
		return "{\n    ...part,\n    fields: {\n" + fields.String() + "    },\n  }"
	}
	return "{\n    fields: {\n" + fields.String() + "    },\n  }"
}

func fieldPolicy(schema *ast.Schema, def *ast.Definition, f *ast.FieldDefinition) string {
	switch {
	case isConnection(schema, f.Type):
		return "pages(" + quoted(filterArguments(f)) + ")"
	case isObjectList(schema, f.Type):
		return "whole"
	case def == schema.Query && isGetter(schema, f):
		return "byId(" + quoted([]string{f.Type.Name()}) + ")"
	}
	return ""
}

// isGetter reports whether a field of Query returns the object of an id.
func isGetter(schema *ast.Schema, f *ast.FieldDefinition) bool {
	def := schema.Types[f.Type.Name()]
	return len(f.Arguments) == 1 && f.Arguments[0].Name == "id" && f.Arguments[0].Type.Name() == "ID" &&
		def.Kind == ast.Object && keyed(def)
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = `"` + name + `"`
	}
	return strings.Join(list, ", ")
}
