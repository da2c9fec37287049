package httpserver

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/errs"
)

// httpTransport carries one operation over a plain POST, or one query over
// GET, as the GraphQL-over-HTTP specification has it; and over either what
// answers with Server-Sent Events, if the caller takes them. It is the last
// transport, so it also answers what no transport serves.
type httpTransport struct {
	*streams
	uploads bool // the schema has fields that take files
}

var _ graphql.Transport = (*httpTransport)(nil)

// Supports takes every request that no earlier transport took.
func (t *httpTransport) Supports(*http.Request) bool { return true }

// Do answers one request.
func (t *httpTransport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	media, asJSON := negotiate(r.Header["Accept"])
	asEvents := acceptsEvents(r.Header["Accept"])
	if !asJSON && !asEvents {
		fail(w, r, http.StatusNotAcceptable, errs.New(errs.BadUserInput,
			"The answer comes as application/json, application/graphql-response+json or text/event-stream: accept one of them."))
		return
	}
	in, refused := t.read(w, r)
	if refused != nil {
		refused.write(w, r)
		return
	}
	defer in.close()
	params, refused := t.documents.params(in, r.Header)
	if refused != nil {
		refused.write(w, r)
		return
	}
	if asEvents {
		exec = t.executor(exec)
	}
	opCtx, faults := exec.CreateOperationContext(r.Context(), params)
	switch {
	case faults != nil && asJSON:
		respond(w, media, t.faults(r.Context(), exec, opCtx, faults))
	case faults != nil:
		t.streamFaults(w, r, t.faults(r.Context(), exec, opCtx, faults))
	case asEvents && (!asJSON || opCtx.Operation.Operation == ast.Subscription):
		t.stream(w, r, exec, opCtx)
	default:
		t.answer(w, r, media, exec, opCtx)
	}
}

// answer runs a query or mutation and answers once.
func (t *httpTransport) answer(w http.ResponseWriter, r *http.Request, media string, exec graphql.GraphExecutor, opCtx *graphql.OperationContext) {
	if refused := refuseOperation(r.Method, opCtx.Operation.Operation); refused != nil {
		refused.write(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), t.config.Timeout)
	defer cancel()
	next, ctx := exec.DispatchOperation(ctx, opCtx)
	if resp := next(ctx); resp != nil {
		respond(w, media, resp)
		return
	}
	fail(w, r, http.StatusServiceUnavailable, stopped())
}

func stopped() *errs.Error {
	return errs.New(errs.Unavailable, "The request was stopped before it was answered.")
}

// maxFaults bounds how many faults of one document are told at once.
const maxFaults = 20

// faults presents what is wrong with a document or its variables.
func (s *streams) faults(ctx context.Context, exec graphql.GraphExecutor, opCtx *graphql.OperationContext, faults gqlerror.List) *graphql.Response {
	return exec.DispatchError(graphql.WithOperationContext(ctx, opCtx), faults[:min(len(faults), maxFaults)])
}

// refuseOperation says which operations a plain request cannot carry.
func refuseOperation(method string, op ast.Operation) *refusal {
	if op == ast.Subscription {
		return refuse(http.StatusBadRequest, "A subscription does not run over a plain request: open a WebSocket "+
			"with the subprotocol graphql-transport-ws, or accept text/event-stream.")
	}
	if op == ast.Mutation && method == http.MethodGet {
		r := refuse(http.StatusMethodNotAllowed, "A mutation does not run over GET: send it by POST.")
		r.allow = http.MethodPost
		return r
	}
	return nil
}
