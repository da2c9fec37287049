package conversation_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"parley/ent"
	"parley/ent/routingdecision"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// among is a rule that takes turns among users.
func among(users ...string) vocab.RoutingRule {
	return vocab.RoutingRule{Target: vocab.RouteUsers, UserIDs: users, Method: vocab.RoundRobin}
}

// by makes a targeted message of the first channel, whose chats go by rules.
func (d *suite) by(rules ...vocab.RoutingRule) func(*conversation.Start) {
	return d.byRouting(vocab.Routing{Rules: rules})
}

func (d *suite) byRouting(r vocab.Routing) func(*conversation.Start) {
	d.T.Helper()
	var m *ent.TargetedMessage
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) (err error) {
		m, err = tx.Client.TargetedMessage.Create().SetID(id.New(id.TargetedMessage)).SetInboxID(d.InboxIDs[0]).SetChannelID(d.ChannelIDs[0]).
			SetName("Welcome").SetState(vocab.TargetedOn).SetPosition(1).SetAudience(vocab.AudienceEveryone).SetWelcomeMessage("Hi").
			SetIncludeListIds([]string{}).SetExcludeListIds([]string{}).SetRules([]vocab.Targeting{{Operator: vocab.OpAllPages}}).
			SetRouting(r).SetCreatedAt(tx.Now()).Save(ctx)
		return err
	})
	return func(start *conversation.Start) { start.Targeted = m }
}

// person changes a user.
func (d *suite) person(userID string, change func(*ent.UserUpdateOne)) {
	d.T.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.User.UpdateOneID(userID)
		change(update)
		return update.Exec(ctx)
	})
}

func (d *suite) away(userID string) { d.person(userID, setAway) }
func (d *suite) back(userID string) { d.person(userID, setBack) }
func setAway(u *ent.UserUpdateOne)  { u.SetAvailability(vocab.Away) }
func setBack(u *ent.UserUpdateOne)  { u.SetAvailability(vocab.Available) }
func only(n int) func(*ent.UserUpdateOne) {
	return func(u *ent.UserUpdateOne) { u.SetChatCapacity(n) }
}

// has checks who has a conversation.
func (d *suite) has(c *ent.Conversation, want string) {
	d.T.Helper()
	if got := d.Row(c.ID).AssigneeID; got != want {
		d.T.Errorf("%s has it, want %q", d.name(got), d.name(want))
	}
}

func (d *suite) name(userID string) string {
	return strings.NewReplacer(d.AgentIDs[0], "ben", d.AgentIDs[1], "cleo", d.AdminID, "ada").Replace(userID)
}

// why is a conversation's decisions in short: "STARTED 1 ben ada:NOT_NEXT".
func (d *suite) why(c *ent.Conversation) []string {
	d.T.Helper()
	list := check.Must(d.Store.Client(d.System).RoutingDecision.Query().Where(routingdecision.ConversationID(c.ID)).
		Order(routingdecision.ByID()).All(d.System))(d.T)
	lines := []string{}
	for _, r := range list {
		line := []string{r.Trigger, string(rune('0' + r.Rule)), d.name(r.AssigneeID)}
		for _, x := range r.Candidates {
			if !x.Chosen {
				line = append(line, d.name(x.UserID)+":"+string(x.Skipped))
			}
		}
		lines = append(lines, strings.Join(line, " "))
	}
	return lines
}

// offers runs what was enqueued to offer waiting conversations, and reports
// whether there was anything.
func (d *suite) offers() bool {
	d.T.Helper()
	var asked []conversation.OfferArgs
	for _, j := range d.Jobs.Taken() {
		if args, is := j.Args.(conversation.OfferArgs); is && args.AccountID == d.AccountID {
			asked = append(asked, args)
		}
	}
	for _, args := range asked {
		if err := d.Offer(context.Background(), args); err != nil {
			d.T.Fatal(err)
		}
	}
	return len(asked) > 0
}

// RT-1, RT-5, TM-7: a chat is routed as it begins; the log and the decision tell why.
func TestRouteAtStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		by := d.by(among(ben, cleo))
		var first *ent.Conversation
		events := d.EventsOf(func() { first = d.StartChat(0, "Hello", by) })
		var types []string
		for _, e := range events {
			types = append(types, string(e.Type)+" "+string(e.ActorKind))
		}
		check.Same(t, types, []string{"CONVERSATION_CREATED VISITOR", "MESSAGE_CREATED VISITOR", "CONVERSATION_ROUTED SYSTEM", "CONVERSATION_ASSIGNED SYSTEM"})
		d.has(first, ben)
		check.Same(t, d.why(first), []string{"STARTED 1 ben cleo:NOT_NEXT"})
		second, third := d.StartChat(1, "Hello", by), d.StartChat(0, "Hello", by)
		d.has(second, cleo)
		d.has(third, ben)
	})
}

