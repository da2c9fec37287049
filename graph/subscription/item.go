package subscription

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// Answer answers a subscription for one item, as if its stream had yielded it. No stream is
// opened.
func Answer(ctx context.Context, exec graphql.GraphExecutor, opCtx *graphql.OperationContext, item any) *graphql.Response {
	s := &slot{perViewer: selectsPerViewer(opCtx.Operation.SelectionSet), item: item, rendering: true}
	handler, ctx := exec.DispatchOperation(context.WithValue(ctx, slotKey{}, s), opCtx)
	return handler(ctx)
}
