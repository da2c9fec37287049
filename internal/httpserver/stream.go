package httpserver

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/viewer"
)

// streams is what the transports share.
type streams struct {
	config    *Config
	gate      *gate
	documents *documents
	origins   *origins
	quotas    quotas

	wrap    sync.Once
	wrapped graphql.GraphExecutor
}

func newStreams(c *Config) *streams {
	return &streams{config: c, gate: newGate(c), documents: newDocuments(c.TrustedDocuments), origins: newOrigins(c)}
}

// executor returns the executor of streaming transports: exec, which is always
// the same, wrapped once.
func (s *streams) executor(exec graphql.GraphExecutor) graphql.GraphExecutor {
	s.wrap.Do(func() {
		s.wrapped = exec
		if s.config.Streams != nil {
			s.wrapped = s.config.Streams(exec)
		}
	})
	return s.wrapped
}

// session returns a context that has the viewer, and follows the token if
// there is one.
func (s *streams) session(ctx context.Context, token string, v *viewer.Viewer) (session context.Context, end func()) {
	ctx = viewer.NewContext(ctx, v)
	if s.config.Sessions == nil || token == "" {
		return ctx, func() {}
	}
	return s.config.Sessions.Begin(ctx, token, v)
}

// sink is where an operation's answers go.
type sink interface {
	// next sends one answer. It reports false when no one takes any longer.
	next(*graphql.Response) bool
	// fail ends the operation with errors, complete without.
	fail(gqlerror.List)
	complete()
}

// run runs an operation to its end, or until its context or the sink ends.
func (s *streams) run(ctx context.Context, exec graphql.GraphExecutor, opCtx *graphql.OperationContext, to sink) {
	once := opCtx.Operation.Operation != ast.Subscription
	if once {
		limited, cancel := context.WithTimeout(ctx, s.config.Timeout)
		defer cancel()
		ctx = limited
	}
	next, ctx := exec.DispatchOperation(ctx, opCtx)
	for {
		resp := next(ctx)
		switch {
		case resp == nil && once:
			to.fail(inGraphQL(stopped()))
			return
		case resp == nil:
			to.complete()
			return
		case resp.Data == nil && len(resp.Errors) > 0:
			to.fail(resp.Errors)
			return
		}
		if !to.next(resp) {
			return
		}
		if once {
			to.complete()
			return
		}
	}
}
