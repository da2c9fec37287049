package conversation_test

import (
	"context"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// leaves has a visitor be gone for longer than they count as connected.
func (d *suite) leaves(visitor int) {
	d.T.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Visitor.UpdateOneID(d.VisitorIDs[visitor]).SetLastSeenAt(tx.Now().Add(-4 * time.Minute)).Exec(ctx)
	})
}

// offer offers what waits in the account.
func (d *suite) offer() {
	d.T.Helper()
	check.NoError(d.T, d.Offer(d.T.Context(), conversation.OfferArgs{AccountID: d.AccountID}))
}

// reroutes gives the targeted message of by other rules.
func (d *suite) reroutes(by func(*conversation.Start), r vocab.Routing) {
	d.T.Helper()
	var start conversation.Start
	by(&start)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.TargetedMessage.UpdateOneID(start.Targeted.ID).SetRouting(r).Exec(ctx)
	})
}

// RT-4: who is connected is offered before those who left, however long these wait.
func TestConnectedAreOfferedFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.AgentIDs[0]
		d.away(ben)
		d.person(ben, only(1))
		by := d.by(among(ben))
		weekend := d.StartChat(0, "Anyone?", by)
		d.Clock.Advance(time.Hour)
		d.leaves(0)
		here := d.StartChat(1, "Hello", by)
		d.back(ben)
		d.offer()
		d.has(here, ben)
		d.has(weekend, "")
		d.MustClose(here.ID)
		d.has(weekend, ben) // the next place, in the transaction that frees it
	})
}

// RT-7: of those who left a person is offered a few within a minute, and none who
// wait for too long; who is connected is bounded by capacity only.
func TestOffersAreBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		d.away(ben)
		by := d.by(among(ben))
		old := d.StartChat(0, "A month ago", by)
		d.Clock.Advance(8 * 24 * time.Hour)
		var left []*ent.Conversation
		for range 5 {
			left = append(left, d.StartChat(0, "Anyone?", by))
			d.Clock.Advance(time.Second)
		}
		d.leaves(0)
		had := func() (n int) {
			for _, c := range left {
				if d.Row(c.ID).AssigneeID == ben {
					n++
				}
			}
			return n
		}
		d.back(ben)
		d.offer()
		d.offer()
		check.Same(t, had(), 3)
		check.Same(t, d.why(left[0]), []string{"STARTED 1  ben:AWAY", "OFFERED 1 ben"})
		d.Clock.Advance(time.Minute)
		d.offer()
		check.Same(t, had(), 5)
		d.has(old, "") // it stays for people to pick

		d.reroutes(by, vocab.Routing{Rules: []vocab.RoutingRule{among(cleo)}, OfferMaxAge: 30 * 24 * 60 * 60})
		d.leaves(0)
		d.offer()
		d.has(old, cleo)

		d.away(ben)
		both := d.by(among(ben))
		var here []*ent.Conversation
		for range 5 {
			here = append(here, d.StartChat(1, "Hello", both))
		}
		d.back(ben)
		d.offer()
		for _, c := range here {
			d.has(c, ben)
		}
		row := check.Must(d.Store.Client(d.System).RoutingDecision.Query().All(d.System))(t)
		bounds := map[vocab.RoutingTrigger][]any{}
		for _, r := range row {
			if r.ConversationID == here[0].ID {
				bounds[vocab.RoutingTrigger(r.Trigger)] = []any{r.OfferMaxAge, r.OfferPerMinute, r.Connected}
			}
		}
		check.Same(t, bounds[vocab.RoutedOffered], []any{vocab.DefaultOfferMaxAge, 3, true})
	})
}

// RT-4: a newcomer goes behind those of the same rule who wait and are connected, and
// never behind those who have left.
func TestNewcomersGoBehind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.AgentIDs[0]
		d.away(ben)
		d.person(ben, only(1))
		by := d.by(among(ben))
		waits := d.StartChat(0, "Hello", by)
		d.Clock.Advance(time.Second)
		d.back(ben) // and no offer has been made yet
		newcomer := d.StartChat(1, "Hello", by)
		d.has(waits, ben)
		d.has(newcomer, "")
		d.MustClose(waits.ID)
		d.has(newcomer, ben)

		d.away(ben)
		gone := d.StartChat(0, "Hello", by)
		d.Clock.Advance(time.Hour)
		d.leaves(0)
		d.MustClose(newcomer.ID)
		d.back(ben)
		here := d.StartChat(1, "Hello", by)
		d.has(here, ben)
		d.has(gone, "")
	})
}