// RT-1, RT-2: owners, teams, no one; what is not to be routed is not.
func TestRouteTargets(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		unassigned := d.StartChat(0, "Hello", d.by(vocab.RoutingRule{Target: vocab.RouteUnassigned}))
		d.has(unassigned, "")
		check.Same(t, d.Row(unassigned.ID).AwaitsOffer, false)

		owned := d.by(vocab.RoutingRule{Target: vocab.RouteContactOwner, FallbackID: cleo})
		d.has(d.StartChat(0, "No owner", owned), cleo)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Contact.UpdateOneID(d.ContactID).SetOwnerID(ben).Exec(ctx)
		})
		d.has(d.StartChat(0, "Owner", owned), ben)
		d.away(ben)
		d.has(d.StartChat(0, "Owner is away", owned), cleo)

		team := d.NewTeam(true, ben)
		teamed := d.by(vocab.RoutingRule{Target: vocab.RouteTeams, TeamIDs: []string{team}, Method: vocab.FewestOpen})
		alone := d.StartChat(0, "Nobody in the team", teamed)
		d.has(alone, "")
		check.Same(t, []any{alone.AssignedTeamID, alone.AwaitsOffer}, []any{team, true})
		d.back(ben)
		both := d.StartChat(0, "Somebody in the team", teamed)
		d.has(both, ben)
		check.Same(t, both.AssignedTeamID, team)

		list := d.by(vocab.RoutingRule{
			Conditions: []vocab.RoutingCondition{{Kind: vocab.RouteByPage, Operator: vocab.RoutingContains, Value: "/pricing"}},
			Target:     vocab.RouteUsers, UserIDs: []string{ben}, Method: vocab.RoundRobin,
		}, among(cleo))
		d.has(d.StartChat(0, "Pricing", list), ben)
		d.has(d.StartChat(0, "Elsewhere", list, func(s *conversation.Start) { s.PageURL = "https://example.com/" }), cleo)
	})
}

// IN-9, BT-2, IN-7: what leaves Filtered, a bot or its closing is routed, unless
// someone has it.
func TestRouteLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		by := d.by(among(ben))
		spam := func(c *ent.Conversation) {
			check.Must(d.MarkAsSpam(d.Agent(1), conversation.MarkConversationAsSpamInput{Target: conversation.On(c.ID)}))(t)
		}
		notSpam := func(c *ent.Conversation) {
			check.Must(d.MarkAsNotSpam(d.Agent(1), conversation.MarkConversationAsNotSpamInput{Target: conversation.On(c.ID)}))(t)
		}
		d.away(ben)
		filtered := d.StartChat(0, "Hello", by)
		spam(filtered)
		d.back(ben)
		notSpam(filtered)
		d.has(filtered, ben)
		check.Same(t, d.why(filtered), []string{"STARTED 1  ben:AWAY", "UNFILTERED 1 ben"})
		d.MustAssign(filtered.ID, cleo)
		spam(filtered)
		notSpam(filtered)
		d.has(filtered, cleo)

		team := d.NewTeam(true, cleo)
		byHand := d.StartChat(0, "Hello", by)
		check.Must(d.Assign(d.Agent(1), conversation.AssignConversationInput{Target: conversation.On(byHand.ID), Assignment: desk.Team(team)}))(t)
		spam(byHand)
		notSpam(byHand)
		d.has(byHand, "")

		robot := id.New(id.Bot) // it hands off by its own rule, and not by the message's
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Bot.Create().SetID(robot).SetName("Robot").SetRouting(vocab.Routing{Rules: []vocab.RoutingRule{among(ben)}}).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		bot := d.StartChat(0, "Hello", func(s *conversation.Start) {
			m := ent.TargetedMessage{ID: id.New(id.TargetedMessage), Version: 1}
			m.BotID = robot
			s.Targeted = &m
		})
		d.has(bot, "")
		check.Same(t, d.why(bot), []string{})
		check.Must(d.HandOff(d.System, conversation.HandOffConversationInput{Target: conversation.On(bot.ID)}))(t)
		d.has(bot, ben)

		closed := d.StartChat(0, "Hello", by)
		check.Must(d.Assign(d.Agent(1), conversation.AssignConversationInput{Target: conversation.On(closed.ID), Assignment: desk.Nobody}))(t)
		d.MustClose(closed.ID)
		d.VisitorWrites(closed.ID, 0, "One more thing")
		d.has(closed, ben)
		check.Same(t, d.why(closed), []string{"STARTED 1 ben", "REOPENED 1 ben"})
	})
}

