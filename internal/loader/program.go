package loader

import (
	"context"

	"parley/ent"
)

// programs loads integrations and bots, where their ids stand.
func (s *Service) programs(ctx context.Context, integrationIDs, botIDs []string) ([]*ent.Integration, []*ent.Bot, error) {
	integrations, err := s.Integrations(ctx, integrationIDs)
	if err != nil {
		return nil, nil, err
	}
	bots, err := s.Bots(ctx, botIDs)
	return integrations, bots, err
}
