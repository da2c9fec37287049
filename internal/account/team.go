package account

import (
	"context"
	"errors"
	"slices"

	"parley/ent"
	"parley/ent/inboxteam"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// CreateTeam makes a team of active users (AC-2). Errors: ALREADY_EXISTS on
// name.
func (s *Service) CreateTeam(ctx context.Context, in CreateTeamInput) (*ent.Team, error) {
	call := idempotency.Call{
		Mutation: "createTeam", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Team),
		Own: []idempotency.Own{{Kind: id.Team, Field: "id", ID: in.ID}},
	}
	teamID, err := AdministerNew(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		name, err := teamName(ctx, tx, in.Name, call.Result)
		users, err2 := ActiveUserIDs(ctx, tx, "userIds", in.UserIDs)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if err := tx.Client.Team.Create().SetID(call.Result).SetName(name).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		var c store.Changes
		for _, u := range users {
			c.Optional("members", "", u)
		}
		tx.Append(ctx, store.Event{Type: vocab.TeamCreated, SubjectID: call.Result, Changes: c})
		return addToTeam(ctx, tx, call.Result, users)
	})
	if err != nil {
		return nil, err
	}
	return loadTeam(ctx, s.store.Client(ctx), teamID)
}

// teamName cleans a name and refuses one that another team has, whatever its case.
func teamName(ctx context.Context, tx *store.Tx, name, teamID string) (string, error) {
	name, err := CleanName(name, "name")
	if err != nil {
		return "", err
	}
	others, err := tx.Client.Team.Query().Where(team.IDNEQ(teamID)).Select(team.FieldName).Strings(ctx)
	if err != nil {
		return "", err
	}
	return name, FreeName(name, "A team", others)
}

func addToTeam(ctx context.Context, tx *store.Tx, teamID string, users []string) error {
	rows := make([]*ent.TeamMemberCreate, len(users))
	for i, u := range users {
		rows[i] = tx.Client.TeamMember.Create().SetID(id.New("member")).SetTeamID(teamID).SetUserID(u)
	}
	return tx.Client.TeamMember.CreateBulk(rows...).Exec(ctx)
}

// UpdateTeam renames a team, and adds and removes users. They gain and lose the
// inboxes that they reach through it alone at once (AC-11).
func (s *Service) UpdateTeam(ctx context.Context, in UpdateTeamInput) (*ent.Team, error) {
	call := idempotency.Call{Mutation: "updateTeam", Key: in.IdempotencyKey, Input: in, Result: in.TeamID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := loadTeam(ctx, tx.Client, in.TeamID)
		if err != nil {
			return err
		}
		var c store.Changes
		if err := errors.Join(renameTeam(ctx, tx, t, in.Name, &c), changeTeamMembers(ctx, tx, in, &c)); err != nil {
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

func renameTeam(ctx context.Context, tx *store.Tx, t *ent.Team, name opt.Value[*string], c *store.Changes) error {
	wanted, err := opt.NotNull(name, "name")
	if wanted == nil || *wanted == t.Name {
		return err
	}
	clean, err := teamName(ctx, tx, *wanted, t.ID)
	if err != nil {
		return err
	}
	c.Named("name", t.Name != clean)
	return tx.Client.Team.UpdateOneID(t.ID).SetName(clean).Exec(ctx)
}

// changeTeamMembers adds and removes users; who is in the team, or gone, already is
// passed over.
func changeTeamMembers(ctx context.Context, tx *store.Tx, in UpdateTeamInput, c *store.Changes) error {
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
		c.Optional("members", "", u)
	}
	for _, u := range remove {
		c.Optional("members", u, "")
	}
	if err := addToTeam(ctx, tx, in.TeamID, add); err != nil {
		return err
	}
	_, err = tx.Client.TeamMember.Delete().Where(teammember.TeamID(in.TeamID), teammember.UserIDIn(remove...)).Exec(ctx)
	return err
}

// DeleteTeam deletes a team; one that is used is archived, if that was asked for, and
// otherwise IN_USE, with what uses it (IB-7). It returns the team only if it was archived.
// Users of a deleted team lose the inboxes that they reach through it alone (AC-11).
func (s *Service) DeleteTeam(ctx context.Context, in DeleteTeamInput) (*ent.Team, error) {
	call := idempotency.Call{Mutation: "deleteTeam", Key: in.IdempotencyKey, Input: in, Result: in.TeamID}
	teamID, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := loadTeam(ctx, tx.Client, in.TeamID)
		if err != nil {
			return err
		}
		usedBy, err := UsedBy(ctx, tx, in.TeamID)
		switch {
		case err != nil:
			return err
		case len(usedBy) == 0:
			tx.Append(ctx, store.Event{Type: vocab.TeamDeleted, SubjectID: in.TeamID})
			return deleteTeam(ctx, tx, in.TeamID)
		case in.Archive == nil || !*in.Archive:
			return InUse("The team", usedBy, "teamId")
		}
		return archiveTeam(ctx, tx, t)
	})
	if err != nil {
		return nil, err
	}
	archived, err := s.store.Client(ctx).Team.Query().Where(team.ID(teamID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return archived, err
}

// archiveTeam keeps a team where it is used, for nothing new: it stays with its users,
// inboxes and conversations (IB-7).
func archiveTeam(ctx context.Context, tx *store.Tx, t *ent.Team) error {
	if t.ArchivedAt.IsSet() {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.TeamArchived, SubjectID: t.ID})
	return tx.Client.Team.UpdateOneID(t.ID).SetArchivedAt(tx.Now()).Exec(ctx)
}

// Archived refuses what was archived where it is newly named: INVALID (IB-7).
func Archived(what, name string, path ...string) error {
	return errs.New(errs.Invalid, "The %s %q is archived: it stays where it is used, and cannot be used anywhere else.", what, name).On(path...)
}

func deleteTeam(ctx context.Context, tx *store.Tx, teamID string) error {
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
	if err := tx.Retire(ctx, "teams", id.Team, "id", viewer.FromContext(ctx).AccountID, teamID); err != nil {
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
