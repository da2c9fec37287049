package httpserver

import (
	"context"
	"maps"
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
		writeError(w, r, http.StatusNotAcceptable, errs.New(errs.BadUserInput,
			"The response can be application/json, application/graphql-response+json or text/event-stream: accept one of them."))
		return
	}
	in, refused := t.readInput(w, r)
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
	m := meterOf(r.Context())
	switch {
	case faults != nil && m.wait > 0:
		t.config.failRateLimited(w, r, m.wait)
	case faults != nil && asJSON:
		respond(w, media, t.presentFaults(r.Context(), exec, opCtx, faults))
	case faults != nil:
		t.streamFaults(w, r, t.presentFaults(r.Context(), exec, opCtx, faults))
	case asEvents && (!asJSON || opCtx.Operation.Operation == ast.Subscription):
		t.streamEvents(w, r, exec, opCtx)
	default:
		t.answerOnce(w, r, media, exec, opCtx)
	}
}

// answerOnce runs a query or mutation and answers once.
func (t *httpTransport) answerOnce(w http.ResponseWriter, r *http.Request, media string, exec graphql.GraphExecutor, opCtx *graphql.OperationContext) {
	if refused := refuseOperation(r.Method, opCtx.Operation.Operation); refused != nil {
		refused.write(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), t.config.Timeout)
	defer cancel()
	next, ctx := exec.DispatchOperation(ctx, opCtx)
	if resp := next(ctx); resp != nil {
		respond(w, media, withCost(r, resp))
		return
	}
	writeError(w, r, http.StatusServiceUnavailable, stopped())
}

// withCost adds extensions.cost, if the request asks for it.
func withCost(r *http.Request, resp *graphql.Response) *graphql.Response {
	if !asksForCost(r.Header.Get(costHeader)) {
		return resp
	}
	more := *resp
	more.Extensions = maps.Clone(resp.Extensions)
	if more.Extensions == nil {
		more.Extensions = map[string]any{}
	}
	more.Extensions["cost"] = meterOf(r.Context()).report()
	return &more
}

func stopped() *errs.Error {
	return errs.New(errs.Unavailable, "The request was stopped before it was finished.")
}

// maxFaults bounds how many faults of one document are reported at once.
const maxFaults = 20

// presentFaults presents what is wrong with a document or its variables.
func (s *streams) presentFaults(ctx context.Context, exec graphql.GraphExecutor, opCtx *graphql.OperationContext, faults gqlerror.List) *graphql.Response {
	return exec.DispatchError(graphql.WithOperationContext(ctx, opCtx), faults[:min(len(faults), maxFaults)])
}

// refuseOperation says which operations a plain request cannot carry.
func refuseOperation(method string, op ast.Operation) *refusal {
	if op == ast.Subscription {
		return refuse(http.StatusBadRequest, "A subscription cannot run over a plain request: open a WebSocket "+
			"with the subprotocol graphql-transport-ws, or accept text/event-stream.")
	}
	if op == ast.Mutation && method == http.MethodGet {
		r := refuse(http.StatusMethodNotAllowed, "A mutation cannot run over GET: send it by POST.")
		r.allow = http.MethodPost
		return r
	}
	return nil
}
