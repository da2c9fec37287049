package graph

import (
	"context"

	"parley/graph/model"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/node"
)

// maxNodes is how many objects `nodes` loads at once.
const maxNodes = 100

// value returns what an optional argument points to, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// pick returns a field of each object.
func pick[T any](objects []T, field func(T) string) []string {
	list := make([]string, len(objects))
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
func refs[T any](objects []T, field func(T) node.Ref) []node.Ref {
	list := make([]node.Ref, len(objects))
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

// node loads any object by its id; what the caller may not see is null.
func (r *Resolver) node(ctx context.Context, nodeID string) (model.Node, error) {
	if id.Is(nodeID, id.Task) {
		task, err := r.Services.Conversations.Task(ctx, nodeID)
		if task == nil {
			return nil, err
		}
		return task, nil
	}
	return r.Services.Nodes.Get(ctx, nodeID)
}
