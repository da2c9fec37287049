package graph

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// Limits bounds what one operation may cost. An operation past a limit is
// refused with COMPLEXITY_LIMIT before anything of it runs.
type Limits struct {
	// Depth is how deep fields may nest; `{ inbox { id } }` has depth 2.
	Depth int
	// Complexity is the highest cost: 1 a field, times the page size below a list.
	Complexity int
	// MutationFields is how many root fields one mutation may have, aliases counted.
	MutationFields int
	// Tokens is how many tokens a document may have, comments left out.
	Tokens int
}

// DefaultLimits leave room for every page of a busy inbox, and for the
// introspection that tools send.
func DefaultLimits() Limits {
	return Limits{Depth: 15, Complexity: 50_000, MutationFields: 20, Tokens: 10_000}
}

// Install gives a gqlgen server Parley's manners: the limits, introspection,
// userErrors, and the one way in which errors and panics are presented. The
// log gets what the caller must not see.
func Install(srv *handler.Server, limits Limits, log *slog.Logger) {
	srv.Use(extension.Introspection{})
	installManners(srv, limits, log)
}

// installable is a gqlgen server, or the executor within one.
type installable interface {
	SetErrorPresenter(f graphql.ErrorPresenterFunc)
	SetRecoverFunc(f graphql.RecoverFunc)
	SetParserTokenLimit(limit int)
	SetQueryCache(cache graphql.Cache[*ast.QueryDocument])
	Use(extension graphql.HandlerExtension)
}

// installManners is Install without introspection.
func installManners(srv installable, limits Limits, log *slog.Logger) {
	srv.SetErrorPresenter(PresentError(log))
	srv.SetRecoverFunc(Recover(log))
	srv.SetParserTokenLimit(limits.Tokens)
	known := newDocumentCache()
	srv.SetQueryCache(known)
	srv.Use(&documents{cache: known, tokens: limits.Tokens})
	srv.Use(OneOf())
	srv.Use(Depth(limits.Depth))
	srv.Use(MutationFields(limits.MutationFields))
	srv.Use(Complexity(limits.Complexity))
	srv.Use(&TypeScopes{})
	srv.Use(mutationErrors{log})
}

// Depth refuses operations whose fields nest deeper than limit. Introspection
// does not count: the validator bounds it. It also refuses aliases within
// __schema and __type, which would multiply an answer that no other limit bounds.
func Depth(limit int) graphql.HandlerExtension {
	return &rule{name: "Depth", check: func(_ context.Context, _ graphql.ExecutableSchema, opCtx *graphql.OperationContext) error {
		m := measurer{}
		if size := m.measure(opCtx.Operation.SelectionSet); size.depth > limit {
			return errs.New(errs.ComplexityLimit, "The operation nests %d fields deep; the limit is %d.", size.depth, limit).Having(errs.Data{Limit: limit})
		}
		return m.fault
	}}
}

// MutationFields refuses mutations of more than limit root fields.
func MutationFields(limit int) graphql.HandlerExtension {
	return &rule{name: "MutationFields", check: func(_ context.Context, _ graphql.ExecutableSchema, opCtx *graphql.OperationContext) error {
		if opCtx.Operation.Operation != ast.Mutation {
			return nil
		}
		m := measurer{}
		if size := m.measure(opCtx.Operation.SelectionSet); size.width > limit {
			return errs.New(errs.ComplexityLimit,
				"The mutation has %d root fields; the limit is %d. Send several requests.", size.width, limit).Having(errs.Data{Limit: limit})
		}
		return nil
	}}
}

// Complexity refuses operations that cost more than limit, by the schema's
// cost functions: a field costs 1 and a list its page size times a row's cost.
func Complexity(limit int) graphql.HandlerExtension {
	return &rule{name: "Complexity", check: func(ctx context.Context, es graphql.ExecutableSchema, opCtx *graphql.OperationContext) error {
		// gqlgen walks a fragment once for each time it is spread: nested
		// spreads would make the very calculation exponential. Each field costs
		// at least 1, so counting them first, each fragment once, bounds it.
		m := measurer{}
		if size := m.measure(opCtx.Operation.SelectionSet); size.fields > limit {
			return errs.New(errs.ComplexityLimit, "The operation costs at least %d; the limit is %d.", size.fields, limit).Having(errs.Data{Limit: limit})
		}
		cost := complexity.Calculate(ctx, es, opCtx.Operation, opCtx.Variables)
		if cost > limit {
			return errs.New(errs.ComplexityLimit,
				"The operation costs %d; the limit is %d. Request fewer fields or smaller pages.", cost, limit).Having(errs.Data{Limit: limit})
		}
		return viewer.Charge(ctx, cost)
	}}
}

