package people

import (
	"context"

	"parley/ent"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/clock"
)

// Users returns the account's users by name; on request with those who were
// deactivated.
func (s *Service) Users(ctx context.Context, includeDeactivated bool) ([]*ent.User, error) {
	q := s.store.Client(ctx).User.Query().Order(user.ByName(), user.ByID())
	if !includeDeactivated {
		q.Where(user.DeactivatedAt(clock.Micros(0)))
	}
	return q.All(ctx)
}

// Teams returns the account's teams by name.
func (s *Service) Teams(ctx context.Context) ([]*ent.Team, error) {
	return s.store.Client(ctx).Team.Query().Order(team.ByName(), team.ByID()).All(ctx)
}

// MembersOfTeams returns the users of each team, by name.
func (s *Service) MembersOfTeams(ctx context.Context, teams []*ent.Team) ([][]*ent.User, error) {
	members, err := s.store.Client(ctx).TeamMember.Query().Where(teammember.TeamIDIn(ids(teams, teamID)...)).All(ctx)
	if err != nil {
		return nil, err
	}
	r := Roster{}
	for _, m := range members {
		r.Put(m.TeamID, m.UserID)
	}
	return s.Enrolled(ctx, ids(teams, teamID), r)
}

// Enrolled returns the active users of each group, by name.
func (s *Service) Enrolled(ctx context.Context, groups []string, r Roster) ([][]*ent.User, error) {
	found, err := s.store.Client(ctx).User.Query().Where(user.IDIn(r.Members()...), user.DeactivatedAt(clock.Micros(0))).
		Order(user.ByName(), user.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	return Enroll(groups, r, found, userID), nil
}

// TeamsOfUsers returns the teams that each user is in, by name.
func (s *Service) TeamsOfUsers(ctx context.Context, users []*ent.User) ([][]*ent.Team, error) {
	members, err := s.store.Client(ctx).TeamMember.Query().Where(teammember.UserIDIn(ids(users, userID)...)).All(ctx)
	if err != nil {
		return nil, err
	}
	r := Roster{}
	for _, m := range members {
		r.Put(m.UserID, m.TeamID)
	}
	return s.EnrolledTeams(ctx, ids(users, userID), r)
}

// EnrolledTeams returns the teams of each group, by name.
func (s *Service) EnrolledTeams(ctx context.Context, groups []string, r Roster) ([][]*ent.Team, error) {
	found, err := s.store.Client(ctx).Team.Query().Where(team.IDIn(r.Members()...)).Order(team.ByName(), team.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	return Enroll(groups, r, found, teamID), nil
}

func userID(u *ent.User) string { return u.ID }

func teamID(t *ent.Team) string { return t.ID }

func ids[T any](rows []*T, idOf func(*T) string) []string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = idOf(r)
	}
	return list
}
