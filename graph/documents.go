package graph

import (
	"cmp"
	"context"
	"errors"
	"sort"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"parley/internal/errs"
)

const (
	// maxDocument is the most bytes of a document. Variables do not count.
	maxDocument = 64 << 10
	// maxName is the most characters of a name in a document: the validator
	// compares a name that it does not know with all that it knows.
	maxName = 100
	// maxPairs is the most pairs of fields with one name of their own in the answer:
	// the validator compares such fields with each other, wherever they stand.
	maxPairs = 500_000
	// maxSpreads is the most uses of fragments, which it compares likewise.
	maxSpreads = 300
	// maxFaults is after how many faults a document is not checked any further.
	maxFaults = 20
)

// documents parses and validates the documents that are not in the cache yet,
// with no more work than in proportion to their length, and puts the valid ones
// there. gqlgen does the same again for one with few faults: its suggestions of
// what is meant are worth their price for those.
type documents struct {
	cache  graphql.Cache[*ast.QueryDocument]
	schema *ast.Schema
	tokens int
}

var _ graphql.OperationParameterMutator = (*documents)(nil)

// ExtensionName returns the limit's name, which gqlgen asks for.
func (d *documents) ExtensionName() string { return "DocumentLimit" }

// Validate keeps the schema.
func (d *documents) Validate(es graphql.ExecutableSchema) error {
	if es == nil {
		return errors.New("the limit of documents needs a schema")
	}
	d.schema = es.Schema()
	return nil
}

// MutateOperationParameters refuses documents whose check would cost too much.
func (d *documents) MutateOperationParameters(ctx context.Context, request *graphql.RawParams) *gqlerror.Error {
	if err := d.check(ctx, request.Query); err != nil {
		return gqlerror.Wrap(err)
	}
	return nil
}

func (d *documents) check(ctx context.Context, text string) error {
	if len(text) > maxDocument {
		return errs.New(errs.ComplexityLimit, "The document has %d bytes; the limit is %d. Pass values as variables.", len(text), maxDocument).Having(errs.Data{Limit: maxDocument})
	}
	if _, ok := d.cache.Get(ctx, text); ok {
		return nil
	}
	if err := checkNames(text, d.tokens); err != nil {
		return err
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, d.tokens)
	if err != nil || doc == nil || len(doc.Operations) == 0 {
		return nil // gqlgen reports it
	}
	if err := checkPairs(doc); err != nil {
		return err
	}
	switch faults := validate(d.schema, doc); {
	case len(faults) == 0:
		d.cache.Add(ctx, text, doc)
	case len(faults) >= maxFaults:
		return errs.New(errs.BadUserInput, "%s There are at least %d errors in the document; it was not checked any further.", faults[0].Message, maxFaults)
	}
	return nil
}

// checkNames refuses names that are longer than any in a schema.
func checkNames(text string, tokens int) error {
	words := lexer.New(&ast.Source{Input: text})
	for range tokens + 1 {
		token, err := words.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return nil
		}
		if token.Kind == lexer.Name && len(token.Value) > maxName {
			return errs.New(errs.ComplexityLimit, "The document has a name of %d characters; the limit is %d.", len(token.Value), maxName).Having(errs.Data{Limit: maxName})
		}
	}
	return nil
}

// checkPairs refuses documents that repeat names so often that comparing what
// has one name would take longer than anything else.
func checkPairs(doc *ast.QueryDocument) error {
	r := repeats{fields: map[string]int{}}
	for _, operation := range doc.Operations {
		r.count(operation.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		r.count(fragment.SelectionSet)
	}
	if n := max(r.spreads, len(doc.Fragments)); n > maxSpreads {
		return errs.New(errs.ComplexityLimit, "The document uses fragments %d times; the limit is %d.", n, maxSpreads).Having(errs.Data{Limit: maxSpreads})
	}
	pairs, name := 0, ""
	for field, n := range r.fields {
		pairs += n * (n - 1) / 2
		if n > r.fields[name] {
			name = field
		}
	}
	if pairs > maxPairs {
		return errs.New(errs.ComplexityLimit, "The document repeats fields too often: %q stands in it %d times.", name, r.fields[name])
	}
	return nil
}

// repeats counts how often each name of the answer, and fragments, are used.
type repeats struct {
	fields  map[string]int
	spreads int
}

func (r *repeats) count(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			r.fields[cmp.Or(s.Alias, s.Name)]++
			r.count(s.SelectionSet)
		case *ast.InlineFragment:
			r.count(s.SelectionSet)
		case *ast.FragmentSpread:
			r.spreads++
		}
	}
}

// validate returns the faults of a document, at most maxFaults, without
// suggestions.
func validate(schema *ast.Schema, doc *ast.QueryDocument) (faults gqlerror.List) {
	type enough struct{}
	defer func() {
		switch stopped := recover().(type) {
		case nil, enough:
		default:
			panic(stopped)
		}
	}()
	observers := &validator.Events{}
	for _, rule := range plainRules {
		rule.RuleFunc(observers, func(options ...validator.ErrorOption) {
			fault := &gqlerror.Error{Rule: rule.Name}
			for _, option := range options {
				option(fault)
			}
			if faults = append(faults, fault); len(faults) == maxFaults {
				panic(enough{}) // there is no other way out of the walk
			}
		})
	}
	validator.Walk(schema, doc, observers)
	return faults
}

// plainRules are the rules of valid documents. Those that suggest what is meant
// are in their form that does not.
var plainRules = func() (list []core.Rule) {
	all := rules.NewDefaultRules()
	for with, without := range map[string]core.Rule{
		rules.FieldsOnCorrectTypeRule.Name: rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
		rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ScalarLeafsRule.Name:         rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		all.RemoveRule(with)
		all.AddRule(without.Name, without.RuleFunc)
	}
	for name, check := range all.GetInner() {
		list = append(list, core.Rule{Name: name, RuleFunc: check})
	}
	sort.Sort(core.NameSorter(list))
	return list
}()
