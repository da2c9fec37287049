package httpserver

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/clock"
	"parley/internal/errs"
)

// asGraphQL is the status of a refusal that clients take for GraphQL's own
// answer: as the media type has it.
const asGraphQL = 0

// refusal is a request that GraphQL never gets to see.
type refusal struct {
	status int // or asGraphQL
	reason *errs.Error
	allow  string // for the header Allow, with 405
}

// refuse refuses the caller's fault; reason says what would be right.
func refuse(status int, reason string) *refusal {
	return &refusal{status: status, reason: errs.New(errs.BadUserInput, "%s", reason)}
}

func (f *refusal) write(w http.ResponseWriter, r *http.Request) {
	if f.allow != "" {
		w.Header().Set("Allow", f.allow)
	}
	if f.status != asGraphQL {
		writeError(w, r, f.status, f.reason)
		return
	}
	media, ok := negotiate(r.Header["Accept"])
	if !ok {
		media = mediaJSON
	}
	respond(w, media, &graphql.Response{Errors: f.errors()})
}

// errors is the refusal in GraphQL's shape.
func (f *refusal) errors() gqlerror.List { return inGraphQL(f.reason) }

// readInput takes the operation out of the request, or says why there is none.
func (t *httpTransport) readInput(w http.ResponseWriter, r *http.Request) (*input, *refusal) {
	if r.Header.Get("Upgrade") != "" {
		return nil, refuse(http.StatusBadRequest, "This connection can only be upgraded to a WebSocket.")
	}
	switch r.Method {
	case http.MethodPost:
		return t.readPost(w, r)
	case http.MethodGet:
		return readGet(r)
	}
	refused := refuse(http.StatusMethodNotAllowed, "GraphQL is served over POST and GET.")
	refused.allow = "GET, POST"
	return nil, refused
}

func (t *httpTransport) readPost(w http.ResponseWriter, r *http.Request) (*input, *refusal) {
	if t.uploads && isMultipart(r.Header.Get("Content-Type")) {
		return t.readMultipart(w, r)
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		w.Header().Set("Accept-Post", mediaJSON)
		return nil, refuse(http.StatusUnsupportedMediaType,
			"The body must be JSON: send it with the header \"Content-Type: application/json\".")
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, refuse(http.StatusUnsupportedMediaType, "The body must not be compressed: send it without Content-Encoding.")
	}
	body := takeBuffer()
	defer giveBuffer(body)
	if refused := t.readBody(w, r, body); refused != nil {
		return nil, refused
	}
	return decodeInput(body.Bytes())
}

// maxPooledBuffer keeps a rare large body from staying in memory.
const maxPooledBuffer = 64 << 10

var buffers sync.Pool // of *bytes.Buffer

// takeBuffer returns an empty buffer, for one who gives it back.
func takeBuffer() *bytes.Buffer {
	if b, pooled := buffers.Get().(*bytes.Buffer); pooled {
		b.Reset()
		return b
	}
	return new(bytes.Buffer)
}

func giveBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxPooledBuffer {
		buffers.Put(b)
	}
}

// readBody reads a body that is bounded in size and time into buf.
func (t *httpTransport) readBody(w http.ResponseWriter, r *http.Request, buf *bytes.Buffer) *refusal {
	if r.ContentLength > t.config.MaxBodyBytes {
		return t.tooLarge()
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, t.config.MaxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return t.tooLarge()
	case err != nil:
		return refuse(http.StatusBadRequest, "The body could not be read completely.")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // see boundBodies
	return nil
}

func (t *httpTransport) tooLarge() *refusal {
	most := t.config.MaxBodyBytes
	return &refusal{
		status: http.StatusRequestEntityTooLarge,
		reason: errs.New(errs.BadUserInput, "The body is larger than %d bytes.", most).Having(errs.Data{Limit: int(most)}),
	}
}

// boundBodies gives a request that has a body the time-out to send it. The
// deadline stays if no one reads the body to its end, since net/http itself
// would wait for the rest of it; whoever reads it lifts the deadline.
func boundBodies(timeout time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// A socket's deadline goes by the machine's clock. Writers without a socket refuse it.
			_ = http.NewResponseController(w).SetReadDeadline(clock.System{}.Now().Add(timeout))
		}
		next.ServeHTTP(w, r)
	})
}

// isJSON reports whether a body of this content type is JSON in UTF-8.
func isJSON(contentType string) bool {
	if contentType == mediaJSON {
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	charset, given := params["charset"]
	return err == nil && media == mediaJSON && (!given || strings.EqualFold(charset, "utf-8"))
}

// readGet takes a query out of the URL. The content types that a form can
// send are refused even on a request without a body.
func readGet(r *http.Request) (*input, *refusal) {
	if contentType := r.Header.Get("Content-Type"); contentType != "" && !isJSON(contentType) {
		return nil, refuse(http.StatusUnsupportedMediaType,
			"A GET request has no body: omit Content-Type, or send \"Content-Type: application/json\".")
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "The query string is not URL-encoded.")
	}
	for _, vs := range values {
		for _, v := range vs {
			if !utf8.ValidString(v) {
				return nil, refuse(http.StatusBadRequest, "The query string is not valid UTF-8.")
			}
		}
	}
	in := &input{OperationName: values.Get("operationName")}
	if values.Has("id") || values.Has("doc_id") {
		in.ID = values.Get("id")
	}
	for name, into := range map[string]**string{"query": &in.Query, "documentId": &in.DocumentID} {
		if values.Has(name) {
			text := values.Get(name)
			*into = &text
		}
	}
	for name, into := range map[string]*map[string]any{"variables": &in.Variables, "extensions": &in.Extensions} {
		if text := values.Get(name); text != "" && decodeJSON([]byte(text), into) != nil {
			return nil, &refusal{
				status: http.StatusBadRequest,
				reason: errs.New(errs.BadUserInput, "%q must be a JSON object, URL-encoded.", name),
			}
		}
	}
	return in, nil
}
