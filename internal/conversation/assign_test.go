package conversation_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

func (d *desk) assign(conversationID string, userID, teamID *string) (*ent.Conversation, error) {
	return d.Assign(d.Agent(1), conversation.AssignConversationInput{ConversationID: conversationID, UserID: userID, TeamID: teamID})
}

// IN-6: assigning, passing on and taking away, each told once.
func TestAssign(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c, ben, cleo := d.ConversationIDs[0], d.AgentIDs[0], d.AgentIDs[1]
		got := d.told(func() {
			for _, u := range []string{ben, ben, cleo} {
				must(d.assign(c, &u, nil))(t)
			}
			for range 2 {
				must(d.Unassign(d.Agent(1), conversation.UnassignConversationInput{ConversationID: c}))(t)
			}
		})
		same(t, got, []string{
			"CONVERSATION_ASSIGNED assignee:>" + ben, "CONVERSATION_ASSIGNED assignee:" + ben + ">" + cleo,
			"CONVERSATION_UNASSIGNED assignee:" + cleo + ">",
		})
		same(t, d.row(c).Revision, 4)
	})
}

// AC-4: by hand anyone may get it, without a seat, too; a member by a team as
// well (AC-3).
func TestAssignWithoutSeat(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		user := d.user("Tina")
		d.team(true, user)
		same(t, must(d.assign(d.ConversationIDs[0], &user, nil))(t).AssigneeID, user)
	})
}

// IN-6: who cannot get a conversation, and what is said about it.
func TestAssignRefusals(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		outsider, gone, other := d.user("Olaf"), d.user("Gina"), testkit.Account(t, d.Store)
		d.team(true, gone)
		d.deactivate(gone)
		foreignTeam := (&desk{Fixture: other, t: t}).team(false)
		for _, tc := range []struct {
			user, team *string
			code       errs.Code
			field      string
		}{
			{nil, nil, errs.Required, "userId"},
			{&d.AgentIDs[0], ptr(id.New(id.Team)), errs.Invalid, "teamId"},
			{&outsider, nil, errs.NotAMember, "userId"},
			{&gone, nil, errs.NotEligible, "userId"},
			{&other.AgentIDs[0], nil, errs.NotFound, "userId"},
			{ptr(id.New(id.User)), nil, errs.NotFound, "userId"},
			{ptr(d.ContactID), nil, errs.NotFound, "userId"},
			{ptr("\x00"), nil, errs.NotFound, "userId"},
			{ptr(strings.Repeat("x", 1000)), nil, errs.NotFound, "userId"},
			{nil, &foreignTeam, errs.NotFound, "teamId"},
			{nil, &d.AgentIDs[0], errs.NotFound, "teamId"},
			{nil, ptr("team_\x00"), errs.NotFound, "teamId"},
		} {
			_, err := d.assign(c, tc.user, tc.team)
			refused(t, err, tc.code, tc.field)
		}
		same(t, d.row(c).Revision, 1)
	})
}

// RT-2: a team gets the conversation alone; its member who takes it leaves the
// team on it, anyone else takes it from the team.
func TestAssignTeam(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c, ben, cleo := d.ConversationIDs[0], d.AgentIDs[0], d.AgentIDs[1]
		team := d.team(false, ben)
		d.assigns(c, cleo)
		got := d.told(func() {
			must(d.assign(c, nil, &team))(t)
			must(d.assign(c, nil, &team))(t)
			must(d.assign(c, &ben, nil))(t)
		})
		same(t, got, []string{
			"CONVERSATION_ASSIGNED assignee:" + cleo + "> assignedTeam:>" + team, "CONVERSATION_ASSIGNED assignee:>" + ben,
		})
		same(t, d.row(c).AssignedTeamID, team)
		d.assigns(c, cleo)
		same(t, d.row(c).AssignedTeamID, "")

		// A member who leaves the team gets it anew: it is the team's no more.
		must(d.assign(c, nil, &team))(t)
		d.assigns(c, ben)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM team_members WHERE team_id = $1", team)
			return err
		})
		got = d.told(func() { d.assigns(c, ben) })
		same(t, got, []string{"CONVERSATION_ASSIGNED assignedTeam:" + team + ">"})
	})
}

