package people

import (
	"context"
	"errors"
	"slices"

	"parley/ent"
	"parley/ent/inboxteam"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// CreateTeam makes a team of active users (AC-2). Errors: ALREADY_EXISTS on
// name.
func (s *Service) CreateTeam(ctx context.Context, in CreateTeamInput) (*ent.Team, error) {
	in1 := Call{"createTeam", in.IdempotencyKey, in, id.New(id.Team)}
	teamID, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		name, err := teamName(ctx, tx, in.Name)
		users, err2 := ActiveUserIDs(ctx, tx, "userIds", in.UserIDs)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if err := tx.Client.Team.Create().SetID(in1.Result).SetName(name).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		c := changes{}
		for _, u := range users {
			c.told("members", "", u)
		}
		tx.Append(ctx, store.Event{Type: vocab.TeamCreated, SubjectID: in1.Result, Changes: c})
		return join(ctx, tx, in1.Result, users)
	})
	if err != nil {
		return nil, err
	}
	return loadTeam(ctx, s.store.Client(ctx), teamID)
}

// teamName cleans a name and refuses one that another team has.
func teamName(ctx context.Context, tx *store.Tx, name string) (string, error) {
	name, err := CleanName(name, "name")
	if err != nil {
		return "", err
	}
	taken, err := tx.Client.Team.Query().Where(team.Name(name)).Exist(ctx)
	if err == nil && taken {
		err = errs.New(errs.AlreadyExists, "There is a team of this name already.").On("name")
	}
	return name, err
}

func join(ctx context.Context, tx *store.Tx, teamID string, users []string) error {
	rows := make([]*ent.TeamMemberCreate, len(users))
	for i, u := range users {
		rows[i] = tx.Client.TeamMember.Create().SetID(id.New("member")).SetTeamID(teamID).SetUserID(u)
	}
	return tx.Client.TeamMember.CreateBulk(rows...).Exec(ctx)
}

// UpdateTeam renames a team, and adds and removes users. They gain and lose the
// inboxes that they reach through it alone at once (AC-11).
func (s *Service) UpdateTeam(ctx context.Context, in UpdateTeamInput) (*ent.Team, error) {
	in1 := Call{"updateTeam", in.IdempotencyKey, in, in.TeamID}
	_, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		t, err := loadTeam(ctx, tx.Client, in.TeamID)
		if err != nil {
			return err
		}
		c := changes{}
		if err := errors.Join(rename(ctx, tx, t, in.Name, &c), regroup(ctx, tx, in, &c)); err != nil {
			return err
		}
		if len(c) > 0 {
			tx.Append(ctx, store.Event{Type: vocab.TeamUpdated, SubjectID: t.ID, Changes: c})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return loadTeam(ctx, s.store.Client(ctx), in.TeamID)
}

func rename(ctx context.Context, tx *store.Tx, t *ent.Team, wanted *string, c *changes) error {
	if wanted == nil || *wanted == t.Name {
		return nil
	}
	name, err := teamName(ctx, tx, *wanted)
	if err != nil {
		return err
	}
	c.named("name", t.Name, name)
	return tx.Client.Team.UpdateOneID(t.ID).SetName(name).Exec(ctx)
}

// regroup adds and removes users; who is in the team, or gone, already is
// passed over.
func regroup(ctx context.Context, tx *store.Tx, in UpdateTeamInput, c *changes) error {
	add, err := ActiveUserIDs(ctx, tx, "addUserIds", in.AddUserIDs)
	remove, err2 := UserIDs(ctx, tx, "removeUserIds", in.RemoveUserIDs)
	if err := errors.Join(err, err2, Apart(in.AddUserIDs, "removeUserIds", in.RemoveUserIDs)); err != nil {
		return err
	}
	members, err := tx.Client.TeamMember.Query().Where(teammember.TeamID(in.TeamID)).Select(teammember.FieldUserID).Strings(ctx)
	if err != nil {
		return err
	}
	add = slices.DeleteFunc(add, contains(members))
	remove = slices.DeleteFunc(remove, func(u string) bool { return !slices.Contains(members, u) })
	for _, u := range add {
		c.told("members", "", u)
	}
	for _, u := range remove {
		c.told("members", u, "")
	}
	if err := join(ctx, tx, in.TeamID, add); err != nil {
		return err
	}
	if err := conversation.RequestOffers(ctx, tx); err != nil || len(remove) == 0 {
		return err
	}
	return Withdraw(ctx, tx, remove, func() error {
		_, err := tx.Client.TeamMember.Delete().Where(teammember.TeamID(in.TeamID), teammember.UserIDIn(remove...)).Exec(ctx)
		return err
	})
}

// DeleteTeam deletes a team and returns its id. Its users lose the inboxes that
// they reach through it alone (AC-11).
func (s *Service) DeleteTeam(ctx context.Context, in DeleteTeamInput) (string, error) {
	in1 := Call{"deleteTeam", in.IdempotencyKey, in, in.TeamID}
	teamID, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		if _, err := loadTeam(ctx, tx.Client, in.TeamID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.TeamDeleted, SubjectID: in.TeamID})
		tx.Enqueue(store.Job{Args: conversation.ReleaseTeamArgs{AccountID: viewer.FromContext(ctx).AccountID, TeamID: in.TeamID}})
		members, err := tx.Client.TeamMember.Query().Where(teammember.TeamID(in.TeamID)).Select(teammember.FieldUserID).Strings(ctx)
		if err != nil {
			return err
		}
		return Withdraw(ctx, tx, members, func() error { return dissolve(ctx, tx, in.TeamID) })
	})
	return teamID, err
}

func dissolve(ctx context.Context, tx *store.Tx, teamID string) error {
	inboxes, err := tx.Client.InboxTeam.Query().Where(inboxteam.TeamID(teamID)).Order(inboxteam.ByInboxID()).
		Select(inboxteam.FieldInboxID).Strings(ctx)
	if err != nil {
		return err
	}
	for _, inboxID := range inboxes {
		tx.Append(ctx, store.Event{Type: vocab.MemberRemoved, InboxID: inboxID, SubjectID: teamID})
	}
	if _, err := tx.Client.InboxTeam.Delete().Where(inboxteam.TeamID(teamID)).Exec(ctx); err != nil {
		return err
	}
	if _, err := tx.Client.TeamMember.Delete().Where(teammember.TeamID(teamID)).Exec(ctx); err != nil {
		return err
	}
	return tx.Client.Team.DeleteOneID(teamID).Exec(ctx)
}

func loadTeam(ctx context.Context, client *ent.Client, teamID string) (*ent.Team, error) {
	if id.Is(teamID, id.Team) {
		t, err := client.Team.Get(ctx, teamID)
		if !ent.IsNotFound(err) {
			return t, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no team %q.", errs.Clip(teamID)).On("teamId")
}
