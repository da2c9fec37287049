package graph

import (
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph/generated"
)

// Schema returns the executable schema on the services. It fails when a root
// field does not say who may call it, a type not who may read it, or a visitor could reach a type that is
// not meant for them.
func Schema(services Services, with ...Feature) (graphql.ExecutableSchema, error) {
	config := generated.Config{Schema: PublicSchema(with...), Resolvers: &Resolver{Services: services}}
	config.Directives.Access = Access
	setPrices(&config.Complexity)
	schema := generated.NewExecutableSchema(config)
	return positioned{schema, services.Events}, errors.Join(CheckAccess(schema.Schema()), CheckScopes(schema.Schema()), CheckVisible(schema.Schema()))
}

// SDL returns the public contract as text.
func SDL(with ...Feature) string { return oneOfSDL + printSDL(PublicSchema(with...)) }

// PublicSchema returns the public contract, to be read only.
func PublicSchema(with ...Feature) *ast.Schema { return servedSchema(fullSchema(), with) }

// fullSchema is the schema with all features.
func fullSchema() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }
