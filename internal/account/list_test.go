package account_test

import (
	"fmt"
	"slices"
	"testing"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/testkit/check"
)

// API-4: the lists of several rows are paged alike, both ways, each from its own
// rows; a cursor of another list is refused.
func TestListsOfRows(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		teams := []*ent.Team{}
		everyone := []string{o.AdminID, o.AgentIDs[0], o.AgentIDs[1]}
		for i, members := range [][]string{everyone, everyone[1:], nil} {
			team, err := o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: fmt.Sprintf("Team %d", i), UserIDs: members})
			check.NoError(t, err)
			teams = append(teams, team)
		}
		all := [][]string{{"Ada Admin", "Ben Agent", "Cleo Agent"}, {"Ben Agent", "Cleo Agent"}, nil}
		one, forward, backward := 1, [][]string{nil, nil, nil}, [][]string{nil, nil, nil}
		for i, team := range teams {
			for args := (paging.PageArgs{First: &one}); ; {
				pages, err := o.people.MembersOfTeams(o.Admin, []*ent.Team{teams[(i+1)%3], team}, args)
				check.NoError(t, err)
				for _, u := range pages[1].Nodes() {
					forward[i] = append(forward[i], u.Name)
				}
				if args.After = pages[1].PageInfo.EndCursor; !pages[1].PageInfo.HasNextPage {
					break
				}
			}
			for args := (paging.PageArgs{Last: &one}); ; {
				pages, err := o.people.MembersOfTeams(o.Admin, []*ent.Team{team}, args)
				check.NoError(t, err)
				for _, u := range pages[0].Nodes() {
					backward[i] = append(backward[i], u.Name)
				}
				if args.Before = pages[0].PageInfo.StartCursor; !pages[0].PageInfo.HasPreviousPage {
					break
				}
			}
			slices.Reverse(backward[i])
		}
		check.Same(t, forward, all)
		check.Same(t, backward, all)
		page, err := o.people.Teams(o.Admin, false, paging.PageArgs{First: &one})
		check.NoError(t, err)
		_, err = o.people.Users(o.Admin, false, paging.PageArgs{After: page.PageInfo.EndCursor})
		check.Refused(t, err, errs.BadUserInput, "after")
	})
}
