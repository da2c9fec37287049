package graph

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Batches lets a batch resolver answer once for all objects that stand in the
// same place of a list's rows: for `edges { node { assignee { teams } } }` the
// assignees of a page are resolved in one call, and then their teams in one
// more. gqlgen by itself does so only for the rows themselves, so that each
// node of a connection would be resolved alone. Nothing waits for a timer: an
// object's siblings are known when its row is.
//
// It is an extension of the server: srv.Use(graph.Batches{}).
type Batches struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.ResponseInterceptor
	graphql.FieldInterceptor
} = Batches{}

// ExtensionName names the extension.
func (Batches) ExtensionName() string { return "Batches" }

// Validate accepts every schema.
func (Batches) Validate(graphql.ExecutableSchema) error { return nil }

type batchesKey struct{}

// InterceptResponse gives each response batches of its own.
func (Batches) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	return next(context.WithValue(ctx, batchesKey{}, new(batches)))
}

// InterceptField hands a resolver the group of its object's siblings.
func (Batches) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if fc == nil || !fc.IsResolver {
		return next(ctx)
	}
	all, _ := ctx.Value(batchesKey{}).(*batches)
	p, ok := placeOf(fc)
	if !ok || all == nil {
		return next(ctx)
	}
	b := all.at(p, fc.Object)
	if _, in := b.index[p.row]; !in {
		return next(ctx)
	}
	switch answered, _ := b.answers.Load(fc.Field.Alias); answered := answered.(type) {
	case own:
		return next(ctx)
	case reflect.Value:
		return answered.Index(b.index[p.row]).Interface(), nil
	}
	return b.resolve(ctx, fc, p.row, next)
}

// place is where an object stands: down some steps from a row of a list.
type place struct {
	list  *graphql.FieldContext
	row   int
	steps []*graphql.FieldContext
}

// placeOf returns the place of the object that a field belongs to, and false
// if it is in no list.
func placeOf(fc *graphql.FieldContext) (place, bool) {
	var steps []*graphql.FieldContext
	for at := fc.Parent; at != nil; at = at.Parent {
		if at.Index != nil {
			list := at.Parent
			return place{list, *at.Index, steps}, list != nil && list.Index == nil
		}
		steps = append([]*graphql.FieldContext{at}, steps...)
	}
	return place{}, false
}

// batch is the objects of one type in one place of all rows.
type batch struct {
	once sync.Once
	// index tells each row's object among the group's parents.
	index map[int]int
	group *graphql.BatchParentGroup
	// context bears the group, and nothing else.
	context context.Context
	// answers has, by a field's alias, what its resolver answered for all rows,
	// or own for one that answers each row by itself.
	answers sync.Map
}

// own marks a resolver that is no batch resolver.
type own struct{}

type batchID struct {
	list   *graphql.FieldContext
	steps  string
	object string
}

// id names the batch of a place for one type of objects.
func (p place) id(object string) batchID {
	names := make([]string, len(p.steps))
	for i, step := range p.steps {
		names[i] = step.Field.Alias
	}
	return batchID{p.list, strings.Join(names, "."), object}
}

// batches holds a response's *batch by batchID.
type batches struct{ sync.Map }

// at returns the batch of a place, made with the first call. It is empty if
// the siblings cannot be told.
func (all *batches) at(p place, object string) *batch {
	found, _ := all.LoadOrStore(p.id(object), &batch{})
	b := found.(*batch) //nolint:errcheck // nothing else is stored
	b.once.Do(func() { b.fill(all.siblings(p), p.row, object) })
	return b
}

// fill takes from objects, one for each row, those of the same type as that of row.
func (b *batch) fill(objects []reflect.Value, row int, object string) {
	if row >= len(objects) || !objects[row].IsValid() {
		return
	}
	of := objects[row].Type()
	parents := reflect.MakeSlice(reflect.SliceOf(of), 0, len(objects))
	b.index = make(map[int]int, len(objects))
	for i, o := range objects {
		if o.IsValid() && o.Type() == of {
			b.index[i] = parents.Len()
			parents = reflect.Append(parents, o)
		}
	}
	b.context = graphql.WithBatchParents(context.Background(), object, parents.Interface(), b.index)
	b.group = graphql.GetBatchParentGroup(b.context, object)
}

