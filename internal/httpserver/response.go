package httpserver

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/errs"
)

const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
)

// Header values, made once: an answer allocates nothing for them.
var (
	jsonHeader     = []string{mediaJSON + "; charset=utf-8"}
	responseHeader = []string{mediaResponse + "; charset=utf-8"}
	noStoreHeader  = []string{"no-store"}
)

// negotiate picks the media type of the answer by the Accept header. No
// header, and wildcards, give application/json; of two types liked equally the
// newer one wins. It reports false if the caller takes neither.
func negotiate(accept []string) (media string, ok bool) {
	if len(accept) == 0 {
		return mediaJSON, true
	}
	if len(accept) == 1 {
		switch accept[0] {
		case mediaJSON, "*/*", "":
			return mediaJSON, true
		case mediaResponse:
			return mediaResponse, true
		}
	}
	var best float64
	for _, header := range accept {
		for part := range strings.SplitSeq(header, ",") {
			offered, q := preference(part)
			if offered != "" && (q > best || q == best && q > 0 && offered == mediaResponse) {
				media, best = offered, q
			}
		}
	}
	return media, media != ""
}

// preference reads one part of an Accept header: the media type that would
// serve it, or "", and its quality.
func preference(part string) (media string, q float64) {
	name, params, err := mime.ParseMediaType(part)
	if err != nil {
		return "", 0
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return "", 0
	}
	q = 1
	if text, given := params["q"]; given {
		if q, err = strconv.ParseFloat(text, 64); err != nil {
			return "", 0
		}
	}
	switch name {
	case mediaResponse:
		return mediaResponse, q
	case mediaJSON, "application/*", "*/*":
		return mediaJSON, q
	}
	return "", 0
}

// respond writes an answer of GraphQL's. An answer without data is a request
// that never ran: application/graphql-response+json reports that by a 400, while
// application/json has a 200 for whatever GraphQL itself answered.
func respond(w http.ResponseWriter, media string, resp *graphql.Response) {
	status := http.StatusOK
	if resp.Data == nil && media == mediaResponse {
		status = http.StatusBadRequest
	}
	if resp.Data != nil && len(resp.Errors) == 0 && len(resp.Extensions) == 0 {
		writeJSON(w, status, media, []byte(`{"data":`), resp.Data, []byte{'}'})
		return
	}
	writeJSON(w, status, media, envelope(resp))
}

// envelope encodes an answer that has more than data.
func envelope(resp *graphql.Response) []byte { return appendEnvelope(nil, resp) }

// appendEnvelope appends an answer. Data is left out, not null, where nothing
// ran; it is copied as it is, since it is JSON already.
func appendEnvelope(b []byte, resp *graphql.Response) []byte {
	b = append(b, '{')
	began := len(b)
	add := func(name string, value []byte) {
		if len(b) > began {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), '"', ':')
		b = append(b, value...)
	}
	if len(resp.Errors) > 0 {
		add("errors", mustEncode(resp.Errors))
	}
	if resp.Data != nil {
		add("data", resp.Data)
	}
	if len(resp.Extensions) > 0 {
		add("extensions", mustEncode(resp.Extensions))
	}
	return append(b, '}')
}

// inGraphQL is an error of ours in GraphQL's shape.
func inGraphQL(e *errs.Error) gqlerror.List {
	return gqlerror.List{{Message: e.Message, Extensions: e.Extensions()}}
}

// mustEncode encodes what Parley itself put into an answer: if that cannot be
// encoded, the panic ends as a 500 and a line in the log.
func mustEncode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// writeJSON writes the parts of a body one after the other, without joining them.
func writeJSON(w http.ResponseWriter, status int, media string, parts ...[]byte) {
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	h := w.Header()
	h["Content-Type"] = jsonHeader
	if media == mediaResponse {
		h["Content-Type"] = responseHeader
	}
	h["Content-Length"] = []string{strconv.Itoa(length)}
	h["Cache-Control"] = noStoreHeader
	w.WriteHeader(status)
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return // the caller is gone
		}
	}
}

// writeError answers a request that GraphQL did not see, in GraphQL's shape.
func writeError(w http.ResponseWriter, r *http.Request, status int, e *errs.Error) {
	failWith(w, r, status, e, nil)
}

func failWith(w http.ResponseWriter, r *http.Request, status int, e *errs.Error, more map[string]any) {
	media, ok := negotiate(r.Header["Accept"])
	if !ok {
		media = mediaJSON
	}
	extensions := e.Extensions()
	maps.Copy(extensions, more)
	body := envelope(&graphql.Response{Errors: gqlerror.List{{Message: e.Message, Extensions: extensions}}})
	writeJSON(w, status, media, body)
}

// failInternal answers a fault of ours: the log has it under the request's id.
func failInternal(w http.ResponseWriter, r *http.Request) {
	failWith(w, r, http.StatusInternalServerError,
		errs.New(errs.Internal, "Internal error. Quote the id to the operator."),
		map[string]any{"id": requestID(r.Context())})
}
