package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"

	"parley/graph"
	"parley/internal/errs"
)

func returning(res any, err error) graphql.Resolver {
	return func(context.Context) (any, error) { return res, err }
}

func paint(err error) *mini {
	return newMini(map[string]graphql.Resolver{
		"paint": returning((*paintPayload)(nil), err),
		"odd":   returning((*string)(nil), err),
		"word":  returning((*string)(nil), err),
	})
}

// API-15: a broken rule is answered in the payload, which the typed nil result names.
func TestUserErrorsFillsThePayload(t *testing.T) {
	t.Parallel()
	red := &wall{Colour: "red"}
	required := errs.New(errs.Required, "Name a colour.").On("input", "colour")
	conflict := errs.New(errs.Conflict, "The wall was painted meanwhile.").With(red)
	asUser := func(e *errs.Error) *userError {
		return &userError{Code: userErrorCode(e.Code), Message: e.Message, Field: e.Field}
	}
	cases := map[string]struct {
		err  error
		want paintPayload
	}{
		"one": {required, paintPayload{UserErrors: []*userError{asUser(required)}}},
		"with data": { // API-15
			required.Having(errs.Data{RetryAt: 1_000_000, ClosableAt: 2_000_000, HolderID: "user_1", Limit: 7}),
			paintPayload{UserErrors: []*userError{{
				Code: "REQUIRED", Message: "Name a colour.", Field: []string{"input", "colour"},
				RetryAt: 1_000_000, ClosableAt: 2_000_000, HolderID: new("user_1"), Limit: new(7),
			}}},
		},
		"wrapped": {fmt.Errorf("painting: %w", required), paintPayload{UserErrors: []*userError{asUser(required)}}},
		"joined": {
			errors.Join(required, errors.Join(conflict)),
			paintPayload{Wall: red, UserErrors: []*userError{asUser(required), asUser(conflict)}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := ask(t.Context(), t, paint(c.err), graph.DefaultLimits(), "mutation { paint { wall } }", "{}")
			if len(got.Errors) > 0 {
				t.Fatalf("errors: %+v", got.Errors)
			}
			var data struct{ Paint paintPayload }
			if err := json.Unmarshal(got.Data, &data); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, data.Paint); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// API-15: a code that the mutation does not declare is answered, and logged.
func TestUndeclaredCodesAreLogged(t *testing.T) {
	t.Parallel()
	for code, undeclared := range map[errs.Code]bool{errs.Required: false, errs.TooLong: true} {
		got, log := ask(t.Context(), t, paint(errs.New(code, "No.")), graph.DefaultLimits(), "mutation { paint { wall } }", "{}")
		if !strings.Contains(string(got.Data), string(code)) || strings.Contains(log, graph.Undeclared) != undeclared {
			t.Errorf("%s: got %s, log %q", code, got.Data, log)
		}
	}
}

// UserErrors also serves payloads whose errors are structs, not pointers.
func TestUserErrorsOfStructs(t *testing.T) {
	t.Parallel()
	type payload struct{ UserErrors []userError }
	ctx := graphql.WithFieldContext(t.Context(), &graphql.FieldContext{Object: "Mutation"})
	got, err := graph.UserErrors(ctx, returning((*payload)(nil), errs.New(errs.Invalid, "No.")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&payload{[]userError{{Code: "INVALID", Message: "No."}}}, got); diff != "" {
		t.Error(diff)
	}
}

// What the caller cannot put right, and what has no payload, stays an error.
func TestUserErrorsLeavesTheRest(t *testing.T) {
	t.Parallel()
	missing := errs.New(errs.NotFound, "There is no such wall.")
	cases := map[string]struct {
		document string
		err      error
		code     string
	}{
		"forbidden":            {"mutation { paint { wall } }", errs.New(errs.Forbidden, "No."), "FORBIDDEN"},
		"joined with internal": {"mutation { paint { wall } }", errors.Join(missing, errors.New("disk")), "INTERNAL"},
		"joined forbidden":     {"mutation { paint { wall } }", errors.Join(errs.New(errs.Forbidden, "No."), missing), "FORBIDDEN"},
		"internal":             {"mutation { paint { wall } }", errors.New("disk"), "INTERNAL"},
		"no payload":           {"mutation { odd }", missing, "NOT_FOUND"},
		"query":                {"{ word }", missing, "NOT_FOUND"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := askOne(t, paint(c.err), c.document, "{}")
			if got.Errors[0].Extensions.Code != c.code {
				t.Errorf("got %+v, want code %s", got.Errors[0], c.code)
			}
		})
	}
}

func TestPresentErrorKeepsTheRule(t *testing.T) {
	t.Parallel()
	got, _ := askOne(t, paint(errs.New(errs.CursorExpired, "The cursor is too old.").On("after")), "{ w: word }", "{}")
	e := got.Errors[0]
	if e.Message != "The cursor is too old." || e.Extensions.Code != "CURSOR_EXPIRED" ||
		!cmp.Equal(e.Extensions.Field, []string{"after"}) || !cmp.Equal(e.Path, []any{"w"}) || len(e.Locations) != 1 {
		t.Errorf("got %+v", e)
	}
}

// API-15: what a program acts on has the same names in the extensions of other errors.
func TestPresentErrorHasData(t *testing.T) {
	t.Parallel()
	data := errs.Data{RetryAt: 1_000_000, ClosableAt: 2_000_000, HolderID: "user_1", Limit: 7}
	got, _ := askOne(t, paint(errs.New(errs.RateLimited, "Wait.").Having(data)), "{ word }", "{}")
	e := got.Errors[0].Extensions
	if e.RetryAt != "1970-01-01T00:00:01Z" || e.ClosableAt != "1970-01-01T00:00:02Z" || e.HolderID != "user_1" || e.Limit != 7 {
		t.Errorf("got %+v, want %+v", e, data)
	}
}

// API-15: whatever is too long or comes too often is refused with its data.
func TestErrorsAreMadeWithTheirData(t *testing.T) {
	t.Parallel()
	without := regexp.MustCompile(`errs\.New\(errs\.(TooLong|InboxLimitReached|BotConversationActive)\b.*(\n.*)?(\n.*)?`)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/errs/") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, call := range without.FindAllString(string(text), -1) {
			if !strings.Contains(call, "Having(") {
				t.Errorf("%s: %s\nhas no data: use errs.Exceeds, or add Having(errs.Data{...})", path, call)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// API-15: the caller of an internal error gets an id; the log has the id and the text.
func TestPresentErrorHidesInternals(t *testing.T) {
	t.Parallel()
	panicking := newMini(map[string]graphql.Resolver{
		"word": func(context.Context) (any, error) { panic("secret") },
	})
	cases := map[string]*mini{
		"error":         paint(fmt.Errorf("reading: %w", errors.New("secret"))),
		"internal rule": paint(errs.New(errs.Internal, "secret")),
		"panic":         panicking,
	}
	for name, m := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, log := askOne(t, m, "{ word }", "{}")
			e := got.Errors[0]
			if e.Message != "Internal error. Quote the id to the operator." || e.Extensions.Code != "INTERNAL" || e.Extensions.ID == "" {
				t.Errorf("got %+v", e)
			}
			for _, want := range []string{e.Extensions.ID, "secret", "path=word"} {
				if !strings.Contains(log, want) {
					t.Errorf("the log lacks %q: %s", want, log)
				}
			}
			if name == "panic" && !strings.Contains(log, "stack=") {
				t.Errorf("the log lacks the stack: %s", log)
			}
			if strings.Count(log, e.Extensions.ID) != 1 {
				t.Errorf("logged more than once: %s", log)
			}
		})
	}
}

// A request that ran out of time is UNAVAILABLE, whatever the driver called it.
func TestPresentErrorOfStoppedRequests(t *testing.T) {
	t.Parallel()
	m := paint(fmt.Errorf("query: %w", context.DeadlineExceeded))
	got, _ := askOne(t, m, "{ word }", "{}")
	if e := got.Errors[0]; e.Extensions.Code != "UNAVAILABLE" || strings.Contains(e.Message, "query:") {
		t.Errorf("got %+v", e)
	}

	ctx, cancel := context.WithCancel(t.Context())
	interrupted := newMini(map[string]graphql.Resolver{
		"word": func(context.Context) (any, error) { cancel(); return nil, errors.New("interrupted") },
	})
	got, _ = ask(ctx, t, interrupted, graph.DefaultLimits(), "{ word }", "{}")
	if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != "UNAVAILABLE" {
		t.Errorf("got %+v", got)
	}
}

// Whatever is wrong with the document, its variables or its arguments is BAD_USER_INPUT.
func TestPresentErrorOfBadInput(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	cases := map[string]struct {
		document, variables string
		message             string
		located             bool
		field               []string
	}{
		"syntax":        {"{ word", "{}", "Expected Name, found <EOF>", true, nil},
		"unknown field": {"{ wort }", "{}", `Cannot query field "wort" on type "Query". Did you mean "word"?`, true, nil},
		"bad enum":      {"{ word(colour: GREEN) }", "{}", `Value "GREEN" does not exist in "Colour" enum. Did you mean the enum value "RED"?`, true, nil},
		"enum variable": {
			"query ($c: Colour) { word(colour: $c) }", `{"c": "GREEN"}`,
			`Variable "c": GREEN is not a valid Colour`, false, []string{"c"},
		},
		"null variable": {
			"query ($n: Int!) { word(n: $n) }", `{"n": null}`,
			`Variable "n": cannot be null`, false, []string{"n"},
		},
		"custom scalar": {
			"query ($e: Even) { word(even: $e) }", `{"e": 3}`,
			`The value of "even" is wrong: it must be even`, false, []string{"even"},
		},
		"scalar of a number": {
			`{ word(even: "x") }`, "{}",
			`The value of "even" is wrong: it must be a whole number within its range`, false, []string{"even"},
		},
		"no operation":      {"", "{}", "no operation provided", false, nil},
		"unknown operation": {"query A { word } query B { word }", "{}", "The document has several operations: set operationName to the one to run.", false, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, log := askOne(t, paint(nil), c.document, c.variables)
			e := got.Errors[0]
			if e.Message != c.message || e.Extensions.Code != "BAD_USER_INPUT" ||
				!cmp.Equal(e.Extensions.Field, c.field) || (len(e.Locations) > 0) != c.located {
				t.Errorf("got %+v", e)
			}
			if log != "" {
				t.Errorf("the caller's fault is logged as ours: %s", log)
			}
		})
	}
	got, _ := askOne(t, paint(nil), "query ($c: Colour) { word(colour: $c) }", `{"c": "`+long+`"}`)
	if n := len(got.Errors[0].Message); n > 600 {
		t.Errorf("the message gives back %d bytes of the request", n)
	}
}