// siblings returns the object in a place for each row of the list; an invalid
// value where there is none, and nothing if a step is neither a batch resolver
// nor a struct's field.
func (all *batches) siblings(p place) []reflect.Value {
	if len(p.steps) == 0 {
		return elements(p.list)
	}
	above := p
	above.steps = p.steps[:len(p.steps)-1]
	last := p.steps[len(p.steps)-1]
	if last.IsResolver {
		return all.resolved(above, last)
	}
	objects := all.siblings(above)
	for i, o := range objects {
		if !o.IsValid() {
			continue
		}
		field := o.Elem().FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, last.Field.Name) })
		if !field.IsValid() {
			return nil
		}
		objects[i] = object(field)
	}
	return objects
}

// elements returns the objects that a list field answered with.
func elements(list *graphql.FieldContext) []reflect.Value {
	result := reflect.ValueOf(list.Result)
	if result.Kind() != reflect.Slice {
		return nil
	}
	objects := make([]reflect.Value, result.Len())
	for i := range objects {
		objects[i] = object(result.Index(i))
	}
	return objects
}

// resolved returns what the batch resolver of a step down from above answered
// for each row. It has answered: an object in the place below asks.
func (all *batches) resolved(above place, step *graphql.FieldContext) []reflect.Value {
	found, ok := all.Load(above.id(step.Object))
	if !ok {
		return nil
	}
	b := found.(*batch) //nolint:errcheck // nothing else is stored
	if b.group == nil {
		return nil
	}
	answer := b.group.GetFieldResult(step.Field.Alias, func() (any, error) { return nil, nil })
	results := reflect.ValueOf(answer.Results)
	if results.Kind() != reflect.Slice || results.Len() != len(b.index) {
		return nil
	}
	objects := make([]reflect.Value, reflect.ValueOf(above.list.Result).Len())
	for row, i := range b.index {
		objects[row] = object(results.Index(i))
	}
	return objects
}

// object returns the pointer to a struct that v is or holds, else an invalid value.
func object(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v
}

// resolve calls the resolver as if its object were the row itself, which is
// where gqlgen looks for a group. Its errors are taken out of that context, so
// that they are presented with the field's own path.
func (b *batch) resolve(ctx context.Context, fc *graphql.FieldContext, row int, next graphql.Resolver) (any, error) {
	var failed error
	during := graphql.WithResponseContext(ctx, func(_ context.Context, err error) *gqlerror.Error {
		failed = err
		return gqlerror.Wrap(err)
	}, graphql.DefaultRecover)
	during = graphql.WithFieldContext(during, &graphql.FieldContext{Index: &row})
	own := *fc
	during = graphql.WithFieldContext(during, &own)
	moved := &movedContext{Context: ctx, during: during, group: b.context}
	defer moved.back.Store(true)
	res, err := next(moved)
	if err == nil && failed != nil {
		err = bare(failed)
	}
	b.keep(fc.Field.Alias, err)
	return res, err
}

// keep remembers what a resolver answered for all rows, so that only the first
// row pays for asking. Where an error is among the answers, each row asks.
func (b *batch) keep(alias string, err error) {
	if err != nil {
		return
	}
	answer := b.group.GetFieldResult(alias, func() (any, error) { return nil, nil })
	results := reflect.ValueOf(answer.Results)
	switch {
	case answer.Err == nil && !results.IsValid():
		b.answers.Store(alias, own{})
	case answer.Err == nil && results.Kind() == reflect.Slice && results.Len() == len(b.index):
		b.answers.Store(alias, results)
	}
}

// bare returns an error without the path that it was given.
func bare(err error) error {
	var at *gqlerror.Error
	if !errors.As(err, &at) {
		return err
	}
	if at.Err != nil {
		return at.Err
	}
	plain := *at
	plain.Path = nil
	return &plain
}

// movedContext has other values while a resolver runs. Afterwards it is the
// field's own context again, because the fields below get it from gqlgen.
type movedContext struct {
	context.Context
	during, group context.Context
	back          atomic.Bool
}

// Value returns the group, and all else as the resolver is to see it.
func (c *movedContext) Value(key any) any {
	if c.back.Load() {
		return c.Context.Value(key)
	}
	if v, ok := c.group.Value(key).(*graphql.BatchParentState); ok {
		return v
	}
	return c.during.Value(key)
}
