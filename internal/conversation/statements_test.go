package conversation_test

import (
	"context"
	"testing"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/ent/inboxuser"
	"parley/internal/conversation"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Architecture 8: sendMessage makes at most 11 statements, with its event,
// search and idempotency key, the draft that it ends, what its author has read, and that they are there.
func TestStatementsOfSending(t *testing.T) {
	t.Parallel()
	eachCounted(t, func(t *testing.T, d *suite, asked *testkit.Statements) {
		d.AgentSays(d.Agent(0), d.ConversationIDs[0], "The account's number is known from now on")
		desk.AtMost(t, asked, 11, func() {
			_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.Target{ConversationID: d.ConversationIDs[0], IdempotencyKey: check.Ptr("k")}, Text: check.Ptr("Hello")})
			if err != nil {
				t.Fatal(err)
			}
		})
		desk.AtMost(t, asked, 4, func() { // a replay
			_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.Target{ConversationID: d.ConversationIDs[0], IdempotencyKey: check.Ptr("k")}, Text: check.Ptr("Hello")})
			if err != nil {
				t.Fatal(err)
			}
		})
		desk.AtMost(t, asked, 8, func() { d.VisitorWrites(d.ConversationIDs[0], 0, "Hello") })
	})
}

// Mutations of one conversation make few statements.
func TestStatementsOfChanges(t *testing.T) {
	t.Parallel()
	eachCounted(t, func(t *testing.T, d *suite, asked *testkit.Statements) {
		c := d.ConversationIDs[0]
		d.Row(c)
		desk.AtMost(t, asked, 4, func() { d.MustClose(c) })
		desk.AtMost(t, asked, 1, func() { d.MustClose(c) }) // nothing to do
		desk.AtMost(t, asked, 4, func() { _, _ = d.Reopen(d.Agent(0), conversation.ReopenConversationInput{Target: conversation.On(c)}) })
		desk.AtMost(t, asked, 7, func() { d.MustAssign(c, d.AgentIDs[0]) })
		desk.AtMost(t, asked, 4, func() { _ = d.reads(d.Agent(0), c, nil) })
	})
}

// AC-11: who leaves a team costs nothing for the conversations that they keep, of
// which there may be so many that a release would never come to the others.
func TestStatementsOfLeavingATeam(t *testing.T) {
	t.Parallel()
	eachCounted(t, func(t *testing.T, d *suite, asked *testkit.Statements) {
		agent, other, own := d.AgentIDs[0], d.ConversationIDs[2], ""
		for range 5 {
			own = d.StartChat(0, "Hello").ID
			d.AlterRow(own, func(u *ent.ConversationUpdateOne) { u.SetAssigneeID(agent) })
		}
		d.AlterRow(other, func(u *ent.ConversationUpdateOne) { u.SetAssigneeID(agent) })
		left := &event.Entry{Event: &ent.Event{
			AccountID: d.AccountID, Type: vocab.TeamUpdated, Changes: []vocab.FieldChange{{Field: "members", From: &agent}},
		}}
		members := func(inboxID string, of bool) {
			d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Client.InboxUser.Delete().Where(inboxuser.InboxID(inboxID), inboxuser.UserID(agent)).Exec(ctx)
				if err == nil && of {
					err = tx.Client.InboxUser.Create().SetID(id.New("member")).SetInboxID(inboxID).SetUserID(agent).Exec(ctx)
				}
				return err
			})
		}
		members(d.Row(own).InboxID, true)
		members(d.Row(other).InboxID, true)
		release := d.Consumers()[0]
		ctx := viewer.NewContext(t.Context(), viewer.System(release.Name, d.AccountID))
		desk.AtMost(t, asked, 8, func() { check.NoError(t, release.Handle(ctx, left)) })
		check.Same(t, []string{d.Row(other).AssigneeID, d.Row(own).AssigneeID}, []string{agent, agent})
		members(d.Row(other).InboxID, false)
		check.NoError(t, release.Handle(ctx, left))
		check.Same(t, []string{d.Row(other).AssigneeID, d.Row(own).AssigneeID}, []string{"", agent})
	})
}

// RT-4: many who come at once are offered what waits once, not each anew; who
// comes after that offer began is offered what waits again.
func TestStatementsOfOffersTogether(t *testing.T) {
	t.Parallel()
	eachCounted(t, func(t *testing.T, d *suite, asked *testkit.Statements) {
		add := func() {
			d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
				for _, agent := range d.AgentIDs {
					tx.Append(ctx, store.Event{Type: vocab.MemberAdded, InboxID: d.InboxIDs[0], SubjectID: agent})
				}
				return nil
			})
		}
		logged := func() []*ent.Event {
			return check.Must(d.Store.Client(d.System).Event.Query().Where(entevent.TypeEQ(vocab.MemberAdded)).
				Order(entevent.BySequence()).All(d.System))(t)
		}
		add()
		first := logged()
		offer := d.Consumers()[1]
		ctx := viewer.NewContext(t.Context(), viewer.System(offer.Name, d.AccountID))
		handle := func(e *ent.Event) { check.NoError(t, offer.Handle(ctx, &event.Entry{Event: e})) }
		handle(first[0])
		again := asked.Of(func() {
			for _, e := range first {
				handle(e)
			}
		})
		if len(again) > 0 {
			t.Errorf("%d statements for those who came together, want 0", len(again))
		}
		add()
		later := logged()[len(first)]
		if n := len(asked.Of(func() { handle(later) })); n == 0 {
			t.Error("what waits was not offered to who came later")
		}
	})
}