// RT-4: what wakes, is unsnoozed or restored is offered at once.
func TestWhatComesBackIsOffered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.AgentIDs[0]
		by := d.by(among(ben))
		hidden := func() *ent.Conversation {
			d.away(ben)
			c := d.StartChat(0, "Hello", by)
			d.has(c, "")
			return c
		}
		until := d.Store.Now().Add(time.Hour)
		snoozed := func(c *ent.Conversation) {
			check.Must(d.Snooze(d.Agent(1), conversation.SnoozeConversationInput{Target: conversation.On(c.ID), Until: until}))(t)
			d.back(ben)
			d.has(c, "")
		}
		c := hidden()
		snoozed(c)
		check.Must(d.Unsnooze(d.Agent(1), conversation.UnsnoozeConversationInput{Target: conversation.On(c.ID)}))(t)
		d.has(c, ben)

		c = hidden()
		snoozed(c)
		d.VisitorWrites(c.ID, 0, "Still here")
		d.has(c, ben)

		c = hidden()
		d.MustDelete(c.ID)
		d.back(ben)
		check.Must(d.Restore(d.Agent(1), conversation.RestoreConversationInput{Target: conversation.On(c.ID)}))(t)
		d.has(c, ben)

		c = hidden()
		snoozed(c)
		d.Clock.Advance(time.Hour)
		check.NoError(t, d.Wake(t.Context(), conversation.WakeArgs{AccountID: d.AccountID, ConversationID: c.ID, Until: until}))
		d.has(c, ben)
	})
}

// RT-4, RT-7: routing goes by the targeted message's rules of now; who is left out of
// automatic assignment gets nothing from it.
func TestRulesOfNow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo := d.AgentIDs[0], d.AgentIDs[1]
		d.away(ben)
		by := d.by(among(ben))
		waits := d.StartChat(0, "Hello", by)
		d.reroutes(by, vocab.Routing{Rules: []vocab.RoutingRule{among(ben, cleo)}})
		d.offer()
		d.has(waits, cleo)
		d.has(d.StartChat(0, "Shown before", by), cleo)

		d.person(cleo, func(u *ent.UserUpdateOne) { u.SetAutoAssign(false) })
		left := d.StartChat(0, "Hello", by)
		d.has(left, "")
		check.Same(t, d.why(left), []string{"STARTED 1  ben:AWAY cleo:NOT_AUTO_ASSIGNED"})
		d.MustAssign(left.ID, cleo) // by hand all the same
	})
}

// IN-23: a visitor who waits unassigned has a place among those who wait and are
// connected, where the inbox shows it.
func TestQueue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.AgentIDs[0]
		d.away(ben)
		by := d.by(among(ben))
		first := d.StartChat(0, "Hello", by)
		d.Clock.Advance(time.Second)
		second := d.StartChat(1, "Hello", by)
		place := func(c *ent.Conversation) int {
			q := check.Must(d.ReadQueue(d.System, d.InboxIDs[0]))(t)
			if p := q.PositionOf(d.Row(c.ID)); p != nil {
				return *p
			}
			return 0
		}
		check.Same(t, []int{place(first), place(second)}, []int{0, 0})
		d.settings(func(s *vocab.InboxSettings) { s.ShowQueuePosition = true })
		check.Same(t, []int{place(first), place(second)}, []int{1, 2})
		d.leaves(0)
		check.Same(t, []int{place(first), place(second)}, []int{1, 1})
		d.MustAssign(second.ID, ben)
		check.Same(t, place(second), 0)
	})
}

// settings changes those of the first inbox.
func (d *suite) settings(change func(*vocab.InboxSettings)) {
	d.T.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		i, err := tx.Client.Inbox.Get(ctx, d.InboxIDs[0])
		if err != nil {
			return err
		}
		change(&i.Settings)
		return tx.Client.Inbox.UpdateOne(i).SetSettings(i.Settings).Exec(ctx)
	})
}
