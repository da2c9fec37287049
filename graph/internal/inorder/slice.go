// Package inorder marshals lists for the generated code, one element after the
// other. gqlgen's own function starts a goroutine for each.
package inorder

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// Marshal marshals a list of n elements. Each sees its place in the field
// context. A panic in one is reported there and leaves null in its place.
func Marshal(ctx context.Context, n int, element func(ctx context.Context, i int) graphql.Marshaler) graphql.Array {
	list := make(graphql.Array, n)
	for i := range n {
		list[i] = one(graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &i}), i, element)
	}
	return list
}

func one(ctx context.Context, i int, element func(ctx context.Context, i int) graphql.Marshaler) (m graphql.Marshaler) {
	defer func() {
		if r := recover(); r != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, r))
			m = graphql.Null
		}
	}()
	return element(ctx, i)
}
