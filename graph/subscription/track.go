package subscription

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// tracked is an executor that reports which subscriptions run.
type tracked struct {
	graphql.GraphExecutor

	begin func(ctx context.Context) (end func())
}

// Track calls begin for each subscription that begins, and what it returns when the
// subscription ended.
func Track(inner graphql.GraphExecutor, begin func(ctx context.Context) (end func())) graphql.GraphExecutor {
	return &tracked{inner, begin}
}

// DispatchOperation begins an operation.
func (t *tracked) DispatchOperation(ctx context.Context, opCtx *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	if opCtx.Operation.Operation == ast.Subscription {
		context.AfterFunc(ctx, t.begin(ctx))
	}
	return t.GraphExecutor.DispatchOperation(ctx, opCtx)
}
