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
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// IN-6: assigning, passing on and taking away, each told once.
func TestAssign(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, ben, cleo := d.ConversationIDs[0], d.AgentIDs[0], d.AgentIDs[1]
		got := d.Recorded(func() {
			for _, u := range []string{ben, ben, cleo} {
				check.Must(d.TryAssign(c, &u, nil))(t)
			}
			for range 2 {
				check.Must(d.Assign(d.Agent(1), conversation.AssignConversationInput{Target: conversation.On(c), Assignment: desk.Nobody}))(t)
			}
		})
		check.Same(t, got, []string{
			"CONVERSATION_ASSIGNED assignee:>" + ben, "CONVERSATION_ASSIGNED assignee:" + ben + ">" + cleo,
			"CONVERSATION_UNASSIGNED assignee:" + cleo + ">",
		})
		check.Same(t, d.Row(c).Revision, 4)
	})
}

// AC-4: by hand anyone may get it, without a seat, too; a member by a team as
// well (AC-3).
func TestAssignWithoutSeat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		user := d.NewUser("Tina")
		d.NewTeam(true, user)
		check.Same(t, check.Must(d.TryAssign(d.ConversationIDs[0], &user, nil))(t).AssigneeID, user)
	})
}

// IN-6: who cannot get a conversation, and what is said about it.
func TestAssignRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		outsider, gone, other := d.NewUser("Olaf"), d.NewUser("Gina"), testkit.Account(t, d.Store)
		d.NewTeam(true, gone)
		d.Deactivate(gone)
		foreignTeam := (&desk.Desk{Fixture: other, T: t}).NewTeam(false)
		for _, tc := range []struct {
			user, team *string
			code       errs.Code
			field      string
		}{
			{nil, nil, errs.Required, "userId"},
			{&d.AgentIDs[0], check.Ptr(id.New(id.Team)), errs.NotFound, "teamId"},
			{&outsider, nil, errs.NotAMember, "userId"},
			{&gone, nil, errs.NotEligible, "userId"},
			{&other.AgentIDs[0], nil, errs.NotFound, "userId"},
			{check.Ptr(id.New(id.User)), nil, errs.NotFound, "userId"},
			{check.Ptr(d.ContactID), nil, errs.NotFound, "userId"},
			{check.Ptr("\x00"), nil, errs.NotFound, "userId"},
			{check.Ptr(strings.Repeat("x", 1000)), nil, errs.NotFound, "userId"},
			{nil, &foreignTeam, errs.NotFound, "teamId"},
			{nil, &d.AgentIDs[0], errs.NotFound, "teamId"},
			{nil, check.Ptr("team_\x00"), errs.NotFound, "teamId"},
		} {
			_, err := d.TryAssign(c, tc.user, tc.team)
			check.Refused(t, err, tc.code, tc.field)
		}
		check.Same(t, d.Row(c).Revision, 1)
	})
}

// RT-2: a team gets the conversation alone; its member who takes it leaves the
// team on it, anyone else takes it from the team.
func TestAssignTeam(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, ben, cleo := d.ConversationIDs[0], d.AgentIDs[0], d.AgentIDs[1]
		team := d.NewTeam(false, ben)
		d.MustAssign(c, cleo)
		got := d.Recorded(func() {
			check.Must(d.TryAssign(c, nil, &team))(t)
			check.Must(d.TryAssign(c, nil, &team))(t)
			check.Must(d.TryAssign(c, &ben, nil))(t)
		})
		check.Same(t, got, []string{
			"CONVERSATION_ASSIGNED assignee:" + cleo + "> assignedTeam:>" + team, "CONVERSATION_ASSIGNED assignee:>" + ben,
		})
		check.Same(t, d.Row(c).AssignedTeamID, team)
		d.MustAssign(c, cleo)
		check.Same(t, d.Row(c).AssignedTeamID, "")

		// A member who leaves the team gets it again: it is the team's no more.
		check.Must(d.TryAssign(c, nil, &team))(t)
		d.MustAssign(c, ben)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM team_members WHERE team_id = $1", team)
			return err
		})
		got = d.Recorded(func() { d.MustAssign(c, ben) })
		check.Same(t, got, []string{"CONVERSATION_ASSIGNED assignedTeam:" + team + ">"})
	})
}

