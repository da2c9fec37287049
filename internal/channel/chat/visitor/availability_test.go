package visitor_test

import (
	"context"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const shopPage = "https://shop.example/prices"

// byTeamStatus has the first channel go by who is available, and its chats to an agent.
func (w *world) byTeamStatus(agent string) {
	w.t.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Channel.Get(ctx, w.ChannelIDs[0])
		if err != nil {
			return err
		}
		c.Availability.Mode, c.Availability.WhenAway = vocab.AvailabilityTeamStatus, vocab.AwayHide
		return tx.Client.Channel.UpdateOne(c).SetAvailability(c.Availability).Exec(ctx)
	})
	rule := vocab.RoutingRule{Target: vocab.RouteUsers, UserIDs: []string{agent}, Method: vocab.RoundRobin}
	w.shown = check.Must(w.targeting.Update(w.Admin, targeting.UpdateTargetedMessageInput{
		TargetedMessageID: w.shown.ID, Settings: targeting.Settings{Routing: opt.Of(vocab.Routing{Rules: []vocab.RoutingRule{rule}})},
	}))(w.t)
}

func (w *world) person(userID string, change func(*ent.UserUpdateOne)) {
	w.t.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.User.UpdateOneID(userID)
		change(update)
		return update.Exec(ctx)
	})
}

func (w *world) goes(userID string) {
	w.t.Helper()
	w.person(userID, func(u *ent.UserUpdateOne) { u.SetAvailability(vocab.Away) })
}

// AC-7: an away agent is there for a visitor whose open chat they have, while they are
// connected or answered within ten minutes; for no one else.
func TestAwayOwnerIsThere(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ben := w.AgentIDs[0]
		w.byTeamStatus(ben)
		me, stranger := w.as(w.start("", "")), w.as(w.start("", ""))
		c := w.startChat(me, "Hello")
		check.Same(w.t, w.conversation(c.ID).AssigneeID, ben)
		state := func(ctx context.Context) vocab.AvailabilityState {
			shown, err := w.Show(ctx, key(w.ChannelIDs[0]), shopPage, false, "")
			w.ok(err)
			check.Same(w.t, shown.LauncherHidden, shown.Availability.State != vocab.StateAvailable)
			return shown.Availability.State
		}
		w.goes(ben)
		check.Same(w.t, state(me), vocab.StateAway) // they went home
		w.person(ben, func(u *ent.UserUpdateOne) { u.SetConnectedAt(w.Store.Now()) })
		check.Same(w.t, []vocab.AvailabilityState{state(me), state(stranger)}, []vocab.AvailabilityState{vocab.StateAvailable, vocab.StateAway})
		w.clock.Advance(2 * time.Minute)
		check.Same(w.t, state(me), vocab.StateAway)

		// By whatever means they answer.
		_, _, err := w.conversations.SendMessage(w.Agent(0), conversation.SendMessageInput{Target: conversation.On(c.ID), Text: new("Here")})
		w.ok(err)
		check.Same(w.t, state(me), vocab.StateAvailable)
		w.clock.Advance(10 * time.Minute)
		check.Same(w.t, state(me), vocab.StateAway)
		w.person(ben, func(u *ent.UserUpdateOne) { u.SetConnectedAt(w.Store.Now()) })
		check.Must(w.conversations.Close(w.Agent(0), conversation.CloseConversationInput{Target: conversation.On(c.ID)}))(w.t)
		check.Same(w.t, state(me), vocab.StateAway) // it is no open chat any more
	})
}

// AV-0, TM-9: the query counts the people whom the widget counts, and so does the preview.
func TestAvailabilityCountsLikeTheWidget(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ben := w.AgentIDs[0]
		w.byTeamStatus(ben)
		w.goes(ben)
		ask := func(change func(*visitor.AvailabilityQuery)) vocab.AvailabilityState {
			in := visitor.AvailabilityQuery{ChannelID: w.ChannelIDs[0]}
			change(&in)
			answer, err := w.Availability(w.Agent(0), in)
			w.ok(err)
			return answer.State
		}
		check.Same(w.t, ask(func(*visitor.AvailabilityQuery) {}), vocab.StateAvailable) // all members
		check.Same(w.t, ask(func(in *visitor.AvailabilityQuery) { in.PageURL = shopPage }), vocab.StateAway)
		check.Same(w.t, ask(func(in *visitor.AvailabilityQuery) { in.TargetedMessageID = w.shown.ID }), vocab.StateAway)
		session := w.start("", "")
		c := w.startChat(w.as(session), "Hello")
		check.Must(w.conversations.Assign(w.Agent(1), conversation.AssignConversationInput{Target: conversation.On(c.ID), Assignment: desk.User(ben)}))(w.t)
		w.person(ben, func(u *ent.UserUpdateOne) { u.SetConnectedAt(w.Store.Now()) })
		check.Same(w.t, ask(func(in *visitor.AvailabilityQuery) { in.PageURL, in.VisitorID = shopPage, session.Visitor.ID }), vocab.StateAvailable)

		for field, change := range map[string]func(*visitor.AvailabilityQuery){
			"channelId":         func(in *visitor.AvailabilityQuery) { in.ChannelID = w.ChannelIDs[1] },
			"targetedMessageId": func(in *visitor.AvailabilityQuery) { in.TargetedMessageID = id.New(id.TargetedMessage) },
			"visitorId":         func(in *visitor.AvailabilityQuery) { in.VisitorID = w.VisitorIDs[2] },
		} {
			in := visitor.AvailabilityQuery{ChannelID: w.ChannelIDs[0]}
			change(&in)
			_, err := w.Availability(w.Agent(0), in)
			w.fails(err, errs.NotFound, field)
		}
	})
}

