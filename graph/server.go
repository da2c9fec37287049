package graph

import (
	"errors"

	"github.com/99designs/gqlgen/graphql"

	"parley/graph/generated"
)

// Schema returns the executable schema on the services. It fails when a root
// field does not say who may call it, or a visitor could reach a type that is
// not meant for them.
func Schema(services Services) (graphql.ExecutableSchema, error) {
	config := generated.Config{Resolvers: &Resolver{Services: services}}
	config.Directives.Access = Access
	price(&config.Complexity)
	schema := generated.NewExecutableSchema(config)
	return schema, errors.Join(CheckAccess(schema.Schema()), CheckVisible(schema.Schema()))
}

// SDL returns the public contract as text.
func SDL() string { return printSDL(generated.NewExecutableSchema(generated.Config{}).Schema()) }
