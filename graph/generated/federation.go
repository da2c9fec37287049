// Package generated is what gqlgen makes of the SDL, and what it leaves out of a
// gateway's fields: this file is written by hand.
package generated

import (
	"context"
	"errors"

	"parley/graph/model"
)

// FederationResolver answers Query._service and Query._entities, for which
// gqlgen writes calls, but no resolver: it leaves them to its plugin.
type FederationResolver interface {
	Subgraph(ctx context.Context) (model.Subgraph, error)
	Entities(ctx context.Context, representations []map[string]any) ([]model.Node, error)
}

var errNoFederation = errors.New("the resolvers answer no gateway")

func (ec *executionContext) __resolve__service(ctx context.Context) (model.Subgraph, error) {
	r, ok := ec.Resolvers.(FederationResolver)
	if !ok {
		return model.Subgraph{}, errNoFederation
	}
	return r.Subgraph(ctx)
}

func (ec *executionContext) __resolve_entities(ctx context.Context, representations []map[string]any) []model.Node {
	r, ok := ec.Resolvers.(FederationResolver)
	if !ok {
		ec.Error(ctx, errNoFederation)
		return nil
	}
	list, err := r.Entities(ctx, representations)
	if err != nil {
		ec.Error(ctx, err)
	}
	return list
}