// RT-2: what is given is set, null clears that one only, and the other stays where
// the user is in the team.
func TestAssignBoth(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		team, bens := d.NewTeam(false), d.NewTeam(false, ben)
		user, of, none := opt.Of[string], opt.Of[string], opt.Null[string]()
		keep, c := true, d.ConversationIDs[0]
		for name, tc := range map[string]struct {
			before, to conversation.Assignment
			user, team string
		}{
			"both, not in the team":  {desk.Nobody, conversation.Assignment{UserID: user(cleo), TeamID: of(bens)}, cleo, bens},
			"user and no team":       {desk.Team(bens), conversation.Assignment{UserID: user(ben), TeamID: none}, ben, ""},
			"team and no user":       {desk.User(ben), conversation.Assignment{UserID: none, TeamID: of(bens)}, "", bens},
			"user in the team":       {desk.Team(bens), desk.User(ben), ben, bens},
			"user not in the team":   {desk.Team(bens), desk.User(cleo), cleo, ""},
			"team of the user":       {desk.User(ben), desk.Team(bens), ben, bens},
			"team without the user":  {desk.User(ben), desk.Team(team), "", team},
			"team, the user is kept": {desk.User(ben), conversation.Assignment{TeamID: of(team), KeepAssignee: &keep}, ben, team},
			"no user":                {conversation.Assignment{UserID: user(ben), TeamID: of(bens)}, conversation.Assignment{UserID: none}, "", bens},
			"no team":                {conversation.Assignment{UserID: user(ben), TeamID: of(team)}, conversation.Assignment{TeamID: none}, ben, ""},
			"neither":                {conversation.Assignment{UserID: user(ben), TeamID: of(team)}, desk.Nobody, "", ""},
			"user again, other team": {conversation.Assignment{UserID: user(ben), TeamID: of(team)}, desk.User(ben), ben, ""},
		} {
			assign := func(to conversation.Assignment) {
				check.Must(d.Assign(d.Agent(1), conversation.AssignConversationInput{Target: conversation.On(c), Assignment: to}))(t)
			}
			assign(desk.Nobody)
			assign(tc.before)
			assign(tc.to)
			if row := d.Row(c); row.AssigneeID != tc.user || row.AssignedTeamID != tc.team {
				t.Errorf("%s: got user %q and team %q, want %q and %q", name, row.AssigneeID, row.AssignedTeamID, tc.user, tc.team)
			}
		}
	})
}

// IN-6, pitfall 10: of all who claim at once exactly one wins; the others are
// told who has it, and see the conversation as it is.
func TestClaimByMany(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		const many = 32
		c := d.ConversationIDs[0]
		var agents []string
		for range many {
			agents = append(agents, d.NewUser("Agent"))
		}
		d.NewTeam(true, agents...)
		failures := make([]error, many)
		events := d.EventsOf(func() {
			var claims sync.WaitGroup
			for i, agent := range agents {
				claims.Go(func() {
					_, failures[i] = d.Claim(d.As(agent), conversation.ClaimConversationInput{Target: conversation.On(c)})
				})
			}
			claims.Wait()
		})
		check.Same(t, len(events), 1)
		holder, won := d.Row(c), 0
		check.Same(t, holder.Revision, 2)
		for i, err := range failures {
			if err == nil {
				won++
				check.Same(t, holder.AssigneeID, agents[i])
				continue
			}
			check.Refused(t, err, errs.Conflict, "conversationId")
			check.Same(t, errs.Of(err).Data.HolderID, holder.AssigneeID) // API-15
			if now, ok := errs.Of(err).Current.(*ent.Conversation); !ok || now.AssigneeID != holder.AssigneeID || now.Revision != 2 {
				t.Errorf("the loser is shown %v", errs.Of(err).Current)
			}
		}
		check.Same(t, won, 1)
	})
}

// IN-6: to claim what one has changes nothing; who is no member claims nothing.
func TestClaim(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello", desk.WithBot).ID
		got := d.Recorded(func() {
			for range 2 {
				check.Must(d.Claim(d.Agent(0), conversation.ClaimConversationInput{Target: conversation.On(c)}))(t)
			}
		})
		check.Same(t, got, []string{"BOT_TAKEN_OVER botState:ACTIVE>TAKEN_OVER", "CONVERSATION_ASSIGNED assignee:>" + d.AgentIDs[0]})
		d.LeaveInbox(d.AgentIDs[1])
		_, err := d.Claim(d.Agent(1), conversation.ClaimConversationInput{Target: conversation.On(d.ConversationIDs[1])})
		check.Refused(t, err, errs.NotAMember, "userId")
	})
}

// API-3: who saw another revision is told what it is now.
func TestExpectedRevision(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		close := func(revision int) error {
			_, err := d.Close(d.Agent(0), conversation.CloseConversationInput{Target: conversation.Target{ConversationID: c, ExpectedRevision: &revision}})
			return err
		}
		for _, stale := range []int{2, -1} {
			err := close(stale)
			check.Refused(t, err, errs.Conflict, "expectedRevision")
			if now, ok := errs.Of(err).Current.(*ent.Conversation); !ok || now.Revision != 1 || now.Status != vocab.Open {
				t.Errorf("the caller is shown %v", errs.Of(err).Current)
			}
		}
		if err := close(1); err != nil {
			t.Fatal(err)
		}
		check.Refused(t, close(1), errs.Conflict, "expectedRevision")
	})
}

// AC-11: who may no longer have conversations loses the open ones, and keeps
// the closed ones; one who is a member again meanwhile keeps all.
func TestRelease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.AgentIDs[0]
		d.MustAssign(d.ConversationIDs[0], ben)
		d.MustAssign(d.ConversationIDs[1], ben)
		d.MustClose(d.ConversationIDs[1])
		args := conversation.ReleaseArgs{AccountID: d.AccountID, UserID: ben, InboxID: d.InboxIDs[0], Reason: conversation.ReasonNotAMember}
		release := func() {
			if err := d.Release(t.Context(), args); err != nil {
				t.Fatal(err)
			}
		}
		check.Same(t, d.Recorded(release), []string{})
		d.LeaveInbox(ben)
		want := []string{"CONVERSATION_UNASSIGNED assignee:" + ben + "> reason:>NOT_A_MEMBER"}
		check.Same(t, d.Recorded(release), want)
		check.Same(t, d.Recorded(release), []string{})
		check.Same(t, d.Row(d.ConversationIDs[1]).AssigneeID, ben)
	})
}