// RT-4: what found no one is offered again, the longest waiting first; never
// what was unassigned by hand, or is not to be offered.
func TestOffers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		d.away(ben)
		d.person(ben, only(2))
		by := d.by(among(ben))
		first := d.StartChat(0, "Hello", by)
		d.Clock.Advance(1e9)
		second := d.StartChat(1, "Hello", by)
		d.Clock.Advance(1e9)
		third := d.StartChat(0, "Hello", by)
		byHand := d.StartChat(0, "Hello", by)
		check.Must(d.Assign(d.Agent(1), conversation.AssignConversationInput{Target: conversation.On(byHand.ID), Assignment: desk.Nobody}))(t)
		switchedOff := d.StartChat(0, "Hello", d.byRouting(vocab.Routing{Rules: []vocab.RoutingRule{among(ben)}, NotOffered: true}))
		if told := d.Recorded(func() { check.Must(0, d.Offer(t.Context(), conversation.OfferArgs{AccountID: d.AccountID}))(t) }); len(told) > 0 {
			t.Errorf("nobody can take anything, and the log tells %v", told)
		}
		d.back(ben)
		check.Must(0, d.Offer(t.Context(), conversation.OfferArgs{AccountID: d.AccountID}))(t)
		d.has(first, ben)
		d.has(second, ben)
		d.has(third, "") // beyond capacity
		d.has(byHand, "")
		d.has(switchedOff, "")
		check.Same(t, d.why(first), []string{"STARTED 1  ben:AWAY", "OFFERED 1 ben"})
		if told := d.Recorded(func() { check.Must(0, d.Offer(t.Context(), conversation.OfferArgs{AccountID: d.AccountID}))(t) }); len(told) > 0 {
			t.Errorf("the second time, the log tells %v", told)
		}
		d.MustClose(first.ID) // capacity is free again, and taken in the same transaction
		d.has(third, ben)
		check.Same(t, d.offers(), false)
		d.MustAssign(second.ID, cleo)
		if d.offers() {
			t.Error("nothing waits, and yet offers were asked for")
		}
	})
}

// AC-7, AC-8: a reply while its owner is away goes to someone else, if the
// owner wants that, and there is someone.
func TestReassignReplies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		by := d.by(among(ben, cleo))
		c := d.StartChat(0, "Hello", by)
		d.has(c, ben)
		d.away(ben)
		d.VisitorWrites(c.ID, 0, "Are you there?")
		d.has(c, ben) // they finish what they have
		d.person(ben, func(u *ent.UserUpdateOne) { u.SetReassignRepliesWhenAway(true) })
		d.away(cleo)
		d.VisitorWrites(c.ID, 0, "Are you there?")
		d.has(c, ben) // all are away
		d.back(cleo)
		told := d.Recorded(func() { d.VisitorWrites(c.ID, 0, "Are you there?") })
		d.has(c, cleo)
		check.Same(t, told[len(told)-1], "CONVERSATION_ASSIGNED assignee:"+ben+">"+cleo)
		check.Same(t, d.why(c), []string{"STARTED 1 ben cleo:NOT_NEXT", "OWNER_AWAY 1  ben:AWAY cleo:AWAY", "OWNER_AWAY 1 cleo ben:AWAY"})

		own := d.StartChat(0, "Hello", by, func(*conversation.Start) {})
		d.MustAssign(own.ID, ben)
		d.person(ben, func(u *ent.UserUpdateOne) { u.SetReassignRepliesWhenAway(false) })
		d.MustClose(own.ID)
		d.VisitorWrites(own.ID, 0, "One more thing") // an own closed chat that reopens counts as new
		d.has(own, cleo)
	})
}

// AC-11: what someone leaves behind is unassigned with the reason, and routed
// again.
func TestRouteReleased(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		c := d.StartChat(0, "Hello", d.by(among(ben, cleo)))
		d.has(c, ben)
		d.LeaveInbox(ben)
		told := d.Recorded(func() {
			args := conversation.ReleaseArgs{AccountID: d.AccountID, UserID: ben, InboxID: d.InboxIDs[0], Reason: conversation.ReasonNotAMember}
			check.Must(0, d.Release(t.Context(), args))(t)
		})
		check.Same(t, told, []string{
			"CONVERSATION_UNASSIGNED assignee:" + ben + "> reason:>NOT_A_MEMBER",
			"CONVERSATION_ROUTED reason:>RELEASED rule:>0",
			"CONVERSATION_ASSIGNED assignee:>" + cleo,
		})
		d.has(c, cleo)
	})
}