// rule is a check of an operation that is valid but has not begun.
type rule struct {
	name string
	es   graphql.ExecutableSchema
	// ready prepares the check for a schema; nil: it needs no preparation.
	ready func(graphql.ExecutableSchema)
	check func(context.Context, graphql.ExecutableSchema, *graphql.OperationContext) error
}

var _ graphql.OperationContextMutator = (*rule)(nil)

// ExtensionName returns the limit's name, which gqlgen asks for.
func (r *rule) ExtensionName() string { return r.name + "Limit" }

// Validate keeps the schema for the check.
func (r *rule) Validate(es graphql.ExecutableSchema) error {
	if es == nil {
		return fmt.Errorf("the %s limit needs a schema", r.name)
	}
	r.es = es
	if r.ready != nil {
		r.ready(es)
	}
	return nil
}

// MutateOperationContext runs the check; it changes nothing.
func (r *rule) MutateOperationContext(ctx context.Context, opCtx *graphql.OperationContext) *gqlerror.Error {
	if err := r.check(ctx, r.es, opCtx); err != nil {
		return gqlerror.Wrap(err)
	}
	return nil
}

// size is what a selection set asks for once its fragments are put in.
type size struct{ depth, fields, width int }

// enough is more than any limit; sums stop there instead of overflowing.
const enough = 1 << 30

// measurer sizes up selection sets, each fragment once. The document must be
// valid, so that fragments are known and free of cycles.
type measurer struct {
	fragments map[string]size
	meta      map[string]bool
	fault     error
}

func (m *measurer) measure(set ast.SelectionSet) size {
	var total size
	for _, selection := range set {
		var part size
		switch s := selection.(type) {
		case *ast.Field:
			part = m.measureField(s)
		case *ast.InlineFragment:
			part = m.measure(s.SelectionSet)
		case *ast.FragmentSpread:
			part = m.measureFragment(s)
		}
		total.depth = max(total.depth, part.depth)
		total.fields = min(total.fields+part.fields, enough)
		total.width = min(total.width+part.width, enough)
	}
	return total
}

func (m *measurer) measureField(f *ast.Field) size {
	switch f.Name {
	case "__schema": // costs nothing in gqlgen's calculation, which does not look into it
		if f.Alias != f.Name {
			m.refuseAlias(f)
		}
		m.introspection(f.SelectionSet)
		return size{width: 1}
	case "__type":
		m.introspection(f.SelectionSet)
		return size{fields: min(m.measure(f.SelectionSet).fields+1, enough), width: 1}
	}
	below := m.measure(f.SelectionSet)
	return size{depth: below.depth + 1, fields: min(below.fields+1, enough), width: 1}
}

func (m *measurer) measureFragment(s *ast.FragmentSpread) size {
	if known, ok := m.fragments[s.Name]; ok {
		return known
	}
	found := m.measure(s.Definition.SelectionSet)
	if m.fragments == nil {
		m.fragments = map[string]size{}
	}
	m.fragments[s.Name] = found
	return found
}

// introspection looks for aliases below __schema and __type.
func (m *measurer) introspection(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Alias != s.Name {
				m.refuseAlias(s)
			}
			m.introspection(s.SelectionSet)
		case *ast.InlineFragment:
			m.introspection(s.SelectionSet)
		case *ast.FragmentSpread:
			if !m.meta[s.Name] {
				if m.meta == nil {
					m.meta = map[string]bool{}
				}
				m.meta[s.Name] = true
				m.introspection(s.Definition.SelectionSet)
			}
		}
	}
}

func (m *measurer) refuseAlias(f *ast.Field) {
	m.fault = errs.New(errs.ComplexityLimit, "Introspection does not allow aliases: request %q by its own name.", f.Name)
}
