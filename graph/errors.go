// Package graph has Parley's GraphQL API: thin resolvers over the services,
// and the manners that hold for every one of them. A resolver just returns the
// error of its use case; UserErrors and PresentError turn it into GraphQL here
// and nowhere else (errors.go), Access decides who may call a root field
// (access.go), and limits.go bounds what one request may cost.
package graph

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/errs"
)

// maxMessage bounds, in bytes, a message that quotes what the caller sent.
const maxMessage = 500

// UserErrors is the field middleware that answers a broken rule within a
// mutation's payload. If a field of Mutation returned correctable *errs.Error
// values, alone or joined by errors.Join, it returns a new payload of the
// resolver's own type: `userErrors` has one element for each, and the first
// payload field that can hold an error's Current holds it. Every other result
// passes through untouched.
func UserErrors(ctx context.Context, next graphql.Resolver) (any, error) {
	res, err := next(ctx)
	if err == nil {
		return res, nil
	}
	if fc := graphql.GetFieldContext(ctx); fc == nil || fc.Object != "Mutation" {
		return res, err
	}
	broken := brokenRules(err)
	for _, e := range broken {
		if !e.Correctable() {
			return res, err
		}
	}
	if payload, ok := refusal(res, broken); ok {
		return payload, nil
	}
	return res, err
}

// mutationErrors puts UserErrors around the fields of mutations. As a field
// interceptor of the server it would be called for each field of each row of
// every query, where it has nothing to do.
type mutationErrors struct{ log *slog.Logger }

var _ graphql.OperationContextMutator = mutationErrors{}

// ExtensionName returns the extension's name, which gqlgen asks for.
func (mutationErrors) ExtensionName() string { return "UserErrors" }

// Validate accepts every schema.
func (mutationErrors) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext puts UserErrors around a mutation's resolvers.
func (m mutationErrors) MutateOperationContext(_ context.Context, opCtx *graphql.OperationContext) *gqlerror.Error {
	if opCtx.Operation.Operation == ast.Mutation {
		inner := opCtx.ResolverMiddleware
		opCtx.ResolverMiddleware = func(ctx context.Context, next graphql.Resolver) (any, error) {
			return UserErrors(ctx, func(ctx context.Context) (any, error) {
				res, err := inner(ctx, next)
				m.logUndeclared(ctx, err)
				return res, err
			})
		}
	}
	return nil
}

// Undeclared is the log's line about a code that a mutation gave, and that its
// @errors does not name.
const Undeclared = "a mutation gave a code that its @errors does not name"

func (m mutationErrors) logUndeclared(ctx context.Context, err error) {
	fc := graphql.GetFieldContext(ctx)
	if err == nil || fc == nil || fc.Object != "Mutation" {
		return
	}
	declared := declaredCodes(fc.Field.Definition)
	for _, e := range brokenRules(err) {
		if e.Correctable() && !slices.Contains(declared, e.Code) {
			m.log.WarnContext(ctx, Undeclared, "mutation", fc.Field.Name, "code", e.Code)
		}
	}
}

// declaredCodes returns the codes of a field's @errors.
func declaredCodes(field *ast.FieldDefinition) (codes []errs.Code) {
	if field == nil {
		return nil
	}
	d := field.Directives.ForName("errors")
	if d == nil {
		return nil
	}
	for _, child := range d.Arguments.ForName("codes").Value.Children {
		codes = append(codes, errs.Code(child.Value.Raw))
	}
	return codes
}

// brokenRules returns every *errs.Error that err is made of, or nothing if any
// part of err is of another type: such an error is internal, whatever else it says.
func brokenRules(err error) []*errs.Error {
	switch e := err.(type) { //nolint:errorlint // it unwraps by itself, and must see every branch
	case *errs.Error:
		return []*errs.Error{e}
	case interface{ Unwrap() []error }:
		var all []*errs.Error
		for _, part := range e.Unwrap() {
			broken := brokenRules(part)
			if len(broken) == 0 {
				return nil
			}
			all = append(all, broken...)
		}
		return all
	case interface{ Unwrap() error }:
		return brokenRules(e.Unwrap())
	}
	return nil
}

