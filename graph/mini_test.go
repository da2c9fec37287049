package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/graph"
	"parley/internal/clock"
)

const miniSDL = `
scalar Even
type Query { word(even: Even, n: Int, colour: Colour, by: Key): String  deep: Deep }
input Key @oneOf { id: ID  email: String }
type Deep { word: String  deep: Deep  row(first: Int): Deep }
enum Colour { RED BLUE }
type Mutation { paint(colour: Colour): PaintPayload! @errors(codes: [REQUIRED, CONFLICT])  odd: String }
directive @errors(codes: [Code!]!) on FIELD_DEFINITION
enum Code { REQUIRED CONFLICT }
type PaintPayload { wall: String  userErrors: [UserError!]! }
type UserError { code: String!  message: String!  field: [String!] }
`

// wall, userError and paintPayload are shaped as gqlgen generates them.
type wall struct{ Colour string }

type userErrorCode string

type userError struct {
	Code                userErrorCode
	Message             string
	Field               []string
	RetryAt, ClosableAt clock.Micros
	HolderID            *string
	Missing             []string
	Limit               *int
}

type paintPayload struct {
	Note       *string
	Wall       *wall
	UserErrors []*userError
}

// mini is an executable schema whose root fields are plain functions. It goes
// through the same gqlgen functions as generated code does.
type mini struct {
	schema  *ast.Schema
	resolve map[string]graphql.Resolver
}

func newMini(resolve map[string]graphql.Resolver) *mini {
	return &mini{gqlparser.MustLoadSchema(&ast.Source{Input: miniSDL}), resolve}
}

func (m *mini) Schema() *ast.Schema { return m.schema }

func (m *mini) Complexity(_ context.Context, typeName, field string, child int, args map[string]any) (int, bool) {
	if typeName == "Deep" && field == "row" {
		first, _ := args["first"].(int64)
		return int(first) * (child + 1), true
	}
	return 0, false
}

func (m *mini) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		object := "Query"
		if oc.Operation.Operation == ast.Mutation {
			object = "Mutation"
		}
		var b strings.Builder
		b.WriteByte('{')
		for i, f := range graphql.CollectFields(oc, oc.Operation.SelectionSet, []string{object}) {
			if i > 0 {
				b.WriteByte(',')
			}
			graphql.MarshalString(f.Alias).MarshalGQL(&b)
			b.WriteByte(':')
			m.field(ctx, oc, object, f).MarshalGQL(&b)
		}
		b.WriteByte('}')
		return &graphql.Response{Data: []byte(b.String())}
	}
}

func (m *mini) field(ctx context.Context, oc *graphql.OperationContext, object string, f graphql.CollectedField) graphql.Marshaler {
	return graphql.ResolveField(ctx, oc, f,
		func(ctx context.Context, f graphql.CollectedField) (*graphql.FieldContext, error) {
			fc := &graphql.FieldContext{Object: object, Field: f}
			ctx = graphql.WithFieldContext(ctx, fc)
			if _, err := graphql.ProcessArgField(ctx, f.ArgumentMap(oc.Variables), "even", unmarshalEven); err != nil {
				oc.Error(ctx, err)
				return fc, err
			}
			return fc, nil
		},
		m.resolve[f.Name], nil,
		func(_ context.Context, _ ast.SelectionSet, v any) graphql.Marshaler {
			return graphql.WriterFunc(func(w io.Writer) { _ = json.NewEncoder(w).Encode(v) })
		}, true, false)
}

func unmarshalEven(ctx context.Context, v any) (int64, error) {
	n, err := graphql.UnmarshalInt64(v)
	if err == nil && n%2 != 0 {
		err = errors.New("it must be even")
	}
	return n, graphql.ErrorOnPath(ctx, err)
}

// answer is a decoded GraphQL response.
type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Locations  []struct{ Line, Column int }
		Extensions struct {
			Code, ID, RetryAt, ClosableAt, HolderID string

			Field []string
			Limit int
		}
	}
}

// ask runs a document on m under limits and returns the answer and the log.
func ask(ctx context.Context, t *testing.T, m graphql.ExecutableSchema, limits graph.Limits, document, variables string) (answer, string) {
	t.Helper()
	var log strings.Builder
	srv := handler.New(m)
	srv.AddTransport(transport.POST{})
	graph.Install(srv, limits, slog.New(slog.NewTextHandler(&log, nil)))
	body, err := json.Marshal(map[string]any{"query": document, "variables": json.RawMessage(variables)})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(ctx, "POST", "/", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	srv.ServeHTTP(rec, req)
	var got answer
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatalf("answer %q: %v", rec.Body, err)
	}
	return got, log.String()
}

// askOne is ask with the default limits, for answers with exactly one error.
func askOne(t *testing.T, m *mini, document, variables string) (answer, string) {
	t.Helper()
	got, log := ask(t.Context(), t, m, graph.DefaultLimits(), document, variables)
	if len(got.Errors) != 1 {
		t.Fatalf("got %d errors, want 1: %+v", len(got.Errors), got)
	}
	return got, log
}
