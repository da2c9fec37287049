package account

import (
	"context"
	"errors"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// MaxProvisioned is the most members that a directory's group has here.
const MaxProvisioned = 10_000

// changesOfEvent is how many members one event names at most.
const changesOfEvent = 1000

// ProvisionedTeam is what a directory says of a team (AC-19).
type ProvisionedTeam struct {
	Name string
	// ExternalID is the directory's id of the group; "": none.
	ExternalID string
	// Members are users, also those who are inactive and return to the team once they are not.
	Members []string
}

// ProvisionTeam makes a team, if teamID is "", or changes one as a directory says: change gets what is
// known of it, under the account's lock. An archived team that has the new one's external id, or its name, is
// the one that returns. Errors: NOT_FOUND on teamId, also for an archived team; NOT_FOUND on
// members for a user who is not there; TOO_LONG on members; ALREADY_EXISTS on name and externalId.
func (s *Service) ProvisionTeam(ctx context.Context, teamID string, change func(*ProvisionedTeam) error) (*ent.Team, error) {
	made := teamID
	if teamID == "" {
		made = id.New(id.Team)
	}
	call := idempotency.Call{Mutation: "scim.updateGroup", Result: made}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if teamID == "" {
			var p ProvisionedTeam
			if err := change(&p); err != nil {
				return err
			}
			before, err := archivedTeam(ctx, tx.Client, p)
			if err != nil {
				return err
			}
			if before == nil {
				return saveProvisionedTeam(ctx, tx, &ent.Team{ID: made}, p, nil, true)
			}
			made = before.ID
			return takeTeamBack(ctx, tx, before, p)
		}
		before, err := loadCurrentTeam(ctx, tx.Client, teamID)
		if err != nil {
			return err
		}
		known, err := provisionedMembers(ctx, tx.Client, teamID)
		if err != nil {
			return err
		}
		p := ProvisionedTeam{before.Name, orEmpty(before.ExternalID), slices.Clone(known)}
		if err := change(&p); err != nil {
			return err
		}
		return saveProvisionedTeam(ctx, tx, before, p, known, false)
	})
	if err != nil {
		return nil, ExternalIDTaken(err, "team")
	}
	return loadTeam(ctx, s.store.Client(ctx), made)
}