// RT-6, pitfall 10: 64 chats at once, from two nodes where the database has
// several: turns differ by one at most, no one gets more than their capacity,
// and what was assigned by hand stays so.
func TestRouteManyAtOnce(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(desk.Monday)
		d := &suite{desk.On(t, db.Open(t, turned), turned)}
		nodes := []*suite{d, d}
		if db.URL() != "" {
			second := *d.Desk
			other := &suite{&second}
			fixture := *d.Fixture
			fixture.Store = db.Open(t, turned)
			fixture.Store.UseJobs(d.Jobs)
			other.Fixture, other.Service = &fixture, desk.Conversations(fixture.Store, conversation.Deps{Viewers: d.Viewers})
			nodes[1] = other
		}
		ada, ben, cleo := d.AdminID, d.AgentIDs[0], d.AgentIDs[1]
		const chats = 64
		start := func(by func(*conversation.Start)) (ids [chats]string) {
			var all sync.WaitGroup
			for i := range chats {
				all.Go(func() { ids[i] = nodes[i%2].StartChat(i%2, "Hello", by).ID })
			}
			all.Wait()
			return ids
		}
		count := func(ids [chats]string) map[string]int {
			got := map[string]int{}
			for _, c := range ids {
				got[d.Row(c).AssigneeID]++
			}
			return got
		}

		turns := count(start(d.by(among(ada, ben, cleo))))
		if least, most := min(turns[ada], turns[ben], turns[cleo]), max(turns[ada], turns[ben], turns[cleo]); most-least > 1 || turns[""] > 0 {
			t.Errorf("turns: %v", turns)
		}

		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error { // no one has anything
			_, err := tx.Exec(ctx, "UPDATE conversations SET assignee_id = '' WHERE account_id = $1", d.AccountID)
			return err
		})
		for _, u := range []string{ada, ben, cleo} {
			d.person(u, only(7))
		}
		full := start(d.by(vocab.RoutingRule{Target: vocab.RouteUsers, UserIDs: []string{ada, ben, cleo}, Method: vocab.FewestOpen}))
		check.Same(t, count(full), map[string]int{ada: 7, ben: 7, cleo: 7, "": chats - 21})

		// Capacity rises, and all is offered on both nodes while people claim.
		for _, u := range []string{ada, ben, cleo} {
			d.person(u, only(12))
		}
		var all sync.WaitGroup
		claimed := map[string]string{}
		for i, c := range full {
			if d.Row(c).AssigneeID != "" {
				continue
			}
			if i%3 == 0 {
				claimed[c] = ada
				all.Go(func() {
					check.Must(d.Assign(nodes[i%2].Agent(1), conversation.AssignConversationInput{Target: conversation.On(c), Assignment: desk.User(ada)}))(t)
				})
			}
		}
		for _, n := range nodes {
			all.Go(func() {
				if err := n.Offer(context.Background(), conversation.OfferArgs{AccountID: d.AccountID}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		d.offers() // a claim may have taken a chat that was just offered, which frees a place
		for c, who := range claimed {
			if got := d.Row(c).AssigneeID; got != who {
				t.Errorf("%s has what was given to %s by hand", d.name(got), d.name(who))
			}
		}
		got := count(full)
		if got[ben] != 12 || got[cleo] != 12 {
			t.Errorf("%d and %d, want 12 each", got[ben], got[cleo])
		}
	})
}

// RT-5: a preview answers as routing would, and does nothing; the log leads to
// the decision, which goes with its conversation.
func TestPreviewAndDecisions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		start := &conversation.Start{}
		by := d.by(vocab.RoutingRule{
			Conditions: []vocab.RoutingCondition{{Kind: vocab.RouteByContactProperty, Operator: vocab.RoutingContains, Property: "email", Value: "@example.net"}},
			Target:     vocab.RouteUsers, UserIDs: []string{cleo}, Method: vocab.RoundRobin,
		}, among(ben, cleo))
		by(start)
		preview := func(change func(*conversation.RoutingPreviewInput)) (int, string) {
			in := conversation.RoutingPreviewInput{Conversation: conversation.RoutingPreviewConversation{TargetedMessageID: &start.Targeted.ID}}
			change(&in)
			var got *ent.RoutingDecision
			if told := d.Recorded(func() { got = check.Must(d.PreviewRouting(d.Admin, in))(t) }); len(told) > 0 {
				t.Errorf("the preview told %v", told)
			}
			return got.Rule, d.name(got.AssigneeID)
		}
		for range 2 { // it takes no turn
			rule, who := preview(func(*conversation.RoutingPreviewInput) {})
			check.Same(t, []any{rule, who}, []any{2, "ben"})
		}
		rule, who := preview(func(in *conversation.RoutingPreviewInput) {
			in.Person = &conversation.RoutingPreviewPerson{ContactID: &d.ContactID}
		})
		check.Same(t, []any{rule, who}, []any{1, "cleo"})

		var c *ent.Conversation
		events := d.EventsOf(func() { c = d.StartChat(0, "Hello", by) })
		rule, who = preview(func(in *conversation.RoutingPreviewInput) {
			in.Conversation = conversation.RoutingPreviewConversation{ConversationID: &c.ID}
		})
		check.Same(t, []any{rule, who}, []any{1, "cleo"})
		decisions := check.Must(d.DecisionsOf(d.Agent(0), events))(t)
		for i, e := range events {
			if (decisions[i] != nil) != (e.Type == vocab.ConversationRouted) {
				t.Errorf("%s: %v", e.Type, decisions[i])
			}
		}
		of := check.Must(d.Decisions(d.Agent(0), []*ent.Conversation{c, d.Row(d.ConversationIDs[0])}, paging.PageArgs{}))(t)
		check.Same(t, []any{len(of[0].Edges), of[0].Nodes()[0].AssigneeID, len(of[1].Edges)}, []any{1, cleo, 0})

		unknown := id.New(id.Contact)
		for _, in := range []conversation.RoutingPreviewConversation{{}, {TargetedMessageID: &start.Targeted.ID, ConversationID: &c.ID}} {
			_, err := d.PreviewRouting(d.Admin, conversation.RoutingPreviewInput{Conversation: in})
			check.Refused(t, err, errs.Invalid, "conversation")
		}
		_, err := d.PreviewRouting(d.Admin, conversation.RoutingPreviewInput{Conversation: conversation.RoutingPreviewConversation{ConversationID: &d.ConversationIDs[2]}})
		check.Refused(t, err, errs.NotFound, "conversation", "conversationId") // of an inbox that the admin is no member of
		_, err = d.PreviewRouting(d.Admin, conversation.RoutingPreviewInput{
			Conversation: conversation.RoutingPreviewConversation{TargetedMessageID: &start.Targeted.ID},
			Person:       &conversation.RoutingPreviewPerson{ContactID: &unknown},
		})
		check.Refused(t, err, errs.NotFound, "person", "contactId")

		d.MustDelete(c.ID)
		check.Must(d.Purge(d.Agent(1), conversation.PurgeConversationInput{Target: conversation.On(c.ID)}))(t)
		check.Same(t, d.why(c), []string{})
	})
}

