package httpserver

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/errs"
)

// httpTransport carries one query or mutation over a plain POST, or one query
// over GET, as the GraphQL-over-HTTP specification has it. It is the last
// transport, so it also answers what no transport serves.
type httpTransport struct {
	maxBody int64
	timeout time.Duration
}

var _ graphql.Transport = (*httpTransport)(nil)

// Supports takes every request that no earlier transport took.
func (t *httpTransport) Supports(*http.Request) bool { return true }

// Do answers one request.
func (t *httpTransport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	media, ok := negotiate(r.Header["Accept"])
	if !ok {
		fail(w, r, http.StatusNotAcceptable, errs.New(errs.BadUserInput,
			"The answer comes as application/json or application/graphql-response+json: accept one of them."))
		return
	}
	params, refused := t.read(w, r)
	if refused != nil {
		refused.write(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), t.timeout)
	defer cancel()
	opCtx, faults := exec.CreateOperationContext(ctx, params)
	if faults != nil {
		respond(w, media, exec.DispatchError(graphql.WithOperationContext(ctx, opCtx), firstFaults(faults)))
		return
	}
	if refused := refuseOperation(r.Method, opCtx.Operation.Operation); refused != nil {
		refused.write(w, r)
		return
	}
	next, ctx := exec.DispatchOperation(ctx, opCtx)
	if resp := next(ctx); resp != nil {
		respond(w, media, resp)
		return
	}
	fail(w, r, http.StatusServiceUnavailable, errs.New(errs.Unavailable, "The request was stopped before it was answered."))
}

// maxFaults bounds how many faults of one document are told at once.
const maxFaults = 20

func firstFaults[T any](faults []T) []T { return faults[:min(len(faults), maxFaults)] }

// refuseOperation says which operations a plain request cannot carry.
func refuseOperation(method string, op ast.Operation) *refusal {
	switch {
	case op == ast.Subscription:
		return refuse(http.StatusBadRequest,
			"A subscription does not run over a plain request: open a WebSocket with the subprotocol graphql-transport-ws.")
	case op == ast.Mutation && method == http.MethodGet:
		r := refuse(http.StatusMethodNotAllowed, "A mutation does not run over GET: send it by POST.")
		r.allow = http.MethodPost
		return r
	}
	return nil
}
