package httpserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"parley/internal/clock"
	"parley/internal/errs"
)

// refusal is a request that GraphQL never gets to see.
type refusal struct {
	status int
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
	fail(w, r, f.status, f.reason)
}

// read takes the operation out of the request, or says why there is none.
func (t *httpTransport) read(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal) {
	if r.Header.Get("Upgrade") != "" {
		return nil, refuse(http.StatusBadRequest, "This connection cannot be upgraded here.")
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

func (t *httpTransport) readPost(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *refusal) {
	if !isJSON(r.Header.Get("Content-Type")) {
		w.Header().Set("Accept-Post", mediaJSON)
		return nil, refuse(http.StatusUnsupportedMediaType,
			"The body must be JSON: send it with the header \"Content-Type: application/json\".")
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, refuse(http.StatusUnsupportedMediaType, "The body must not be compressed: send it without Content-Encoding.")
	}
	body, pooled := bodies.Get().(*bytes.Buffer)
	if !pooled {
		body = new(bytes.Buffer)
	}
	body.Reset()
	defer func() {
		if body.Cap() <= maxPooledBody {
			bodies.Put(body)
		}
	}()
	if refused := t.readBody(w, r, body); refused != nil {
		return nil, refused
	}
	return decode(body.Bytes(), r.Header)
}

// maxPooledBody keeps a rare large body from staying in memory.
const maxPooledBody = 64 << 10

var bodies sync.Pool // of *bytes.Buffer

// readBody reads a body that is bounded in size and time into buf.
func (t *httpTransport) readBody(w http.ResponseWriter, r *http.Request, buf *bytes.Buffer) *refusal {
	if r.ContentLength > t.maxBody {
		return t.tooLarge()
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, t.maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return t.tooLarge()
	case err != nil:
		return refuse(http.StatusBadRequest, "The body could not be read to its end.")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // see boundBodies
	return nil
}

func (t *httpTransport) tooLarge() *refusal {
	return &refusal{
		status: http.StatusRequestEntityTooLarge,
		reason: errs.New(errs.BadUserInput, "The body is larger than %d bytes.", t.maxBody),
	}
}

// boundBodies gives a request that has a body the time-out to send it. The
// deadline stays if nobody reads the body to its end, since net/http itself
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

const bodyShape = `{"query": "...", "variables": {...}}`

// decode reads an operation out of a JSON body.
func decode(body []byte, header http.Header) (*graphql.RawParams, *refusal) {
	if !utf8.Valid(body) {
		return nil, refuse(http.StatusBadRequest, "The body is not valid UTF-8.")
	}
	body = bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(body) == 0:
		return nil, refuse(http.StatusBadRequest, "The body is empty: send a JSON object "+bodyShape+".")
	case body[0] == '[':
		return nil, refuse(http.StatusBadRequest, "Several operations in one request are not served: send one JSON object "+bodyShape+".")
	case body[0] != '{':
		return nil, refuse(http.StatusBadRequest, "The body must be a JSON object "+bodyShape+".")
	}
	var in struct {
		Query         *string        `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	if refused := decodeJSON(body, &in); refused != nil {
		return nil, refused
	}
	if in.Query == nil {
		return nil, missingQuery()
	}
	return &graphql.RawParams{
		Query: *in.Query, OperationName: in.OperationName,
		Variables: in.Variables, Extensions: in.Extensions, Headers: header,
	}, nil
}

func missingQuery() *refusal {
	return refuse(http.StatusBadRequest, `"query" is missing: it holds the GraphQL document, as a string.`)
}

// decodeJSON decodes one JSON value and nothing after it. Numbers stay
// json.Number, so that none loses digits. The error never quotes the text.
func decodeJSON(text []byte, into any) *refusal {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		return refuse(http.StatusBadRequest, "There is more than one JSON value: send one object "+bodyShape+".")
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		kind := "a JSON object"
		if wrong.Field == "query" || wrong.Field == "operationName" {
			kind = "a string"
		}
		return &refusal{
			status: http.StatusBadRequest,
			reason: errs.New(errs.BadUserInput, "%q must be %s, not a JSON %s.", wrong.Field, kind, jsonKind(wrong.Value)),
		}
	}
	return &refusal{
		status: http.StatusBadRequest,
		reason: errs.New(errs.BadUserInput, "This is not valid JSON from byte %d on: send an object %s.", dec.InputOffset(), bodyShape),
	}
}

// jsonKind cuts the value off encoding/json's description, e.g. "number 17".
func jsonKind(described string) string {
	kind, _, _ := strings.Cut(described, " ")
	return kind
}

// readGet takes a query out of the URL. The content types that a form can
// send are refused even on a request without a body.
func readGet(r *http.Request) (*graphql.RawParams, *refusal) {
	if contentType := r.Header.Get("Content-Type"); contentType != "" && !isJSON(contentType) {
		return nil, refuse(http.StatusUnsupportedMediaType,
			"A GET request has no body: leave Content-Type out, or send \"Content-Type: application/json\".")
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
	if !values.Has("query") {
		return nil, missingQuery()
	}
	params := &graphql.RawParams{
		Query: values.Get("query"), OperationName: values.Get("operationName"), Headers: r.Header,
	}
	for name, into := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		if text := values.Get(name); text != "" && decodeJSON([]byte(text), into) != nil {
			return nil, &refusal{
				status: http.StatusBadRequest,
				reason: errs.New(errs.BadUserInput, "%q must be a JSON object, URL-encoded.", name),
			}
		}
	}
	return params, nil
}
