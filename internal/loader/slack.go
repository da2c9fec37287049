package loader

import (
	"context"

	"parley/ent"
	"parley/ent/slackchannel"
	"parley/ent/slackworkspace"
)

// SlackWorkspaces loads by id; see the package.
func (s *Service) SlackWorkspaces(ctx context.Context, ids []string) ([]*ent.SlackWorkspace, error) {
	return align(ids, func(distinct []string) ([]*ent.SlackWorkspace, error) {
		return s.store.Client(ctx).SlackWorkspace.Query().Where(slackworkspace.IDIn(distinct...)).All(ctx)
	}, func(v *ent.SlackWorkspace) string { return v.ID })
}

// SlackChannels loads by id; see the package.
func (s *Service) SlackChannels(ctx context.Context, ids []string) ([]*ent.SlackChannel, error) {
	return align(ids, func(distinct []string) ([]*ent.SlackChannel, error) {
		return s.store.Client(ctx).SlackChannel.Query().Where(slackchannel.IDIn(distinct...)).All(ctx)
	}, func(v *ent.SlackChannel) string { return v.ID })
}
