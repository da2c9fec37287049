package graph

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph/model"
	"parley/internal/errs"
)

// Feature is a part of the schema that is served only where it is asked for.
type Feature string

// Federation makes Parley a subgraph of an Apollo Federation (API-24).
const Federation Feature = "federation"

// federationTypes are the types that only a gateway uses.
var federationTypes = []string{"_Any", "_Service", "_Entity"}

// servedSchema returns the schema that callers see: without @defer, which no
// transport carries, and without what belongs to features that are off. The
// types that differ are copies; the schema that was given stays as it is.
func servedSchema(full *ast.Schema, with []Feature) *ast.Schema {
	served := *full
	served.Directives = maps.Clone(full.Directives)
	delete(served.Directives, "defer")
	if slices.Contains(with, Federation) {
		return &served
	}
	delete(served.Directives, "key")
	return editTypes(&served, func(def *ast.Definition) {
		def.Directives = without(def.Directives, func(d *ast.Directive) bool { return d.Name == "key" })
	})
}

// subgraphSDL returns the schema as a gateway composes it: with links to
// Federation's directives, and without the fields that the gateway itself asks. It
// has no @oneOf, which compositions do not know: it is checked when an input comes.
func subgraphSDL(full *ast.Schema) string {
	served := servedSchema(full, []Feature{Federation})
	delete(served.Directives, "key") // the link defines it
	composed := editTypes(served, func(def *ast.Definition) {
		def.Directives = without(def.Directives, func(d *ast.Directive) bool { return d.Name == "oneOf" })
		if def.Name == "PageInfo" { // other subgraphs have it too
			def.Directives = append(slices.Clone(def.Directives), &ast.Directive{Name: "shareable"})
		}
	})
	return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])` + "\n\n" + printSDL(composed)
}

// editTypes returns the schema without the federation's own types and fields, and
// with each type as edit changes it.
func editTypes(schema *ast.Schema, edit func(*ast.Definition)) *ast.Schema {
	edited := *schema
	edited.Types = make(map[string]*ast.Definition, len(schema.Types))
	for name, def := range schema.Types {
		if slices.Contains(federationTypes, name) {
			continue
		}
		changed := *def
		changed.Fields = without(def.Fields, func(f *ast.FieldDefinition) bool { return slices.Contains(federationTypes, f.Type.Name()) })
		edit(&changed)
		edited.Types[name] = &changed
	}
	edited.Query, edited.Mutation, edited.Subscription = edited.Types["Query"], edited.Types["Mutation"], edited.Types["Subscription"]
	edited.PossibleTypes = pointInto(edited.Types, schema.PossibleTypes)
	edited.Implements = pointInto(edited.Types, schema.Implements)
	return &edited
}

// pointInto returns lists of types as lists of the types of the same names.
func pointInto(types map[string]*ast.Definition, lists map[string][]*ast.Definition) map[string][]*ast.Definition {
	all := make(map[string][]*ast.Definition, len(lists))
	for name, list := range lists {
		for _, def := range list {
			if same := types[def.Name]; same != nil && types[name] != nil {
				all[name] = append(all[name], same)
			}
		}
	}
	return all
}

func without[L ~[]E, E any](list L, unwanted func(E) bool) L {
	return slices.DeleteFunc(slices.Clone(list), unwanted)
}

// Subgraph answers Query._service.
func (r *Resolver) Subgraph(context.Context) (model.Subgraph, error) {
	return model.Subgraph{SDL: subgraphSDL(fullSchema())}, nil
}

// Entities answers Query._entities.
func (r *Resolver) Entities(ctx context.Context, representations []map[string]any) ([]model.Node, error) {
	if len(representations) > maxNodes {
		return nil, errs.Exceeds(maxNodes, "_entities accepts at most %d representations.", maxNodes).On("representations")
	}
	names, ids := make([]string, len(representations)), make([]string, len(representations))
	for i, representation := range representations {
		typeName, named := representation["__typename"].(string)
		nodeID, keyed := representation["id"].(string)
		if !named || !keyed {
			return nil, errs.New(errs.BadUserInput, "A representation must have a __typename and an id, both strings.").On("representations", strconv.Itoa(i))
		}
		names[i], ids[i] = typeName, nodeID
	}
	list, err := r.loadNodes(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i] != nil && model.TypeName(list[i]) != names[i] {
			list[i] = nil
		}
	}
	return list, nil
}