// TM-9: the preview obeys the screen and the time, and shows launcher, availability,
// heading and what is asked for, as the widget would.
func TestPreviewShowsTheWidget(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ben := w.AgentIDs[0]
		w.byTeamStatus(ben)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Account.UpdateOneID(w.AccountID).SetGdprEnabled(true).Exec(ctx); err != nil {
				return err
			}
			c, err := tx.Client.Channel.Get(ctx, w.ChannelIDs[0])
			if err != nil {
				return err
			}
			c.Availability.Mode, c.Availability.TimeZone = vocab.AvailabilityOperatingHours, "UTC"
			c.Availability.OutOfHours, c.Availability.Hours = vocab.OutOfHoursHide, []vocab.Hours{{Day: vocab.Monday, From: "09:00", To: "17:00"}}
			return tx.Client.Channel.UpdateOne(c).SetAvailability(c.Availability).Exec(ctx)
		})
		check.Must(w.targeting.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: w.shown.ID, Settings: targeting.Settings{
			Heading: opt.Of(vocab.Heading{Kind: vocab.HeadingUsers, UserIDs: []string{ben}}), Display: opt.Of(vocab.Display{SmallScreen: vocab.SmallScreenHidden}),
			EmailCapture: opt.Of(vocab.EmailCapture{Timing: vocab.CaptureBeforeChat}),
			Consent:      opt.Of(vocab.Consent{Processing: vocab.ConsentExplicit, ProcessingText: "Do you agree?"}),
		}}))(w.t)
		monday := w.Store.Now().Add(24 * time.Hour) // 2026-03-02, 12:00
		look := func(change func(*targeting.TargetedMessagePreviewInput)) *visitor.Widget {
			in := targeting.TargetedMessagePreviewInput{ChannelID: w.ChannelIDs[0], PageURL: shopPage, At: &monday}
			change(&in)
			shown, err := w.Imagine(w.Admin, in)
			w.ok(err)
			return shown
		}
		shown := look(func(*targeting.TargetedMessagePreviewInput) {})
		m := shown.TargetedMessage
		check.Same(w.t, []any{shown.LauncherHidden, shown.Availability.State, m.Heading.People[0].ID, m.EmailCapture().Needed, m.Consent().Processing.Text},
			[]any{false, vocab.StateAvailable, ben, true, "Do you agree?"})
		small := look(func(in *targeting.TargetedMessagePreviewInput) { in.SmallScreen = new(true) })
		sunday := look(func(in *targeting.TargetedMessagePreviewInput) { in.At = nil })
		check.Same(w.t, []any{small.LauncherHidden, small.Availability.State, sunday.LauncherHidden, sunday.Availability.State},
			[]any{true, vocab.StateAvailable, true, vocab.StateOutOfHours})
		known := look(func(in *targeting.TargetedMessagePreviewInput) { in.ContactID = &w.ContactID })
		check.Same(w.t, []any{known.TargetedMessage.EmailCapture().Needed, known.Visitor == nil}, []any{false, true})

		// It is what the widget shows.
		w.clock.Advance(24 * time.Hour)
		really, err := w.Show(viewer.NewContext(t.Context(), viewer.Anonymous()), key(w.ChannelIDs[0]), shopPage, true, "")
		w.ok(err)
		check.Same(w.t, []any{really.LauncherHidden, really.Availability}, []any{small.LauncherHidden, small.Availability})
	})
}

// IN-23: a visitor who waits sees their place, and no one else's.
func TestQueuePosition(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ben := w.AgentIDs[0]
		w.byTeamStatus(ben)
		w.goes(ben)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Inbox.UpdateOneID(w.InboxIDs[0]).SetSettings(vocab.InboxSettings{ShowQueuePosition: true}).Exec(ctx)
		})
		first, second := w.as(w.start("", "")), w.as(w.start("", ""))
		one := w.startChat(first, "Hello")
		w.clock.Advance(time.Second)
		two := w.startChat(second, "Hello")
		places := func() []*int {
			a, err := w.QueuePositions(first, []*ent.Conversation{w.conversation(one.ID)})
			w.ok(err)
			b, err := w.QueuePositions(second, []*ent.Conversation{w.conversation(two.ID)})
			w.ok(err)
			return append(a, b...)
		}
		check.Same(w.t, places(), []*int{new(1), new(2)})
		check.Must(w.conversations.Assign(w.Agent(1), conversation.AssignConversationInput{Target: conversation.On(one.ID), Assignment: desk.User(ben)}))(w.t)
		check.Same(w.t, places(), []*int{nil, new(1)})
		w.clock.Advance(4 * time.Minute)
		check.Same(w.t, places(), []*int{nil, new(1)}) // who asks is there
	})
}
