package graph

import (
	"context"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/vocab"
)

// goneOfRules are the teams, and the lists of conditions, that routing rules name and
// that are gone.
func (r *Resolver) goneOfRules(ctx context.Context, rules []*vocab.RoutingRule) ([][]*model.GoneReference, error) {
	gone, err := r.goneTeams(ctx, pick(rules, func(rule *vocab.RoutingRule) []string { return rule.TeamIDs }))
	if err != nil {
		return nil, err
	}
	lists, err := goneOf(ctx, pick(rules, listsOf), r.Services.Contacts.ListsByID)
	for i := range lists {
		gone[i] = append(gone[i], lists[i]...)
	}
	return gone, err
}

func listsOf(rule *vocab.RoutingRule) (ids []string) {
	for _, c := range rule.Conditions {
		if c.Kind == vocab.RouteByList {
			ids = append(ids, c.Value)
		}
	}
	return ids
}

func (r *Resolver) goneTeams(ctx context.Context, ids [][]string) ([][]*model.GoneReference, error) {
	return goneOf(ctx, ids, r.Services.Nodes.Teams)
}

// goneOf says which of several lists of ids name nothing any more, with one load.
func goneOf[T ent.Team | ent.ContactList](ctx context.Context, ids [][]string, load func(context.Context, []string) ([]*T, error)) ([][]*model.GoneReference, error) {
	var all []string
	for _, list := range ids {
		all = append(all, list...)
	}
	gone := make([][]*model.GoneReference, len(ids))
	found, err := load(ctx, all)
	if err != nil {
		return nil, err
	}
	at := 0
	for i, list := range ids {
		gone[i] = []*model.GoneReference{}
		for _, id := range list {
			if found[at] == nil {
				gone[i] = append(gone[i], &model.GoneReference{ID: id, Deleted: true})
			}
			at++
		}
	}
	return gone, nil
}

func withoutEmpty(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}
