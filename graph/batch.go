package graph

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Batches lets a batch resolver answer once for all objects that stand in the
// same place below a list: for `edges { node { assignee { teams } } }` the
// assignees of a page are resolved in one call, and then their teams in one
// more. Lists within lists are no bound: for `conversations { nodes { messages {
// nodes { author } } } }` all messages of all conversations are one place. gqlgen
// by itself does so only for the rows of one list, so that each node of a
// connection would be resolved alone. Nothing waits for a timer: an object's
// siblings are known when the rows of the outermost list are.
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
	if fc == nil || !fc.IsResolver || fc.Parent == nil {
		return next(ctx)
	}
	all, _ := ctx.Value(batchesKey{}).(*batches)
	self := object(reflect.ValueOf(fc.Parent.Result))
	p, ok := placeOf(fc)
	if !ok || all == nil || !self.IsValid() {
		return next(ctx)
	}
	b := all.batchAt(p, fc.Object, self.Type())
	row, in := b.index[self.Pointer()]
	if !in {
		return next(ctx)
	}
	switch answered, _ := b.answers.Load(fc.Field.Alias); answered := answered.(type) {
	case own:
		return next(ctx)
	case reflect.Value:
		return answered.Index(row).Interface(), nil
	}
	return b.resolveRow(ctx, fc, row, next)
}

// place is where objects stand: down some steps from the rows of a list that is
// in no other list. A step whose field is a list leads to all elements of it.
type place struct {
	list  *graphql.FieldContext
	steps []*graphql.FieldContext
}

// placeOf returns the place of the object that a field belongs to, and false
// if it is in no list.
func placeOf(fc *graphql.FieldContext) (place, bool) {
	var p place
	var steps []*graphql.FieldContext
	for at := fc.Parent; at != nil; at = at.Parent {
		if at.Index == nil {
			steps = append(steps, at)
			continue
		}
		for at.Parent != nil && at.Parent.Index != nil { // of a list of lists
			at = at.Parent
		}
		if p.list = at.Parent; p.list == nil {
			return place{}, false
		}
		p.steps = slices.Clone(steps)
	}
	slices.Reverse(p.steps)
	return p, p.list != nil
}

// batch is the objects of one type in one place.
type batch struct {
	once sync.Once
	// index finds each object, by its address, among the group's parents.
	index map[uintptr]int
	group *graphql.BatchParentGroup
	// context has the group, and nothing else.
	context context.Context
	// answers has, by a field's alias, what its resolver answered for all objects,
	// or own for one that answers each by itself.
	answers sync.Map
}

// own marks a resolver that is no batch resolver.
type own struct{}

type placeID struct {
	list  *graphql.FieldContext
	steps string
}

type batchID struct {
	placeID

	object string
	of     reflect.Type
}

// id names a place.
func (p place) id() placeID {
	var names strings.Builder
	for _, step := range p.steps {
		names.WriteString(step.Object + "." + step.Field.Alias + " ")
	}
	return placeID{p.list, names.String()}
}

// batches holds what a response knows of its places.
type batches struct {
	objects sync.Map // *objects by placeID
	batches sync.Map // *batch by batchID
}

// objects is what stands in one place, of whatever types, once it is looked for.
type objects struct {
	once sync.Once
	list []reflect.Value
}

// batchAt returns the batch of a place for the objects of one type, made with the
// first call.
func (all *batches) batchAt(p place, name string, of reflect.Type) *batch {
	found, _ := all.batches.LoadOrStore(batchID{p.id(), name, of}, &batch{})
	b := found.(*batch) //nolint:errcheck // nothing else is stored
	b.once.Do(func() { b.fillObjects(all.siblings(p), name, of) })
	return b
}

// fillObjects takes from a place's objects those of one type.
func (b *batch) fillObjects(siblings []reflect.Value, name string, of reflect.Type) {
	parents := reflect.MakeSlice(reflect.SliceOf(of), 0, len(siblings))
	b.index = make(map[uintptr]int, len(siblings))
	for _, o := range siblings {
		if _, twice := b.index[o.Pointer()]; o.Type() == of && !twice {
			b.index[o.Pointer()] = parents.Len()
			parents = reflect.Append(parents, o)
		}
	}
	b.context = graphql.WithBatchParents(context.Background(), name, parents.Interface(), nil)
	b.group = graphql.GetBatchParentGroup(b.context, name)
}

// siblings returns the objects in a place. Those are missing whose way leads over
// what is neither a batch resolver, a struct's field nor a method without
// arguments: they are resolved alone.
func (all *batches) siblings(p place) []reflect.Value {
	found, _ := all.objects.LoadOrStore(p.id(), &objects{})
	here := found.(*objects) //nolint:errcheck // nothing else is stored
	here.once.Do(func() {
		if len(p.steps) == 0 {
			here.list = appendObjects(nil, reflect.ValueOf(p.list.Result))
			return
		}
		above, last := place{p.list, p.steps[:len(p.steps)-1]}, p.steps[len(p.steps)-1]
		if last.IsResolver {
			here.list = all.resolved(above, last)
			return
		}
		for _, o := range all.siblings(above) {
			here.list = appendObjects(here.list, below(o, last))
		}
	})
	return here.list
}

// resolved returns what the batch resolver of a step down from above answered. It
// has answered: an object in the place below asks.
func (all *batches) resolved(above place, step *graphql.FieldContext) []reflect.Value {
	parent := object(reflect.ValueOf(step.Parent.Result))
	if !parent.IsValid() {
		return nil
	}
	found, ok := all.batches.Load(batchID{above.id(), step.Object, parent.Type()})
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
	return appendObjects(nil, results)
}

// below returns what the field of a step is of an object; an invalid value if that
// is neither a struct's field nor a method without arguments.
func below(o reflect.Value, step *graphql.FieldContext) reflect.Value {
	named := func(name string) bool { return strings.EqualFold(name, step.Field.Name) }
	if !step.IsMethod {
		if field, ok := o.Type().Elem().FieldByNameFunc(named); ok {
			if value, err := o.Elem().FieldByIndexErr(field.Index); err == nil {
				return value
			}
		}
		return reflect.Value{}
	}
	for i := range o.NumMethod() {
		if method := o.Method(i); named(o.Type().Method(i).Name) && method.Type().NumIn() == 0 && method.Type().NumOut() == 1 {
			return method.Call(nil)[0]
		}
	}
	return reflect.Value{}
}

// appendObjects adds the objects that a value is or holds, down to those of lists
// of lists.
func appendObjects(list []reflect.Value, v reflect.Value) []reflect.Value {
	if v.Kind() != reflect.Slice {
		if o := object(v); o.IsValid() {
			list = append(list, o)
		}
		return list
	}
	for i := range v.Len() {
		list = appendObjects(list, v.Index(i))
	}
	return list
}

// object returns the pointer to a struct that v is, holds or points to, or that leads
// to it if it is an element of a list; else an invalid value.
func object(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() != reflect.Struct {
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct && v.CanAddr() {
		return v.Addr()
	}
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return reflect.Value{}
	}
	return v
}

// resolveRow calls the resolver as if its object were the row itself, which is
// where gqlgen looks for a group. Its errors are taken out of that context, so
// that they are presented with the field's own path.
func (b *batch) resolveRow(ctx context.Context, fc *graphql.FieldContext, row int, next graphql.Resolver) (any, error) {
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
	b.recordAnswer(fc.Field.Alias, err)
	return res, err
}

// recordAnswer remembers what a resolver answered for all rows, so that only the
// first row pays for asking. Where an error is among the answers, each row asks.
func (b *batch) recordAnswer(alias string, err error) {
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
