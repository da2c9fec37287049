package routing

import (
	"context"

	"parley/ent"
	"parley/ent/inboxteam"
	"parley/ent/inboxuser"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/clock"
)

// Members returns the active users who are members of an inbox, directly or
// through a team (AC-3): whom a conversation may be assigned to.
func Members(ctx context.Context, client *ent.Client, inboxID string) (map[string]bool, error) {
	ids, err := client.InboxUser.Query().Where(inboxuser.InboxID(inboxID)).Select(inboxuser.FieldUserID).Strings(ctx)
	if err != nil {
		return nil, err
	}
	teams, err := client.InboxTeam.Query().Where(inboxteam.InboxID(inboxID)).Select(inboxteam.FieldTeamID).Strings(ctx)
	if err != nil {
		return nil, err
	}
	if len(teams) > 0 {
		more, err := client.TeamMember.Query().Where(teammember.TeamIDIn(teams...)).Select(teammember.FieldUserID).Strings(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, more...)
	}
	active, err := client.User.Query().Where(user.IDIn(ids...), user.DeactivatedAt(clock.Micros(0))).IDs(ctx)
	if err != nil {
		return nil, err
	}
	members := make(map[string]bool, len(active))
	for _, u := range active {
		members[u] = true
	}
	return members, nil
}