// refusal makes a payload of the type that res, a resolver's typed nil result,
// points to. It reports false if that is no payload with userErrors.
func refusal(res any, broken []*errs.Error) (any, bool) {
	t := reflect.TypeOf(res)
	if len(broken) == 0 || t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil, false
	}
	payload := reflect.New(t.Elem())
	list := payload.Elem().FieldByName("UserErrors")
	if !list.IsValid() || list.Kind() != reflect.Slice {
		return nil, false
	}
	for _, e := range broken {
		list.Set(reflect.Append(list, userError(list.Type().Elem(), e)))
		setCurrent(payload.Elem(), e.Current)
		for _, more := range e.Also {
			setCurrent(payload.Elem(), more)
		}
	}
	return payload.Interface(), true
}

// userError makes a UserError of type t: the generated struct or a pointer to it.
func userError(t reflect.Type, e *errs.Error) reflect.Value {
	pointed := t.Kind() == reflect.Pointer
	if pointed {
		t = t.Elem()
	}
	p := reflect.New(t)
	p.Elem().FieldByName("Code").SetString(string(e.Code))
	p.Elem().FieldByName("Message").SetString(e.Message)
	p.Elem().FieldByName("Field").Set(reflect.ValueOf(e.Field))
	p.Elem().FieldByName("RetryAt").Set(reflect.ValueOf(e.Data.RetryAt))
	p.Elem().FieldByName("ClosableAt").Set(reflect.ValueOf(e.Data.ClosableAt))
	p.Elem().FieldByName("HolderID").Set(reflect.ValueOf(orNull(e.Data.HolderID)))
	p.Elem().FieldByName("Limit").Set(reflect.ValueOf(orNull(e.Data.Limit)))
	p.Elem().FieldByName("Missing").Set(reflect.ValueOf(e.Data.Missing))
	if pointed {
		return p
	}
	return p.Elem()
}

func setCurrent(payload reflect.Value, current any) {
	if current == nil {
		return
	}
	v := reflect.ValueOf(current)
	for i := range payload.NumField() {
		f := payload.Field(i)
		if f.CanSet() && f.IsZero() && v.Type().AssignableTo(f.Type()) {
			f.Set(v)
			return
		}
	}
}

// internalError is a fault that the log already has under this id.
type internalError struct{ id string }

func (e *internalError) Error() string { return "internal error " + e.id }

// Recover returns the function that turns a panic into an internal error: the
// log gets the panic and its stack, the caller an id only.
func Recover(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, panicked any) error {
		id := newErrorID()
		log.ErrorContext(ctx, "panic in a resolver", "id", id, "panic", fmt.Sprint(panicked),
			"path", graphql.GetPath(ctx).String(), "stack", string(debug.Stack()))
		return &internalError{id}
	}
}

// PresentError returns the one error presenter: every error that leaves the
// API as a GraphQL error goes through it and has extensions.code. An error
// that is no *errs.Error, and not the fault of the request, leaves as INTERNAL
// with an id in place of its text; the log gets the text under the same id.
func PresentError(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		out := &gqlerror.Error{Path: graphql.GetPath(ctx)}
		var located *gqlerror.Error
		if errors.As(err, &located) {
			out.Path, out.Locations = located.Path, located.Locations
		}
		if inputPath, ok := coercionPath(ctx, located); ok {
			return presentCoercion(out, located, inputPath)
		}
		if broken := brokenRules(err); len(broken) > 0 && broken[0].Code != errs.Internal {
			return presentRule(out, broken[0])
		}
		if presentRequestFault(out, located) || presentStopped(ctx, log, out, err) {
			return out
		}
		return presentInternal(ctx, log, out, err)
	}
}

func presentRule(out *gqlerror.Error, e *errs.Error) *gqlerror.Error {
	out.Message = e.Message
	out.Extensions = e.Extensions()
	return out
}