// archivedTeam returns the archived team that a directory means by a new one: by its external id, or else by its name; nil: none.
func archivedTeam(ctx context.Context, client *ent.Client, p ProvisionedTeam) (*ent.Team, error) {
	archived, err := client.Team.Query().Where(team.ArchivedAtGT(0)).Order(team.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	name, _ := CleanName(p.Name, "name")
	var byName *ent.Team
	for _, t := range archived {
		switch {
		case p.ExternalID != "" && orEmpty(t.ExternalID) == p.ExternalID:
			return t, nil
		case name != "" && strings.EqualFold(t.Name, name):
			byName = t
		}
	}
	return byName, nil
}

// takeTeamBack makes an archived team one in use again, with the members that a directory gives it now.
func takeTeamBack(ctx context.Context, tx *store.Tx, before *ent.Team, p ProvisionedTeam) error {
	known, err := provisionedMembers(ctx, tx.Client, before.ID)
	if err != nil {
		return err
	}
	var c store.Changes
	c.Named("archivedAt", true)
	tx.Append(ctx, store.Event{Type: vocab.TeamUpdated, SubjectID: before.ID, Changes: c})
	if err := tx.Client.Team.UpdateOneID(before.ID).SetArchivedAt(0).Exec(ctx); err != nil {
		return err
	}
	return saveProvisionedTeam(ctx, tx, before, p, known, false)
}

func saveProvisionedTeam(ctx context.Context, tx *store.Tx, before *ent.Team, p ProvisionedTeam, known []string, isNew bool) error {
	name := before.Name
	var err, err2 error
	if isNew || p.Name != before.Name {
		name, err = teamName(ctx, tx, p.Name, before.ID)
	}
	if p.ExternalID != "" {
		_, err2 = CleanExternalID(p.ExternalID, "externalId")
	}
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if isNew {
		err = tx.Client.Team.Create().SetID(before.ID).SetName(name).SetNillableExternalID(orNil(p.ExternalID)).SetCreatedAt(tx.Now()).Exec(ctx)
	} else {
		update := tx.Client.Team.UpdateOneID(before.ID).SetName(name)
		if p.ExternalID == "" {
			update.ClearExternalID()
		} else {
			update.SetExternalID(p.ExternalID)
		}
		err = update.Exec(ctx)
	}
	if err != nil {
		return err
	}
	var c store.Changes
	c.Named("name", !isNew && before.Name != name)
	ExternalIDChange(&c, before.ExternalID, orNil(p.ExternalID))
	members, err := setMembers(ctx, tx, before.ID, known, p.Members)
	if err != nil {
		return err
	}
	c = append(c, members...)
	kind := vocab.TeamUpdated
	if isNew {
		kind = vocab.TeamCreated
	}
	for part := range slices.Chunk(c, changesOfEvent) {
		tx.Append(ctx, store.Event{Type: kind, SubjectID: before.ID, Changes: part})
		kind = vocab.TeamUpdated
	}
	if isNew && len(c) == 0 {
		tx.Append(ctx, store.Event{Type: vocab.TeamCreated, SubjectID: before.ID})
	}
	return nil
}

// setMembers makes a team have the members that are wanted, and returns what changed of the active ones.
func setMembers(ctx context.Context, tx *store.Tx, teamID string, known, wanted []string) (store.Changes, error) {
	had, wants := setOf(known), setOf(wanted)
	if len(wants) > MaxProvisioned {
		return nil, errs.Exceeds(MaxProvisioned, "The group would have %d members; at most %d are allowed.", len(wants), MaxProvisioned).On("members")
	}
	var add, remove []string
	for u := range wants {
		if !had[u] {
			add = append(add, u)
		}
	}
	for u := range had {
		if !wants[u] {
			remove = append(remove, u)
		}
	}
	slices.Sort(add)
	slices.Sort(remove)
	var c store.Changes
	if err := addProvisioned(ctx, tx, teamID, add, &c); err != nil {
		return nil, err
	}
	return c, removeProvisioned(ctx, tx, teamID, remove, &c)
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, one := range list {
		set[one] = true
	}
	return set
}

// addProvisioned puts active users into a team; inactive ones come to it once they are active.
func addProvisioned(ctx context.Context, tx *store.Tx, teamID string, users []string, c *store.Changes) error {
	var active []string
	for part := range slices.Chunk(users, MaxIDs) {
		found, err := usersAt(ctx, tx, "members", part)
		if err != nil {
			return err
		}
		for _, one := range part {
			u := found[one]
			switch {
			case u == nil, u.DeactivatedAt.IsSet() && u.RemovedFromDirectory:
				return errs.New(errs.NotFound, "There is no user %q.", errs.Clip(one)).On("members")
			case u.DeactivatedAt.IsSet():
				if err := tx.Client.User.UpdateOneID(u.ID).SetReturningTeamIds(append(slices.Clone(u.ReturningTeamIds), teamID)).Exec(ctx); err != nil {
					return err
				}
			default:
				active = append(active, one)
				c.Optional("members", "", one)
			}
		}
	}
	for part := range slices.Chunk(active, MaxIDs) {
		if err := addToTeam(ctx, tx, teamID, part); err != nil {
			return err
		}
	}
	return nil
}

func removeProvisioned(ctx context.Context, tx *store.Tx, teamID string, users []string, c *store.Changes) error {
	for part := range slices.Chunk(users, MaxIDs) {
		found, err := usersAt(ctx, tx, "members", part)
		if err != nil {
			return err
		}
		for _, one := range part {
			u := found[one]
			if u == nil || !u.DeactivatedAt.IsSet() {
				c.Optional("members", one, "")
				continue
			}
			left := slices.DeleteFunc(slices.Clone(u.ReturningTeamIds), func(t string) bool { return t == teamID })
			if err := tx.Client.User.UpdateOneID(u.ID).SetReturningTeamIds(notNil(left)).Exec(ctx); err != nil {
				return err
			}
		}
		if _, err := tx.Client.TeamMember.Delete().Where(teammember.TeamID(teamID), teammember.UserIDIn(part...)).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ProvisionTeamGone deletes a team that the directory deletes; one that something names is archived, and
// its members leave it. Errors: NOT_FOUND on teamId.
func (s *Service) ProvisionTeamGone(ctx context.Context, teamID string) error {
	call := idempotency.Call{Mutation: "scim.deleteGroup", Result: teamID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := loadCurrentTeam(ctx, tx.Client, teamID)
		if err != nil {
			return err
		}
		usedBy, err := UsedBy(ctx, tx, teamID)
		if err != nil {
			return err
		}
		if len(usedBy) == 0 {
			tx.Append(ctx, store.Event{Type: vocab.TeamDeleted, SubjectID: teamID})
			return deleteTeam(ctx, tx, teamID)
		}
		known, err := provisionedMembers(ctx, tx.Client, teamID)
		if err != nil {
			return err
		}
		if err := saveProvisionedTeam(ctx, tx, t, ProvisionedTeam{Name: t.Name}, known, false); err != nil {
			return err
		}
		return archiveTeam(ctx, tx, t)
	})
	return err
}

func loadCurrentTeam(ctx context.Context, client *ent.Client, teamID string) (*ent.Team, error) {
	t, err := loadTeam(ctx, client, teamID)
	if err == nil && t.ArchivedAt.IsSet() {
		err = errs.New(errs.NotFound, "There is no team %q.", errs.Clip(teamID)).On("teamId")
	}
	return t, err
}

// returningTo matches the inactive users who return to one of some teams.
func returningTo(teamIDs ...string) predicate.User {
	return func(s *sql.Selector) {
		returns := make([]*sql.Predicate, len(teamIDs))
		for i, teamID := range teamIDs {
			returns[i] = sql.P(func(b *sql.Builder) {
				b.WriteString("CAST(").Ident(s.C(user.FieldReturningTeamIds)).WriteString(" AS TEXT) LIKE ").Arg("%\"" + teamID + "\"%")
			})
		}
		s.Where(sql.And(sql.GT(s.C(user.FieldDeactivatedAt), 0), sql.Or(returns...)))
	}
}

// provisionedMembers returns the ids of a team's members, and of the inactive users who return to it.
func provisionedMembers(ctx context.Context, client *ent.Client, teamID string) ([]string, error) {
	members, err := client.TeamMember.Query().Where(teammember.TeamID(teamID)).Select(teammember.FieldUserID).Strings(ctx)
	if err != nil {
		return nil, err
	}
	returning, err := client.User.Query().Where(returningTo(teamID)).IDs(ctx)
	return append(members, returning...), err
}

// ProvisionedTeamByID returns a team that the directory knows. Errors: NOT_FOUND on teamId.
func (s *Service) ProvisionedTeamByID(ctx context.Context, teamID string) (*ent.Team, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, err
	}
	return loadCurrentTeam(ctx, s.store.Client(ctx), teamID)
}

// ProvisionedTeams returns the teams in use that the conditions match, in the order in which they were made, from
// offset on; and how many there are in all.
func (s *Service) ProvisionedTeams(ctx context.Context, where []predicate.Team, offset, limit int) ([]*ent.Team, int, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, 0, err
	}
	where = append(slices.Clone(where), team.ArchivedAt(0))
	client := s.store.Client(ctx)
	total, err := client.Team.Query().Where(where...).Count(ctx)
	if err != nil || limit == 0 || offset >= total {
		return nil, total, err
	}
	found, err := client.Team.Query().Where(where...).Order(team.ByID()).Offset(offset).Limit(limit).All(ctx)
	return found, total, err
}

