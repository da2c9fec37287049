package inbox_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/inbox"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

// AC-3, IB-1: members come and go; the log tells it of each.
func TestUpdateMembers(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		team, err := o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Night", UserIDs: o.AgentIDs[:1]})
		check.NoError(t, err)
		before := len(o.events(t))
		in := inbox.UpdateInboxMembersInput{
			InboxID: o.InboxIDs[1], AddUserIDs: []string{o.AdminID}, RemoveUserIDs: o.AgentIDs[:], AddTeamIDs: []string{team.ID},
		}
		for range 2 { // the second time nothing changes
			_, err = o.inboxes.UpdateMembers(o.Admin, in)
			check.NoError(t, err)
		}
		// AC-3: an admin who adds themselves is logged.
		want := []string{"MEMBER_ADDED " + o.AdminID, "MEMBER_ADDED " + team.ID, "MEMBER_REMOVED " + o.AgentIDs[1]}
		if diff := cmp.Diff(want, o.events(t)[before:]); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(sorted(o.AdminID, o.AgentIDs[0]), o.members(t, o.InboxIDs[1])); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.inboxes.UpdateMembers(o.Admin, inbox.UpdateInboxMembersInput{
			InboxID: o.InboxIDs[1], AddUserIDs: []string{o.AdminID, "?"}, RemoveUserIDs: []string{o.AdminID}, RemoveTeamIDs: []string{"?"},
		})
		if diff := cmp.Diff([]string{"INVALID removeUserIds.0", "NOT_FOUND addUserIds.1", "NOT_FOUND removeTeamIds.0"}, check.Faults(err)); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.inboxes.UpdateMembers(o.Agent(1), in)
		check.Refused(t, err, errs.Forbidden)
	})
}

// AC-3: taking membership away acts with the next request.
func TestMembershipActsAtOnce(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		userID := o.AgentIDs[1]
		token, err := o.people.CreateToken(o.System, account.CreateApiTokenInput{Name: "T", UserID: &userID, Scopes: []string{"*"}})
		check.NoError(t, err)
		inboxes := func() []string {
			v, err := o.people.Authenticate(t.Context(), token.Text)
			check.NoError(t, err)
			n, err := o.Store.Client(o.System).Conversation.Query().Count(viewer.NewContext(t.Context(), v))
			check.NoError(t, err)
			if n != 3-2*(2-len(v.InboxIDs)) {
				t.Fatalf("a member of %v sees %d conversations", v.InboxIDs, n)
			}
			return v.InboxIDs
		}
		if !slices.Equal(inboxes(), sorted(o.InboxIDs[:]...)) {
			t.Fatal("the agent begins in both inboxes")
		}
		_, err = o.inboxes.UpdateMembers(o.Admin, inbox.UpdateInboxMembersInput{InboxID: o.InboxIDs[0], RemoveUserIDs: []string{userID}})
		check.NoError(t, err)
		if !slices.Equal(inboxes(), o.InboxIDs[1:]) {
			t.Fatal("the agent still sees the inbox")
		}
	})
}

// AC-12: the inboxes that an integration was granted, of those that exist.
func TestGranted(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		token, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "Export", Scopes: []string{"read"}, InboxIDs: o.InboxIDs[:]})
		check.NoError(t, err)
		sees := func() int {
			integration, err := o.Store.Client(o.Admin).Integration.Get(o.Admin, token.Token.IntegrationID)
			check.NoError(t, err)
			granted, err := o.inboxes.Granted(o.Admin, []inbox.Grantee{{ID: integration.ID, InboxIDs: integration.InboxIds}}, paging.PageArgs{})
			check.NoError(t, err)
			return len(granted[0].Edges)
		}
		if n := sees(); n != 2 {
			t.Fatalf("granted %d inboxes", n)
		}
		_, err = o.inboxes.Delete(o.Admin, inbox.DeleteInboxInput{InboxID: o.InboxIDs[0], ConfirmName: "Sales"})
		check.NoError(t, err)
		if n := sees(); n != 1 {
			t.Fatalf("granted %d inboxes after one was deleted", n)
		}
	})
}
