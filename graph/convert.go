package graph

import (
	"context"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/conversation/view"
	"parley/internal/event"
	"parley/internal/loader"
)

// value returns what an optional argument points to, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// either returns what a pointer points to, or what stands for null.
func either[T any](p *T, otherwise T) T {
	if p != nil {
		return *p
	}
	return otherwise
}

// pick returns a field of each object.
func pick[T, V any](objects []T, field func(T) V) []V {
	list := make([]V, len(objects))
	for i, o := range objects {
		list[i] = field(o)
	}
	return list
}

// pointers points to each element of a list.
func pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// refs names an actor of each object.
func refs[T any](objects []T, field func(T) loader.Ref) []loader.Ref {
	list := make([]loader.Ref, len(objects))
	for i, o := range objects {
		list[i] = field(o)
	}
	return list
}

func actors(list []any, err error) ([]model.Actor, error) {
	converted := make([]model.Actor, len(list))
	for i, a := range list {
		converted[i] = a
	}
	return converted, err
}

// actorsOrNull loads actors by their ids, each a user's, integration's or bot's; null
// for "".
func (r *Resolver) actorsOrNull(ctx context.Context, ids []string) ([]model.Actor, error) {
	found, err := actors(r.Services.Nodes.Actors(ctx, refs(ids, func(id string) loader.Ref { return loader.Ref{ID: id} })))
	for i, id := range ids {
		if id == "" && err == nil {
			found[i] = nil
		}
	}
	return found, err
}

// tagsOfFilters loads the tags that filters name by their ids.
func (r *Resolver) tagsOfFilters(ctx context.Context, filters []*view.Filter) ([][]*ent.Tag, error) {
	lists := make([][]string, len(filters))
	for i, f := range filters {
		lists[i] = f.Tags
	}
	return r.Services.Nodes.TagLists(ctx, lists)
}

func channels(list []any, err error) ([]model.Channel, error) {
	converted := make([]model.Channel, len(list))
	for i, c := range list {
		converted[i] = c
	}
	return converted, err
}

// single loads one object by its id; null for "", and for what the caller may
// not see.
func single[T any](ctx context.Context, id string, load func(context.Context, []string) ([]*T, error)) (*T, error) {
	found, err := load(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func eventPage(p *event.Page, err error) (*model.EventConnection, error) {
	if err != nil {
		return nil, err
	}
	return &model.EventConnection{Connection: p.Connection, ScannedTo: p.ScannedTo}, nil
}