// ProvisionedTeamsNamed returns the ids of the teams of a name, whatever its case.
func (s *Service) ProvisionedTeamsNamed(ctx context.Context, name string) ([]string, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, err
	}
	var all []named
	err := s.store.Client(ctx).Team.Query().Select(team.FieldID, team.FieldName).Scan(ctx, &all)
	return ofName(all, name), err
}

// ProvisionedMembers returns the members of teams, by the team's id, in the order in which they were made,
// with inactive users who return to one. Errors: TOO_LONG if they are more than MaxProvisioned in all.
func (s *Service) ProvisionedMembers(ctx context.Context, teamIDs []string) (map[string][]*ent.User, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, err
	}
	client := s.store.Client(ctx)
	rows, err := client.TeamMember.Query().Where(teammember.TeamIDIn(teamIDs...)).Limit(2*MaxProvisioned + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	inTeam := map[string]map[string]bool{}
	wanted := map[string]bool{}
	for _, m := range rows {
		if inTeam[m.TeamID] == nil {
			inTeam[m.TeamID] = map[string]bool{}
		}
		inTeam[m.TeamID][m.UserID] = true
		wanted[m.UserID] = true
	}
	if len(rows) > 2*MaxProvisioned {
		return nil, errs.Exceeds(2*MaxProvisioned, "The groups have more than %d members together.", 2*MaxProvisioned).On("members")
	}
	found, err := usersOrReturning(ctx, client, wanted, teamIDs)
	if err != nil {
		return nil, err
	}
	members := make(map[string][]*ent.User, len(teamIDs))
	for _, teamID := range teamIDs {
		for _, u := range found {
			if inTeam[teamID][u.ID] || u.DeactivatedAt.IsSet() && slices.Contains(u.ReturningTeamIds, teamID) {
				members[teamID] = append(members[teamID], u)
			}
		}
	}
	return members, nil
}

