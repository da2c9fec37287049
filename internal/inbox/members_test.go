package inbox_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/inbox"
	"parley/internal/people"
	"parley/internal/viewer"
)

// AC-3, IB-1: members come and go; the log tells it of each.
func TestUpdateMembers(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		team, err := o.people.CreateTeam(o.Admin, people.CreateTeamInput{Name: "Night", UserIDs: o.AgentIDs[:1]})
		must(t, err)
		before := len(o.events(t))
		in := inbox.UpdateInboxMembersInput{
			InboxID: o.InboxIDs[1], AddUserIDs: []string{o.AdminID}, RemoveUserIDs: o.AgentIDs[:], AddTeamIDs: []string{team.ID},
		}
		for range 2 { // the second time nothing changes
			_, err = o.inboxes.UpdateMembers(o.Admin, in)
			must(t, err)
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
		if diff := cmp.Diff([]string{"INVALID removeUserIds.0", "NOT_FOUND addUserIds.1", "NOT_FOUND removeTeamIds.0"}, faults(err)); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.inboxes.UpdateMembers(o.Agent(1), in)
		refused(t, err, errs.Forbidden, "")
	})
}

// AC-11: who loses the last path to an inbox loses their open conversations
// there; a second path keeps them, and closed ones keep the name.
func TestLeavingReleasesConversations(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		box, agent := o.InboxIDs[0], o.AgentIDs[0]
		open, closed := o.ConversationIDs[0], o.ConversationIDs[1]
		for _, c := range []string{open, closed} {
			_, err := o.conversations.Assign(o.Admin, conversation.AssignConversationInput{ConversationID: c, UserID: &agent})
			must(t, err)
		}
		_, err := o.conversations.Close(o.Admin, conversation.CloseConversationInput{ConversationID: closed})
		must(t, err)
		team, err := o.people.CreateTeam(o.Admin, people.CreateTeamInput{Name: "Night", UserIDs: o.AgentIDs[:1]})
		must(t, err)

		_, err = o.inboxes.UpdateMembers(o.Admin, inbox.UpdateInboxMembersInput{
			InboxID: box, RemoveUserIDs: []string{agent}, AddTeamIDs: []string{team.ID},
		})
		must(t, err)
		if jobs := o.jobs.taken(); len(jobs) != 0 {
			t.Fatalf("the team keeps the path, yet: %v", jobs)
		}
		_, err = o.inboxes.UpdateMembers(o.Admin, inbox.UpdateInboxMembersInput{InboxID: box, RemoveTeamIDs: []string{team.ID}})
		must(t, err)
		args := conversation.ReleaseArgs{AccountID: o.AccountID, UserID: agent, InboxID: box, Reason: conversation.ReasonNotAMember}
		if diff := cmp.Diff([]any{args}, o.jobs.taken()); diff != "" {
			t.Fatal(diff)
		}
		must(t, o.conversations.Release(t.Context(), args))
		assignee := func(conversationID string) string {
			c, err := o.Store.Client(o.System).Conversation.Get(o.System, conversationID)
			must(t, err)
			return c.AssigneeID
		}
		if assignee(open) != "" || assignee(closed) != agent {
			t.Fatalf("open: %q, closed: %q", assignee(open), assignee(closed))
		}
	})
}

// AC-3: taking membership away acts with the next request.
func TestMembershipActsAtOnce(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		userID := o.AgentIDs[1]
		token, err := o.people.CreateToken(o.System, people.CreateApiTokenInput{Name: "T", UserID: &userID, Scopes: []string{"*"}})
		must(t, err)
		inboxes := func() []string {
			v, err := o.people.Authenticate(t.Context(), token.Text)
			must(t, err)
			n, err := o.Store.Client(o.System).Conversation.Query().Count(viewer.NewContext(t.Context(), v))
			must(t, err)
			if n != 3-2*(2-len(v.InboxIDs)) {
				t.Fatalf("a member of %v sees %d conversations", v.InboxIDs, n)
			}
			return v.InboxIDs
		}
		if !slices.Equal(inboxes(), sorted(o.InboxIDs[:]...)) {
			t.Fatal("the agent begins in both inboxes")
		}
		_, err = o.inboxes.UpdateMembers(o.Admin, inbox.UpdateInboxMembersInput{InboxID: o.InboxIDs[0], RemoveUserIDs: []string{userID}})
		must(t, err)
		if !slices.Equal(inboxes(), o.InboxIDs[1:]) {
			t.Fatal("the agent still sees the inbox")
		}
	})
}

// AC-12: the inboxes that an integration was granted, of those that exist.
func TestGranted(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		token, err := o.people.CreateToken(o.Admin, people.CreateApiTokenInput{Name: "Export", Scopes: []string{"read"}, InboxIDs: o.InboxIDs[:]})
		must(t, err)
		sees := func() int {
			integration, err := o.Store.Client(o.Admin).Integration.Get(o.Admin, token.Token.IntegrationID)
			must(t, err)
			granted, err := o.inboxes.Granted(o.Admin, list(integration))
			must(t, err)
			return len(granted[0])
		}
		if n := sees(); n != 2 {
			t.Fatalf("granted %d inboxes", n)
		}
		_, err = o.inboxes.Delete(o.Admin, inbox.DeleteInboxInput{InboxID: o.InboxIDs[0], ConfirmName: "Sales"})
		must(t, err)
		if n := sees(); n != 1 {
			t.Fatalf("granted %d inboxes after one was deleted", n)
		}
	})
}
