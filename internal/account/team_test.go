package account_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit/check"
)

func TestTeams(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		team, err := o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Night", UserIDs: []string{o.AgentIDs[0], o.AgentIDs[0]}})
		check.NoError(t, err)
		_, err = o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Night"})
		check.Refused(t, err, errs.AlreadyExists, "name")
		_, err = o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Day", UserIDs: []string{o.AdminID, team.ID, id.New(id.User)}})
		if diff := cmp.Diff([]string{"NOT_FOUND userIds.1", "NOT_FOUND userIds.2"}, check.Faults(err)); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Day", UserIDs: make([]string, account.MaxIDs+1)})
		check.Refused(t, err, errs.TooLong, "userIds")

		change := account.UpdateTeamInput{TeamID: team.ID, Name: opt.Of("Nights"), AddUserIDs: []string{o.AdminID, o.AgentIDs[0]}, RemoveUserIDs: []string{o.AgentIDs[1]}}
		for range 2 {
			team, err = o.people.UpdateTeam(o.Admin, change)
			check.NoError(t, err)
		}
		members, err := o.people.MembersOfTeams(o.Admin, []*ent.Team{team}, paging.PageArgs{})
		check.NoError(t, err)
		if len(members[0].Edges) != 2 || members[0].Nodes()[0].ID != o.AdminID || members[0].Nodes()[1].ID != o.AgentIDs[0] {
			t.Fatalf("members are %v", members)
		}
		teams, err := o.people.TeamsOfUsers(o.Admin, []*ent.User{o.user(t, o.AgentIDs[1]), o.user(t, o.AdminID)}, paging.PageArgs{})
		check.NoError(t, err)
		if len(teams[0].Edges) != 0 || len(teams[1].Edges) != 1 || teams[1].Nodes()[0].Name != "Nights" {
			t.Fatalf("teams are %v", teams)
		}
		_, err = o.people.UpdateTeam(o.Admin, account.UpdateTeamInput{TeamID: team.ID, AddUserIDs: o.AgentIDs[:], RemoveUserIDs: o.AgentIDs[1:]})
		check.Refused(t, err, errs.Invalid, "removeUserIds", "0")
		gone := team.ID
		archived, err := o.people.DeleteTeam(o.Admin, account.DeleteTeamInput{TeamID: gone})
		if err != nil || archived != nil {
			t.Fatal(archived, err)
		}
		want := []string{"TEAM_CREATED " + gone, "TEAM_UPDATED " + gone, "TEAM_DELETED " + gone}
		if diff := cmp.Diff(want, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.people.DeleteTeam(o.Admin, account.DeleteTeamInput{TeamID: team.ID})
		check.Refused(t, err, errs.NotFound, "teamId")
	})
}

// AC-11: losing one of two paths to an inbox keeps the other; losing the last
// releases what is open.
func TestLosingTheLastPath(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		// Both agents reach the second inbox through the team, the second agent directly too.
		team, err := o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Night", UserIDs: o.AgentIDs[:]})
		check.NoError(t, err)
		grant := func() {
			o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.InboxTeam.Create().SetID("grant").SetInboxID(o.InboxIDs[1]).SetTeamID(team.ID).Exec(ctx)
			})
		}
		grant()
		_, err = o.people.UpdateTeam(o.Admin, account.UpdateTeamInput{TeamID: team.ID, RemoveUserIDs: o.AgentIDs[:]})
		check.NoError(t, err)
		_, err = o.people.UpdateTeam(o.Admin, account.UpdateTeamInput{TeamID: team.ID, AddUserIDs: o.AgentIDs[:]})
		check.NoError(t, err)
		_, err = o.people.DeleteTeam(o.Admin, account.DeleteTeamInput{TeamID: team.ID})
		check.NoError(t, err)
		if n := count(o.events(t), "MEMBER_REMOVED "+team.ID); n != 1 {
			t.Fatalf("%d events tell that the team left the inbox", n)
		}
	})
}
