package store_test

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
)

// entity is an ent type with the operations that every type has.
type entity struct {
	name   string
	client reflect.Value
}

// entities returns every type of the client.
func entities(c *ent.Client) []entity {
	var list []entity
	clients := reflect.ValueOf(c).Elem()
	for i := range clients.NumField() {
		field := clients.Type().Field(i)
		if field.IsExported() && field.Type.Kind() == reflect.Pointer && strings.HasSuffix(field.Type.Elem().Name(), "Client") {
			list = append(list, entity{name: field.Name, client: clients.Field(i)})
		}
	}
	return list
}

func call(on reflect.Value, method string, args ...any) []reflect.Value {
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		in[i] = reflect.ValueOf(a)
	}
	return on.MethodByName(method).Call(in)
}

func failure(out []reflect.Value) error {
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

// among narrows a builder to ids.
func among(builder reflect.Value, ids []string) reflect.Value {
	where := builder.MethodByName("Where")
	predicate := func(s *sql.Selector) {
		args := make([]any, len(ids))
		for i := range ids {
			args[i] = ids[i]
		}
		s.Where(sql.In(s.C("id"), args...))
	}
	return where.Call([]reflect.Value{reflect.ValueOf(predicate).Convert(where.Type().In(0).Elem())})[0]
}

func (e entity) ids(ctx context.Context) ([]string, error) {
	out := call(call(e.client, "Query")[0], "IDs", ctx)
	ids, _ := out[0].Interface().([]string)
	slices.Sort(ids)
	return ids, failure(out)
}

func (e entity) count(ctx context.Context) (int64, error) {
	out := call(call(e.client, "Query")[0], "Count", ctx)
	return out[0].Int(), failure(out)
}

func (e entity) all(ctx context.Context) (int, error) {
	out := call(call(e.client, "Query")[0], "All", ctx)
	return out[0].Len(), failure(out)
}

func (e entity) exist(ctx context.Context) (bool, error) {
	out := call(call(e.client, "Query")[0], "Exist", ctx)
	return out[0].Bool(), failure(out)
}

func (e entity) get(ctx context.Context, id string) error {
	return failure(call(e.client, "Get", ctx, id))
}

func (e entity) updateOne(ctx context.Context, id string) error {
	return failure(call(call(e.client, "UpdateOneID", id)[0], "Exec", ctx))
}

func (e entity) deleteOne(ctx context.Context, id string) error {
	return failure(call(call(e.client, "DeleteOneID", id)[0], "Exec", ctx))
}

func (e entity) deleteAll(ctx context.Context, ids []string) (int64, error) {
	out := call(among(call(e.client, "Delete")[0], ids), "Exec", ctx)
	return out[0].Int(), failure(out)
}

// touchAll updates rows without a change and returns how many it met.
func (e entity) touchAll(ctx context.Context, ids []string) (int64, error) {
	update := among(call(e.client, "Update")[0], ids)
	call(update, "Modify", func(u *sql.UpdateBuilder) { u.Set("id", sql.Raw("id")) })
	out := call(update, "Save", ctx)
	return out[0].Int(), failure(out)
}

func (e entity) create(ctx context.Context) error {
	return failure(call(call(e.client, "Create")[0], "Exec", ctx))
}