// coercionPath returns the input's path, e.g. ["input", "html"], if located
// says that a value of a field's arguments could not be read. gqlgen reports
// that at a path below the field's own; a resolver's errors are at the field's.
func coercionPath(ctx context.Context, located *gqlerror.Error) (ast.Path, bool) {
	if located == nil {
		return nil, false
	}
	fc := graphql.GetFieldContext(ctx)
	if fc == nil {
		return nil, false
	}
	own := fc.Path()
	if len(located.Path) <= len(own) {
		return nil, false
	}
	return located.Path[len(own):], true
}

func presentCoercion(out, located *gqlerror.Error, inputPath ast.Path) *gqlerror.Error {
	out.Path = out.Path[:len(out.Path)-len(inputPath)]
	reason := located.Message
	out.Extensions = map[string]any{}
	var notNumber *strconv.NumError
	if e := errs.Of(located.Err); e != nil {
		reason, out.Extensions = e.Message, e.Extensions()
	} else if errors.As(located.Err, &notNumber) {
		reason = "it must be a whole number within its range"
		if strings.HasPrefix(notNumber.Func, "ParseFloat") {
			reason = "it must be a number"
		}
	}
	out.Message = truncate(fmt.Sprintf("The value of %q is wrong: %s", inputPath.String(), reason))
	out.Extensions["code"], out.Extensions["field"] = string(errs.BadUserInput), pathNames(inputPath)
	return out
}

// presentRequestFault presents what the parser and the validator found wrong
// with the document or its variables, and reports whether that is what located is.
func presentRequestFault(out, located *gqlerror.Error) bool {
	if located == nil {
		return false
	}
	switch located.Extensions["code"] {
	case errcode.ParseFailed, errcode.ValidationFailed:
	default:
		return false
	}
	out.Message = truncate(located.Message)
	out.Extensions = map[string]any{"code": string(errs.BadUserInput)}
	switch {
	case strings.HasPrefix(located.Message, "exceeded token limit"): // only its text says so
		out.Extensions["code"] = string(errs.ComplexityLimit)
	case located.Message == "operation  not found":
		out.Message = "The document has several operations: set operationName to the one to run."
	}
	if len(out.Path) > 1 && out.Path[0] == ast.PathName("variable") {
		out.Message = truncate(fmt.Sprintf("Variable %q: %s", out.Path[1:].String(), located.Message))
		out.Extensions["field"] = pathNames(out.Path[1:])
		out.Path = nil
	}
	return true
}

// presentStopped presents an error of a request whose time is over, or whose
// caller went away. Drivers report that in words of their own, so the
// context's state counts as much as err.
func presentStopped(ctx context.Context, log *slog.Logger, out *gqlerror.Error, err error) bool {
	var panicked *internalError
	if errors.As(err, &panicked) {
		return false
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		out.Message = "The request took too long. Try again, or request less at once."
	case errors.Is(err, context.Canceled), errors.Is(ctx.Err(), context.Canceled):
		out.Message = "The request was canceled."
	default:
		return false
	}
	log.InfoContext(ctx, "request stopped", "error", err, "path", out.Path.String())
	out.Extensions = map[string]any{"code": string(errs.Unavailable)}
	return true
}

func presentInternal(ctx context.Context, log *slog.Logger, out *gqlerror.Error, err error) *gqlerror.Error {
	var known *internalError
	if !errors.As(err, &known) {
		known = &internalError{newErrorID()}
		log.ErrorContext(ctx, "internal error", "id", known.id, "error", err, "path", out.Path.String())
	}
	out.Message = "Internal error. Quote the id to the operator."
	out.Extensions = map[string]any{"code": string(errs.Internal), "id": known.id}
	return out
}

func newErrorID() string { return rand.Text()[:12] }

func pathNames(path ast.Path) []string {
	names := make([]string, 0, len(path))
	for _, p := range path {
		switch p := p.(type) {
		case ast.PathName:
			names = append(names, errs.Clip(string(p))) // an unknown name may be as long as the request
		case ast.PathIndex:
			names = append(names, strconv.Itoa(int(p)))
		}
	}
	return names
}

// truncate keeps a message that quotes the request from giving it all back.
func truncate(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	cut := maxMessage
	for cut > 0 && message[cut]&0xC0 == 0x80 {
		cut--
	}
	return message[:cut] + "…"
}
