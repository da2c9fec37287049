package view

import (
	"context"

	"parley/ent"
	"parley/internal/routing"
	"parley/internal/viewer"
)

// OpenOfUsers returns how many open conversations each user has in the whole account,
// without those that are filtered or snoozed, with one query: what routing goes by
// (RT-2).
func (s *Service) OpenOfUsers(ctx context.Context, users []*ent.User) ([]int, error) {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	loads, err := s.LoadsOfUsers(ctx, ids)
	counts := make([]int, len(users))
	for i, u := range users {
		counts[i] = loads[u.ID].Open
	}
	return counts, err
}

// LoadsOfUsers returns what users have to do, as routing counts it (RT-2), with one query.
func (s *Service) LoadsOfUsers(ctx context.Context, ids []string) (map[string]routing.Load, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return routing.CountLoads(ctx, s.store.Query, viewer.FromContext(ctx).AccountID, ids)
}
