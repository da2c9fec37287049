package account

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

const (
	// PageOfList is how many rows a list of the account has if no one asks for
	// another number.
	PageOfList = 50
	// PageOfRow is the same for a list that belongs to a row of another one.
	PageOfRow = 20
)

// Users and teams are listed by name.
var (
	users = store.Listing[ent.User]{
		Name: "users", Kind: id.User, Column: user.FieldName, Text: func(u *ent.User) string { return u.Name }, ID: func(u *ent.User) string { return u.ID },
	}
	teams = store.Listing[ent.Team]{
		Name: "teams", Kind: id.Team, Column: team.FieldName, Text: func(t *ent.Team) string { return t.Name }, ID: func(t *ent.Team) string { return t.ID },
	}
)

// Users returns a page of the account's users by name; on request with those
// who were deactivated.
func (s *Service) Users(ctx context.Context, includeDeactivated bool, args paging.PageArgs) (*paging.Connection[*ent.User], error) {
	return users.Page(args, PageOfList, func(narrow func(*sql.Selector)) ([]*ent.User, error) {
		q := s.store.Client(ctx).User.Query()
		if !includeDeactivated {
			q.Where(user.DeactivatedAt(clock.Micros(0)))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, strconv.FormatBool(includeDeactivated))
}

// Teams returns a page of the account's teams by name.
func (s *Service) Teams(ctx context.Context, archived bool, args paging.PageArgs) (*paging.Connection[*ent.Team], error) {
	return teams.Page(args, PageOfList, func(narrow func(*sql.Selector)) ([]*ent.Team, error) {
		q := s.store.Client(ctx).Team.Query()
		if !archived {
			q.Where(team.ArchivedAt(0))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, strconv.FormatBool(archived))
}

// MembersOfTeams returns a page of each team's active users, by name.
func (s *Service) MembersOfTeams(ctx context.Context, of []*ent.Team, args paging.PageArgs) ([]*paging.Connection[*ent.User], error) {
	return s.UsersWithin(ctx, ids(of, teamID), args, func(d *sql.DialectBuilder, teamID string) *sql.Selector {
		m := d.Table(teammember.Table)
		return d.Select(m.C(teammember.FieldUserID)).From(m).Where(sql.EQ(m.C(teammember.FieldTeamID), teamID))
	})
}

// TeamsOfUsers returns a page of the teams that each user is in, by name.
func (s *Service) TeamsOfUsers(ctx context.Context, of []*ent.User, args paging.PageArgs) ([]*paging.Connection[*ent.Team], error) {
	return s.TeamsWithin(ctx, ids(of, userID), args, func(d *sql.DialectBuilder, userID string) *sql.Selector {
		m := d.Table(teammember.Table)
		return d.Select(m.C(teammember.FieldTeamID)).From(m).Where(sql.EQ(m.C(teammember.FieldUserID), userID))
	})
}

// Membership selects the ids of a group's members.
type Membership func(d *sql.DialectBuilder, group string) *sql.Selector

// UsersWithin returns a page of the active users of each group, by name. The
// caller has proved that the viewer may see the groups.
func (s *Service) UsersWithin(ctx context.Context, groups []string, args paging.PageArgs, members Membership) ([]*paging.Connection[*ent.User], error) {
	return users.Pages(args, PageOfRow, groups, members.within, s.loadActive(ctx))
}

// AllWithin returns all active users of each group, by name.
func (s *Service) AllWithin(ctx context.Context, groups []string, members Membership) ([][]*ent.User, error) {
	return users.All(groups, members.within, s.loadActive(ctx))
}

func (s *Service) loadActive(ctx context.Context) store.Narrowed[ent.User] {
	return func(narrow func(*sql.Selector)) ([]*ent.User, error) {
		q := s.store.Client(ctx).User.Query().Where(user.DeactivatedAt(clock.Micros(0)))
		q.Modify(narrow)
		return q.All(ctx)
	}
}

// TeamsWithin returns a page of the teams of each group, by name. The caller has
// proved that the viewer may see the groups.
func (s *Service) TeamsWithin(ctx context.Context, groups []string, args paging.PageArgs, members Membership) ([]*paging.Connection[*ent.Team], error) {
	return teams.Pages(args, PageOfRow, groups, members.within, func(narrow func(*sql.Selector)) ([]*ent.Team, error) {
		q := s.store.Client(ctx).Team.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
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

func (members Membership) within(s *sql.Selector, group string) {
	s.Where(sql.In(s.C(user.FieldID), members(sql.Dialect(s.Dialect()), group)))
}
