package conversation_test

import (
	"context"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-21: whoever answers what no one has gets it; its team stays. Notes do not count.
func TestAnsweringAssigns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		c := d.StartChat(0, "Hello")
		d.AgentNotes(d.Agent(0), c.ID, "Hm")
		d.has(c, "")
		team := d.NewTeam(true, cleo)
		check.Must(d.TryAssign(c.ID, nil, &team))(t)
		d.settings(func(s *vocab.InboxSettings) { s.AssignOnReply = vocab.AssignOnReplyTeamOnly })
		d.AgentSays(d.Agent(0), c.ID, "From another team")
		d.has(c, "")
		d.settings(func(s *vocab.InboxSettings) { s.AssignOnReply = vocab.AssignOnReplyOff })
		d.AgentSays(d.Agent(1), c.ID, "From the team")
		d.has(c, "")
		d.settings(func(s *vocab.InboxSettings) { s.AssignOnReply = vocab.AssignOnReplyTeamOnly })
		d.AgentSays(d.Agent(1), c.ID, "From the team")
		d.has(c, cleo)
		check.Same(t, d.Row(c.ID).AssignedTeamID, team)
		d.AgentSays(d.Agent(0), c.ID, "It has someone")
		d.has(c, cleo)
		d.settings(func(s *vocab.InboxSettings) { s.AssignOnReply = "" })
		other := d.StartChat(0, "Hello")
		d.AgentSays(d.Agent(0), other.ID, "Hello")
		d.has(other, ben)
	})
}

// IN-34: the contact waits again, since they first asked, when the only answer is deleted,
// or does not reach them; the row shows what is left.
func TestWaitingComesBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello")
		asked := d.Row(c.ID).WaitingSince
		d.Clock.Advance(time.Minute)
		d.VisitorWrites(c.ID, 0, "Anyone?")
		m := d.AgentSays(d.Agent(0), c.ID, "Oops")
		check.Same(t, []any{d.Row(c.ID).WaitingSince, conversation.AwaitedOf(d.Row(c.ID))}, []any{clock.Never, vocab.WaitingOnContact})
		check.Must(d.EraseAs(d.Agent(0), m))(t)
		row := d.Row(c.ID)
		check.Same(t, []any{row.WaitingSince, conversation.AwaitedOf(row), row.Preview}, []any{asked, vocab.WaitingOnTeam, "Anyone?"})

		first := d.AgentSays(d.Agent(0), c.ID, "An answer")
		second := d.AgentSays(d.Agent(0), c.ID, "And more")
		check.Must(d.EraseAs(d.Agent(0), second))(t)
		check.Same(t, []any{d.Row(c.ID).WaitingSince, d.Row(c.ID).Preview}, []any{clock.Never, "An answer"}) // there is one left
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return d.SetDelivery(ctx, tx, first.ID, vocab.DeliveryFailed, "No such mailbox.")
		})
		check.Same(t, d.Row(c.ID).WaitingSince, asked)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error { return d.Requeue(ctx, tx, first.ID) })
		check.Same(t, d.Row(c.ID).WaitingSince, clock.Never)
	})
}

// IN-34: what is in Trash is not unread.
func TestTrashIsNotUnread(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello")
		check.Same(t, d.unread(d.Agent(0), c.ID), true)
		d.MustDelete(c.ID)
		check.Same(t, d.unread(d.Agent(0), c.ID), false)
		check.Must(d.Restore(d.Agent(1), conversation.RestoreConversationInput{Target: conversation.On(c.ID)}))(t)
		check.Same(t, d.unread(d.Agent(0), c.ID), true)
	})
}

// IN-22: a chat in which the team wrote last closes by itself when the contact has been
// silent for long, with a farewell that is no answer; no one resolved it.
func TestClosingByItself(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		before := d.StartChat(0, "Long ago")
		d.AgentSays(d.Agent(0), before.ID, "Answered")
		d.Clock.Advance(time.Minute)
		d.settings(func(s *vocab.InboxSettings) {
			s.CloseSilentChatsAfter, s.CloseSilentChatsSince, s.FarewellText = 30, d.Store.Now(), "Bye"
		})
		answered, asks, snoozed := d.StartChat(0, "One"), d.StartChat(0, "Two"), d.StartChat(1, "Three")
		d.AgentSays(d.Agent(0), answered.ID, "Answered")
		d.AgentSays(d.Agent(0), asks.ID, "Answered")
		d.AgentSays(d.Agent(0), snoozed.ID, "Answered")
		d.VisitorWrites(asks.ID, 0, "But why?")
		check.Must(d.Snooze(d.Agent(1), conversation.SnoozeConversationInput{Target: conversation.On(snoozed.ID), Until: d.Store.Now().Add(48 * time.Hour)}))(t)
		d.Clock.Advance(29 * time.Minute)
		check.NoError(t, d.CloseSilent(t.Context()))
		check.Same(t, d.Row(answered.ID).Status, vocab.Open)
		d.Clock.Advance(24 * time.Hour)
		check.NoError(t, d.CloseSilent(t.Context()))
		status := func(list ...*ent.Conversation) (all []vocab.ConversationStatus) {
			for _, c := range list {
				all = append(all, d.Row(c.ID).Status)
			}
			return all
		}
		check.Same(t, status(answered, asks, snoozed, before), []vocab.ConversationStatus{vocab.Closed, vocab.Open, vocab.Open, vocab.Open})
		row := d.Row(answered.ID)
		check.Same(t, []any{row.ResolvedBy, row.ClosedBy, row.Preview, row.WaitingSince}, []any{"", viewer.SystemKind, "Bye", clock.Never})
		d.MustClose(asks.ID)
		check.Same(t, d.Row(asks.ID).ClosedBy, viewer.Agent)

		// Never where the contact's is the last word, whatever the columns say.
		said := d.StartChat(0, "Four")
		d.AgentSays(d.Agent(0), said.ID, "Answered")
		d.VisitorWrites(said.ID, 0, "Thanks, but ...")
		d.AlterRow(said.ID, func(u *ent.ConversationUpdateOne) { u.SetWaitingSince(clock.Never).SetLastOutgoingNumber(99) })
		d.Clock.Advance(24 * time.Hour)
		check.NoError(t, d.CloseSilent(t.Context()))
		check.Same(t, d.Row(said.ID).Status, vocab.Open)
	})
}

