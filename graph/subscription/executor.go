package subscription

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/viewer"
)

// renderTime bounds the answer to one item.
const renderTime = 30 * time.Second

// Executor runs operations as the executor that it wraps, but for subscriptions.
type Executor struct {
	graphql.GraphExecutor
	answers *answers
}

// Share returns an executor for the transports that stream.
func Share(inner graphql.GraphExecutor) graphql.GraphExecutor {
	return &Executor{GraphExecutor: inner, answers: newAnswers()}
}

// DispatchOperation begins an operation. The handler of a subscription answers
// one item at each call, and nil at the end; an answer with errors and without
// data is the last one.
func (x *Executor) DispatchOperation(ctx context.Context, opCtx *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	if opCtx.Operation.Operation != ast.Subscription {
		return x.GraphExecutor.DispatchOperation(ctx, opCtx)
	}
	s := &slot{perViewer: selectsPerViewer(opCtx.Operation.SelectionSet)}
	handler, inner := x.GraphExecutor.DispatchOperation(context.WithValue(ctx, slotKey{}, s), opCtx)
	if s.source == nil {
		return handler, inner
	}
	run := &run{executor: x, opCtx: opCtx, slot: s, live: viewer.LiveFrom(ctx), path: rootPath(opCtx)}
	if v, err := run.live.At(ctx, 0); err == nil {
		run.joinGroup(v)
	}
	context.AfterFunc(ctx, run.close)
	return run.next, inner
}

// run is a subscription that runs.
type run struct {
	executor *Executor
	opCtx    *graphql.OperationContext
	slot     *slot
	live     viewer.Live
	path     ast.Path
	viewer   *viewer.Viewer
	group    *group

	mu     sync.Mutex
	closed bool
}

// next waits for the next item and answers it.
func (r *run) next(ctx context.Context) *graphql.Response {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	resp := r.answerNext(ctx)
	if resp == nil || resp.Data == nil {
		r.closeItems()
	}
	return resp
}

// close ends the stream when the subscriber went away; a call of next that
// waits then ends by itself.
func (r *run) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closeItems()
}

func (r *run) closeItems() {
	if r.closed {
		return
	}
	r.closed = true
	r.slot.source.Close()
	r.executor.answers.leaveGroup(r.group)
}

func (r *run) answerNext(ctx context.Context) *graphql.Response {
	item, err := r.slot.source.next(ctx)
	if err != nil {
		return r.answerError(ctx, err)
	}
	v, err := r.live.At(ctx, 0)
	if err != nil {
		return r.answerError(ctx, err)
	}
	if v != r.viewer {
		r.joinGroup(v)
	}
	return r.group.answerItem(item, func() *graphql.Response { return r.renderItem(ctx, item) })
}

// joinGroup goes to the group of those who get the same answers.
func (r *run) joinGroup(v *viewer.Viewer) {
	r.executor.answers.leaveGroup(r.group)
	r.viewer, r.group = v, r.executor.answers.joinGroup(keyOf(r.opCtx, v, r.slot.perViewer))
}

// renderItem has gqlgen answer one item. Others may get the answer too, so it does
// not end with the subscriber for whom it is made.
func (r *run) renderItem(ctx context.Context, item any) *graphql.Response {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renderTime)
	defer cancel()
	ctx = viewer.NewContext(ctx, r.viewer)
	ctx = context.WithValue(ctx, slotKey{}, &slot{perViewer: r.slot.perViewer, item: item, rendering: true})
	handler, ctx := r.executor.GraphExecutor.DispatchOperation(ctx, r.opCtx)
	return handler(ctx)
}

// answerError reports why the stream ended; nil when its subscriber went away.
func (r *run) answerError(ctx context.Context, err error) *graphql.Response {
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || err == context.Cause(ctx)) { //nolint:errorlint // the very cause
		return nil
	}
	ctx = graphql.WithOperationContext(ctx, r.opCtx)
	return r.executor.DispatchError(ctx, gqlerror.List{gqlerror.WrapPath(r.path, err)})
}

// rootPath is the path of the subscription's field.
func rootPath(opCtx *graphql.OperationContext) ast.Path {
	for _, f := range graphql.CollectFields(opCtx, opCtx.Operation.SelectionSet, []string{"Subscription"}) {
		return ast.Path{ast.PathName(f.Alias)}
	}
	return nil
}
