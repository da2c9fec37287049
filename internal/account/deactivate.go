package account

import (
	"context"

	"parley/internal/idempotency"

	"parley/ent"
	"parley/ent/apitoken"
	"parley/ent/inboxuser"
	"parley/ent/session"
	"parley/ent/teammember"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Deactivate ends a user's access: their tokens and sessions stop and their memberships go
// at once, their open conversations are released (a reaction); what they wrote
// keeps their name (AC-11). Reactivate is the way back. Errors: LAST_ADMIN on userId.
func (s *Service) Deactivate(ctx context.Context, in DeactivateUserInput) (*ent.User, error) {
	call := idempotency.Call{Mutation: "deactivateUser", Key: in.IdempotencyKey, Input: in, Result: in.UserID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		u, err := loadUser(ctx, tx.Client, in.UserID, "userId")
		if err != nil || u.DeactivatedAt.IsSet() {
			return err
		}
		if err := mayLose(ctx, tx, u, "userId"); err != nil {
			return err
		}
		return deactivate(ctx, tx, u)
	})
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), in.UserID, "userId")
}

// Reactivate lets a deactivated user in again: they get new tokens, and are added anew
// to inboxes and teams (AC-13). One who is active stays as they are.
func (s *Service) Reactivate(ctx context.Context, in ReactivateUserInput) (*ent.User, error) {
	call := idempotency.Call{Mutation: "reactivateUser", Key: in.IdempotencyKey, Input: in, Result: in.UserID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		u, err := loadUser(ctx, tx.Client, in.UserID, "userId")
		if err != nil || !u.DeactivatedAt.IsSet() {
			return err
		}
		return reactivate(ctx, tx, u)
	})
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), in.UserID, "userId")
}

func reactivate(ctx context.Context, tx *store.Tx, u *ent.User) error {
	tx.Append(ctx, store.Event{Type: vocab.UserReactivated, SubjectID: u.ID})
	return tx.Client.User.UpdateOneID(u.ID).SetDeactivatedAt(0).SetRemovedFromDirectory(false).SetReturningTeamIds([]string{}).Exec(ctx)
}

func deactivate(ctx context.Context, tx *store.Tx, u *ent.User) error {
	tx.Append(ctx, store.Event{Type: vocab.UserDeactivated, SubjectID: u.ID})
	teams, err := tx.Client.TeamMember.Query().Where(teammember.UserID(u.ID)).Order(teammember.ByTeamID()).Select(teammember.FieldTeamID).Strings(ctx)
	if err != nil {
		return err
	}
	// A directory that knows the user as a member still does.
	if err := tx.Client.User.UpdateOneID(u.ID).SetDeactivatedAt(tx.Now()).SetReturningTeamIds(notNil(teams)).Exec(ctx); err != nil {
		return err
	}
	if err := revokeTokens(ctx, tx, apitoken.UserID(u.ID)); err != nil {
		return err
	}
	if err := EndSessions(ctx, tx, session.UserID(u.ID)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM sign_in_links WHERE user_id = $1", u.ID); err != nil {
		return err
	}
	if err := endInvitation(ctx, tx, u.ID); err != nil {
		return err
	}
	if err := leaveInboxes(ctx, tx, u.ID); err != nil {
		return err
	}
	return leaveTeams(ctx, tx, u.ID)
}

// notNil is a list as a column of JSON has it, in which null is another thing than an empty one.
func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func leaveInboxes(ctx context.Context, tx *store.Tx, userID string) error {
	left, err := tx.Client.InboxUser.Query().Where(inboxuser.UserID(userID)).Order(inboxuser.ByInboxID()).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range left {
		tx.Append(ctx, store.Event{Type: vocab.MemberRemoved, InboxID: m.InboxID, SubjectID: userID})
	}
	_, err = tx.Client.InboxUser.Delete().Where(inboxuser.UserID(userID)).Exec(ctx)
	return err
}

func leaveTeams(ctx context.Context, tx *store.Tx, userID string) error {
	left, err := tx.Client.TeamMember.Query().Where(teammember.UserID(userID)).Order(teammember.ByTeamID()).All(ctx)
	if err != nil {
		return err
	}
	var c store.Changes
	c.Optional("members", userID, "")
	for _, m := range left {
		tx.Append(ctx, store.Event{Type: vocab.TeamUpdated, SubjectID: m.TeamID, Changes: c})
	}
	_, err = tx.Client.TeamMember.Delete().Where(teammember.UserID(userID)).Exec(ctx)
	return err
}
