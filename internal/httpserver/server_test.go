package httpserver_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/errs"
	"parley/internal/httpserver"
	"parley/internal/viewer"
)

// testSchema answers `kind` with the viewer's kind and `echo` and `any` with
// their argument; `wait` ends with the request, `boom` panics, `broken` has an error
// beside its null. Meta fields give null but for __typename.
//
// Of subscriptions, `kind` answers once, `count` as often as it says, `broken`
// breaks off after one answer, `large` goes on for ever with 64 kB each,
// `spaced` answers with line ends between its values,
// `echo` answers once and then waits for its end, which `ended` is told of.
type testSchema struct {
	schema *ast.Schema
	ended  func()
}

func newTestSchema() *testSchema {
	return &testSchema{schema: gqlparser.MustLoadSchema(&ast.Source{Input: `
		scalar Any
		type Query { any(value: Any): Any  kind: String  echo(text: String): String  wait: String  boom: String  broken: String }
		type Mutation { kind: String }
		type Subscription { kind: String  count(to: Int!): Int  broken: String  large: String  spaced: String  echo(text: String): String  boom: String }`})}
}

func (s *testSchema) Schema() *ast.Schema { return s.schema }

func (s *testSchema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (s *testSchema) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	if oc.Operation.Operation == ast.Subscription {
		return s.subscribe(oc)
	}
	return func(ctx context.Context) *graphql.Response {
		data := map[string]any{}
		for _, f := range graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{"Query", "Mutation"}) {
			data[f.Alias] = resolve(ctx, f, oc.Variables)
		}
		if ctx.Err() != nil {
			return nil
		}
		encoded, err := json.Marshal(data)
		if err != nil {
			panic(err)
		}
		return &graphql.Response{Data: encoded}
	}
}

// subscribe answers with the one field of a subscription.
func (s *testSchema) subscribe(oc *graphql.OperationContext) graphql.ResponseHandler {
	f := graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{"Subscription"})[0]
	args, n := f.ArgumentMap(oc.Variables), 0
	return func(ctx context.Context) *graphql.Response {
		n++
		value, most := any(n), 1
		switch f.Name {
		case "kind":
			value = viewer.FromContext(ctx).Kind
		case "count":
			most = int(args["to"].(int64))
		case "large":
			value, most = strings.Repeat("x", 64<<10), 1<<30
		case "boom":
			panic("boom")
		case "echo":
			value = args["text"]
		}
		if n > most {
			switch f.Name {
			case "broken":
				return &graphql.Response{Errors: gqlerror.List{{Message: "it broke"}}}
			case "echo":
				<-ctx.Done()
			}
			if s.ended != nil {
				s.ended()
			}
			return nil
		}
		if f.Name == "spaced" {
			return &graphql.Response{Data: []byte("{\n\"spaced\":\r\n\"a\\nb\"\n}")}
		}
		encoded, err := json.Marshal(map[string]any{f.Alias: value})
		if err != nil {
			panic(err)
		}
		return &graphql.Response{Data: encoded}
	}
}

func resolve(ctx context.Context, f graphql.CollectedField, variables map[string]any) any {
	switch f.Name {
	case "__typename":
		return "Query"
	case "kind":
		return viewer.FromContext(ctx).Kind
	case "echo":
		return f.ArgumentMap(variables)["text"]
	case "any":
		return f.ArgumentMap(variables)["value"]
	case "wait":
		<-ctx.Done()
	case "boom":
		panic("boom")
	case "broken":
		graphql.AddErrorf(ctx, "it broke")
	}
	return nil
}

// tokens is an authenticator over a fixed table.
type tokens map[string]struct {
	viewer *viewer.Viewer
	err    error
}

func (t tokens) Authenticate(_ context.Context, bearer string) (*viewer.Viewer, error) {
	known, ok := t[bearer]
	if !ok {
		return nil, errs.New(errs.Unauthenticated, "This token is unknown.")
	}
	return known.viewer, known.err
}

func newServer(t *testing.T, change func(*httpserver.Config)) http.Handler {
	t.Helper()
	c := httpserver.Config{
		Schema: newTestSchema(),
		Authenticator: tokens{
			"agent": {viewer: &viewer.Viewer{Kind: viewer.Agent, TokenID: "token_1"}},
			"admin": {viewer: &viewer.Viewer{Kind: viewer.Admin, TokenID: "token_2"}},
		},
		Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&c)
	}
	h, err := httpserver.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// request is one to /graphql; body makes it a POST of JSON.
func request(t *testing.T, target, body string, headers ...string) *http.Request {
	t.Helper()
	method, content := http.MethodGet, io.Reader(nil)
	if body != "" {
		method, content = http.MethodPost, strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, target, content)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return r
}

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// refused checks the status, code and message of an answer with one error, and
// that the answer has no data.
func refused(t *testing.T, rec *httptest.ResponseRecorder, status int, code, message string) {
	t.Helper()
	var got struct {
		Data   *json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code, ID string }
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatalf("answer %q: %v", rec.Body, err)
	}
	if rec.Code != status || got.Data != nil || len(got.Errors) != 1 ||
		got.Errors[0].Extensions.Code != code || !strings.Contains(got.Errors[0].Message, message) {
		t.Errorf("got %d %s; want %d, code %s, message with %q", rec.Code, rec.Body, status, code, message)
	}
}