// IN-6, pitfall 10: of all who claim at once exactly one wins; the others are
// told who has it, and see the conversation as it is.
func TestClaimByMany(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		const many = 32
		c := d.ConversationIDs[0]
		var agents []string
		for range many {
			agents = append(agents, d.user("Agent"))
		}
		d.team(true, agents...)
		failures := make([]error, many)
		events := d.events(func() {
			var claims sync.WaitGroup
			for i, agent := range agents {
				claims.Go(func() {
					_, failures[i] = d.Claim(d.as(agent), conversation.ClaimConversationInput{ConversationID: c})
				})
			}
			claims.Wait()
		})
		same(t, len(events), 1)
		holder, won := d.row(c), 0
		same(t, holder.Revision, 2)
		for i, err := range failures {
			if err == nil {
				won++
				same(t, holder.AssigneeID, agents[i])
				continue
			}
			refused(t, err, errs.Conflict, "conversationId")
			if now, ok := errs.Of(err).Current.(*ent.Conversation); !ok || now.AssigneeID != holder.AssigneeID || now.Revision != 2 {
				t.Errorf("the loser is shown %v", errs.Of(err).Current)
			}
		}
		same(t, won, 1)
	})
}

// IN-6: to claim what one has changes nothing; who is no member claims nothing.
func TestClaim(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello", withBot).ID
		got := d.told(func() {
			for range 2 {
				must(d.Claim(d.Agent(0), conversation.ClaimConversationInput{ConversationID: c}))(t)
			}
		})
		same(t, got, []string{"BOT_TAKEN_OVER botState:ACTIVE>TAKEN_OVER", "CONVERSATION_ASSIGNED assignee:>" + d.AgentIDs[0]})
		d.leaves(d.AgentIDs[1])
		_, err := d.Claim(d.Agent(1), conversation.ClaimConversationInput{ConversationID: d.ConversationIDs[1]})
		refused(t, err, errs.NotAMember, "userId")
	})
}

// Optimistic concurrency: who saw another revision is told what it is now.
func TestExpectedRevision(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		close := func(revision int) error {
			_, err := d.Close(d.Agent(0), conversation.CloseConversationInput{ConversationID: c, ExpectedRevision: &revision})
			return err
		}
		for _, stale := range []int{0, 2, -1} {
			err := close(stale)
			refused(t, err, errs.Conflict, "expectedRevision")
			if now, ok := errs.Of(err).Current.(*ent.Conversation); !ok || now.Revision != 1 || now.Status != vocab.Open {
				t.Errorf("the caller is shown %v", errs.Of(err).Current)
			}
		}
		if err := close(1); err != nil {
			t.Fatal(err)
		}
		refused(t, close(1), errs.Conflict, "expectedRevision")
	})
}

// AC-11: who may no longer have conversations loses the open ones, and keeps
// the closed ones; one who is a member again meanwhile keeps all.
func TestRelease(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ben := d.AgentIDs[0]
		d.assigns(d.ConversationIDs[0], ben)
		d.assigns(d.ConversationIDs[1], ben)
		d.closes(d.ConversationIDs[1])
		args := conversation.ReleaseArgs{AccountID: d.AccountID, UserID: ben, InboxID: d.InboxIDs[0], Reason: conversation.ReasonNotAMember}
		release := func() {
			if err := d.Release(t.Context(), args); err != nil {
				t.Fatal(err)
			}
		}
		same(t, d.told(release), []string{})
		d.leaves(ben)
		want := []string{"CONVERSATION_UNASSIGNED assignee:" + ben + "> reason:>NOT_A_MEMBER"}
		same(t, d.told(release), want)
		same(t, d.told(release), []string{})
		same(t, d.row(d.ConversationIDs[1]).AssigneeID, ben)
	})
}