// usersOrReturning returns users, and those who return to one of the teams, sorted by their ids.
func usersOrReturning(ctx context.Context, client *ent.Client, wanted map[string]bool, teamIDs []string) ([]*ent.User, error) {
	found, err := client.User.Query().Where(user.RemovedFromDirectory(false), returningTo(teamIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(u *ent.User) bool { return wanted[u.ID] })
	var ids []string
	for u := range wanted {
		ids = append(ids, u)
	}
	for part := range slices.Chunk(ids, MaxIDs) {
		more, err := client.User.Query().Where(user.IDIn(part...)).All(ctx)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortFunc(found, func(a, b *ent.User) int { return strings.Compare(a.ID, b.ID) })
	return found, nil
}

// ProvisionedTeamsOf returns the teams of users, by the user's id, in the order in which they were made;
// of inactive users those to which they return.
func (s *Service) ProvisionedTeamsOf(ctx context.Context, users []*ent.User) (map[string][]*ent.Team, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, err
	}
	client := s.store.Client(ctx)
	rows, err := client.TeamMember.Query().Where(teammember.UserIDIn(ids(users, userID)...)).All(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string]map[string]bool{}
	put := func(userID, teamID string) {
		if of[userID] == nil {
			of[userID] = map[string]bool{}
		}
		of[userID][teamID] = true
	}
	for _, m := range rows {
		put(m.UserID, m.TeamID)
	}
	for _, u := range users {
		if u.DeactivatedAt.IsSet() {
			for _, teamID := range u.ReturningTeamIds {
				put(u.ID, teamID)
			}
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	all, err := client.Team.Query().Where(team.ArchivedAt(0)).Order(team.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	teams := make(map[string][]*ent.Team, len(of))
	for _, t := range all {
		for userID, has := range of {
			if has[t.ID] {
				teams[userID] = append(teams[userID], t)
			}
		}
	}
	return teams, nil
}