// RT-8: a chat whose assignee routing chose, and who neither answers nor looks, is routed
// again, at most three times; declining does so at once.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		by := d.by(among(ben, cleo))
		run := func() {
			d.Clock.Advance(2 * time.Minute)
			for _, j := range d.Jobs.Taken() {
				if args, is := j.Args.(conversation.NoAnswerArgs); is {
					check.NoError(t, d.RerouteUnanswered(t.Context(), args))
				}
			}
		}
		off := d.StartChat(0, "Hello", by)
		run()
		d.has(off, ben)
		d.settings(func(s *vocab.InboxSettings) { s.RerouteUnanswered = true })
		c := d.StartChat(0, "Hello", by)
		d.has(c, cleo)
		run()
		d.has(c, ben)
		check.Same(t, d.why(c)[1], "NO_ANSWER 1 ben cleo:NO_ANSWER")
		run()
		d.has(c, cleo)
		run()
		d.has(c, ben)
		run()
		d.has(c, ben) // three times, and no more

		looked := d.StartChat(0, "Hello", by)
		d.has(looked, cleo)
		check.NoError(t, d.reads(d.Agent(1), looked.ID, nil))
		run()
		d.has(looked, cleo)
		answered := d.StartChat(0, "Hello", by)
		d.has(answered, ben)
		d.AgentSays(d.Agent(0), answered.ID, "Here")
		run()
		d.has(answered, ben)

		decline := func(who int) error {
			_, err := d.Decline(d.Agent(who), conversation.DeclineConversationInput{Target: conversation.On(answered.ID)})
			return err
		}
		check.Refused(t, decline(1), errs.Invalid, "conversationId")
		check.NoError(t, decline(0))
		d.has(answered, cleo)
		d.away(ben)
		check.NoError(t, decline(1))
		d.has(answered, cleo) // no one else can take it
	})
}

// RT-9: an inbox may release the assignee at closing; what reopens is routed.
func TestReleaseAtClosing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		by := d.by(among(ben, cleo))
		kept := d.StartChat(0, "Hello", by)
		d.MustClose(kept.ID)
		d.has(kept, ben)
		d.settings(func(s *vocab.InboxSettings) { s.OnClose = vocab.OnCloseRelease })
		c := d.StartChat(0, "Hello", by)
		d.has(c, cleo)
		got := d.Recorded(func() { d.MustClose(c.ID) })
		check.Same(t, got, []string{"CONVERSATION_CLOSED status:OPEN>CLOSED", "CONVERSATION_UNASSIGNED assignee:" + cleo + "> reason:>CLOSED"})
		d.has(c, "")
		d.VisitorWrites(c.ID, 0, "One more thing")
		d.has(c, ben)
	})
}

// AC-15: an inbox may pass on open chats whose visitor waits and whose assignee has been
// gone for a time, once for each message.
func TestPassOn(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		c := d.StartChat(0, "Hello", d.by(among(ben, cleo)))
		d.has(c, ben)
		passOn := func() {
			check.NoError(t, d.PassOn(t.Context()))
		}
		d.Clock.Advance(time.Hour)
		passOn()
		d.has(c, ben) // off by default
		d.settings(func(s *vocab.InboxSettings) { s.PassOnAfter = 10 })
		d.person(ben, func(u *ent.UserUpdateOne) { u.SetConnectedAt(d.Store.Now().Add(-9 * time.Minute)) })
		passOn()
		d.has(c, ben)
		d.Clock.Advance(time.Minute)
		d.away(cleo)
		passOn()
		d.has(c, ben) // no one else can take it
		d.back(cleo)
		passOn()
		d.has(c, ben) // once for each message
		d.VisitorWrites(c.ID, 0, "Are you there?")
		passOn()
		d.has(c, cleo)
		check.Same(t, d.why(c)[2], "OWNER_GONE 1 cleo ben:NOT_CONNECTED")
	})
}

// IN-18, IN-34: what wakes is unread and at the top.
func TestWokenIsUnreadAtTheTop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello")
		check.NoError(t, d.reads(d.Agent(0), c.ID, nil))
		until := d.Store.Now().Add(time.Hour)
		check.Must(d.Snooze(d.Agent(1), conversation.SnoozeConversationInput{Target: conversation.On(c.ID), Until: until}))(t)
		d.Clock.Advance(30 * time.Minute)
		other := d.StartChat(1, "Later")
		d.Clock.Advance(30 * time.Minute)
		check.NoError(t, d.Wake(t.Context(), conversation.WakeArgs{AccountID: d.AccountID, ConversationID: c.ID, Until: until}))
		check.Same(t, []any{d.unread(d.Agent(0), c.ID), d.Row(c.ID).ActivityAt > d.Row(other.ID).ActivityAt}, []any{true, true})
	})
}
