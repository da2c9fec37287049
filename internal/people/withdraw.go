package people

import (
	"context"

	"parley/ent/inboxteam"
	"parley/ent/inboxuser"
	"parley/ent/teammember"
	"parley/internal/conversation"
	"parley/internal/store"
	"parley/internal/viewer"
)

// path is a user's way into an inbox, whether direct, through a team or both.
type path struct{ userID, inboxID string }

// Withdraw runs change, which takes memberships away from the users, and has
// the open conversations released in each inbox that a user loses by it. Who
// keeps another path to the inbox keeps them (AC-11). The transaction holds the
// account's lock.
func Withdraw(ctx context.Context, tx *store.Tx, userIDs []string, change func() error) error {
	before, err := paths(ctx, tx, userIDs)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := paths(ctx, tx, userIDs)
	if err != nil {
		return err
	}
	for p := range before {
		if !after[p] {
			tx.Enqueue(store.Job{Args: conversation.ReleaseArgs{
				AccountID: viewer.FromContext(ctx).AccountID, UserID: p.userID, InboxID: p.inboxID,
				Reason: conversation.ReasonNotAMember,
			}})
		}
	}
	return nil
}

// paths returns which inboxes the users can work in (AC-3).
func paths(ctx context.Context, tx *store.Tx, userIDs []string) (map[path]bool, error) {
	all := map[path]bool{}
	direct, err := tx.Client.InboxUser.Query().Where(inboxuser.UserIDIn(userIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range direct {
		all[path{m.UserID, m.InboxID}] = true
	}
	teams := map[string][]string{}
	members, err := tx.Client.TeamMember.Query().Where(teammember.UserIDIn(userIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, m := range members {
		if teams[m.TeamID] == nil {
			ids = append(ids, m.TeamID)
		}
		teams[m.TeamID] = append(teams[m.TeamID], m.UserID)
	}
	grants, err := tx.Client.InboxTeam.Query().Where(inboxteam.TeamIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		for _, u := range teams[g.TeamID] {
			all[path{u, g.InboxID}] = true
		}
	}
	return all, nil
}
