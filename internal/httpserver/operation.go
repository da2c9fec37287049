package httpserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
)

// input is an operation as a client sends it, over any transport.
type input struct {
	Query         *string        `json:"query"`
	DocumentID    *string        `json:"documentId"`
	ID            any            `json:"id"`     // what some clients call documentId
	DocID         any            `json:"doc_id"` // the same
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`

	files []io.Closer // which came with it, and stand among its variables
}

const operationShape = `{"query": "...", "variables": {...}}`

// decodeInput reads an operation out of JSON.
func decodeInput(text []byte) (*input, *refusal) {
	if !utf8.Valid(text) {
		return nil, refuse(http.StatusBadRequest, "The body is not valid UTF-8.")
	}
	text = bytes.TrimLeft(text, " \t\r\n")
	switch {
	case len(text) == 0:
		return nil, refuse(http.StatusBadRequest, "The body is empty: send a JSON object "+operationShape+".")
	case text[0] == '[':
		return nil, refuse(http.StatusBadRequest, "Several operations in one request are not supported: send one JSON object "+operationShape+" (with Apollo Client: HttpLink in place of BatchHttpLink).")
	case text[0] != '{':
		return nil, refuse(http.StatusBadRequest, "The body must be a JSON object "+operationShape+".")
	}
	in := new(input)
	if refused := decodeJSON(text, in); refused != nil {
		return nil, refused
	}
	return in, nil
}

func (in *input) missingQuery() *refusal {
	if in.ID != nil || in.DocID != nil {
		return refuse(http.StatusBadRequest, `"query" is missing, and a document is named by "documentId", its SHA-256, not by "id" or "doc_id".`)
	}
	return refuse(http.StatusBadRequest, `"query" is missing: it must contain the GraphQL document, as a string.`)
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
		return refuse(http.StatusBadRequest, "There is more than one JSON value: send one object "+operationShape+".")
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		kind := "a JSON object"
		switch wrong.Field {
		case "query", "operationName", "documentId":
			kind = "a string"
		}
		return &refusal{
			status: http.StatusBadRequest,
			reason: errs.New(errs.BadUserInput, "%q must be %s, not a JSON %s.", wrong.Field, kind, jsonKind(wrong.Value)),
		}
	}
	return &refusal{
		status: http.StatusBadRequest,
		reason: errs.New(errs.BadUserInput, "This is not valid JSON from byte %d on: send an object %s.", dec.InputOffset(), operationShape),
	}
}

// jsonKind cuts the value off encoding/json's description, e.g. "number 17".
func jsonKind(described string) string {
	kind, _, _ := strings.Cut(described, " ")
	return kind
}
