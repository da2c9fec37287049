package httpserver

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/viewer"
)

const mediaEvents = "text/event-stream"

// acceptsEvents reports whether the caller takes Server-Sent Events by name.
func acceptsEvents(accept []string) bool {
	for _, header := range accept {
		if !strings.Contains(header, mediaEvents) { // nearly every request
			continue
		}
		for part := range strings.SplitSeq(header, ",") {
			name, params, err := mime.ParseMediaType(part)
			if err != nil || name != mediaEvents {
				continue
			}
			if q, err := strconv.ParseFloat(params["q"], 64); params["q"] == "" || err == nil && q > 0 {
				return true
			}
		}
	}
	return false
}

// streamEvents runs an operation and answers with events, as graphql-sse's distinct
// connections mode has it: "next" for each answer, "complete" at the end. A
// session that ends gives its error as the last "next". When the server shuts
// down the stream breaks off without "complete", so that the client comes back.
func (t *httpTransport) streamEvents(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, opCtx *graphql.OperationContext) {
	if op := opCtx.Operation.Operation; op == ast.Mutation && r.Method == http.MethodGet {
		refuseOperation(r.Method, op).write(w, r)
		return
	}
	v, remote := viewer.FromContext(r.Context()), remoteKey(r.RemoteAddr)
	if most := t.quotas.takeStream(v, remote, &t.config.Limits); most > 0 {
		writeError(w, r, http.StatusServiceUnavailable, tooManyStreams(most))
		return
	}
	defer t.quotas.giveStream(v, remote)
	if !t.quotas.takeOperation(v, remote, &t.config.Limits) {
		writeError(w, r, http.StatusServiceUnavailable, tooManyOperations(t.config.Limits.AccountOperations))
		return
	}
	defer t.quotas.giveOperation(v, remote)

	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(lifetimeOf(ctx).ctx, cancel)()
	session, end := t.session(ctx, tokenOf(r), v)
	defer end()
	out := newEventStream(session, cancel, w, &t.config.Limits)
	defer out.end()
	t.run(session, exec, opCtx, out)
	if e := errs.Of(context.Cause(session)); e != nil && ctx.Err() == nil {
		out.sendLast(inGraphQL(e))
	}
}

// streamFaults answers what is wrong with a document as an event, since
// browsers' EventSource hides what a refused stream says.
func (t *httpTransport) streamFaults(w http.ResponseWriter, r *http.Request, resp *graphql.Response) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := newEventStream(ctx, cancel, w, &t.config.Limits)
	defer out.end()
	out.fail(resp.Errors)
}

// tokenOf returns the token, or the session, that an authenticated request has, or "".
func tokenOf(r *http.Request) string {
	if session := sessionOf(r); session != "" {
		return session
	}
	token, _ := bearer(r.Header.Get("Authorization"))
	return token
}

func tooManyStreams(most int) *errs.Error {
	return errs.New(errs.RateLimited, "Too many streams are open: close some, or try again later.").Having(errs.Data{Limit: most})
}

func tooManyOperations(most int) *errs.Error {
	return errs.New(errs.RateLimited, "Too many operations are running: end some, or try again later.").Having(errs.Data{Limit: most})
}

// eventStream writes events, each with a deadline of its own. It is a sink.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	ctx     context.Context // of the session: nothing is sent after its end
	cancel  context.CancelFunc
	limits  *Limits

	mu        sync.Mutex
	keepAlive *time.Timer
	ended     bool
}

var _ sink = (*eventStream)(nil)

// newEventStream begins the answer. cancel is called when the client is gone.
func newEventStream(ctx context.Context, cancel context.CancelFunc, w http.ResponseWriter, l *Limits) *eventStream {
	h := w.Header()
	h["Content-Type"] = []string{mediaEvents + "; charset=utf-8"}
	h["Cache-Control"] = noStoreHeader
	h["X-Accel-Buffering"] = []string{"no"} // nginx would hold events back
	h["Connection"] = []string{"close"}     // its deadlines are no other request's
	s := &eventStream{w: w, control: http.NewResponseController(w), ctx: ctx, cancel: cancel, limits: l}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.control.SetReadDeadline(time.Time{}) // of a body that no one read; see boundBodies
	s.keepAlive = time.AfterFunc(l.KeepAlive, s.sendComment)
	w.WriteHeader(http.StatusOK)
	s.write([]byte(":\n\n"))
	return s
}

// write sends bytes; s.mu is held.
func (s *eventStream) write(b []byte) bool {
	if s.ended {
		return false
	}
	// A writer without a socket refuses the deadline.
	_ = s.control.SetWriteDeadline(clock.System{}.Now().Add(s.limits.WriteTimeout))
	_, err := s.w.Write(b)
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		s.ended = true
		s.cancel()
	}
	return err == nil
}

// sendComment keeps proxies from closing a quiet connection, and finds dead ones.
func (s *eventStream) sendComment() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.write([]byte(":\n\n")) {
		s.keepAlive.Reset(s.limits.KeepAlive)
	}
}

func (s *eventStream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.keepAlive.Stop()
}

func (s *eventStream) next(resp *graphql.Response) bool {
	return s.ctx.Err() == nil && s.send(resp, false)
}

func (s *eventStream) fail(errors gqlerror.List) {
	if s.ctx.Err() == nil {
		s.sendLast(errors)
	}
}

func (s *eventStream) complete() {
	if s.ctx.Err() == nil {
		s.send(nil, true)
	}
}

// sendLast sends errors and the end, whether or not the session still lasts.
func (s *eventStream) sendLast(errors gqlerror.List) {
	s.send(&graphql.Response{Errors: errors}, true)
}

// send sends an answer as "next", unless it is nil, and "complete" after the
// last. That has an empty data line, without which browsers would not report it.
func (s *eventStream) send(resp *graphql.Response, last bool) bool {
	buf := takeBuffer()
	defer giveBuffer(buf)
	b := buf.AvailableBuffer()
	if resp != nil {
		b = append(b, "event: next\ndata: "...)
		from := len(b)
		b = appendEnvelope(b, resp)
		oneLine(b[from:])
		b = append(b, "\n\n"...)
	}
	if last {
		b = append(b, "event: complete\ndata:\n\n"...)
	}
	buf.Write(b) // so that the buffer that has grown goes back
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(b)
}

// oneLine puts spaces for line ends, which in JSON stand between values only.
func oneLine(text []byte) {
	for _, end := range []byte("\r\n") {
		for i := bytes.IndexByte(text, end); i >= 0; i = bytes.IndexByte(text, end) {
			text[i] = ' '
		}
	}
}