// IN-8, IN-9, RT-2: a chat of a blocked visitor goes to no one, and what is
// filtered or snoozed takes up no one's capacity.
func TestCapacityCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.AgentIDs[0]
		d.person(ben, only(1))
		by := d.by(among(ben))
		first := d.StartChat(0, "Hello", by)
		d.has(first, ben)
		waits := d.StartChat(0, "Hello", by)
		d.has(waits, "")
		until := d.Store.Now().Add(1e12)
		check.Must(d.Snooze(d.Agent(1), conversation.SnoozeConversationInput{Target: conversation.On(first.ID), Until: until}))(t)
		d.has(waits, ben) // what is snoozed takes up no place
		d.MustClose(waits.ID)
		second := d.StartChat(1, "Hello", by)
		d.has(second, ben)
		check.Must(d.BlockSender(d.Agent(1), conversation.BlockConversationSenderInput{Target: conversation.On(second.ID)}))(t)
		check.Same(t, d.why(d.StartChat(1, "Hello", by)), []string{})
		check.Must(d.Unsnooze(d.Agent(1), conversation.UnsnoozeConversationInput{Target: conversation.On(first.ID)}))(t)
		check.Must(d.Assign(d.Agent(1), conversation.AssignConversationInput{Target: conversation.On(d.ConversationIDs[0]), Assignment: desk.User(ben)}))(t) // by hand beyond it
		d.MustClose(first.ID)
		d.offers()
		d.has(d.Row(d.ConversationIDs[0]), ben)
	})
}
