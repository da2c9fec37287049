package conversation_test

import (
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

func (d *suite) close(conversationID string) error {
	_, err := d.Close(d.Agent(1), conversation.CloseConversationInput{Target: conversation.On(conversationID)})
	return err
}

// IN-7: closing and reopening, each told once; closing ends a snooze.
func TestCloseAndReopen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, until := d.ConversationIDs[0], clock.Of(desk.Monday.Add(time.Hour))
		d.AlterRow(c, func(u *ent.ConversationUpdateOne) { u.SetSnoozedUntil(until).SetFolder(vocab.FolderSnoozed) })
		got := d.Recorded(func() { d.MustClose(c); d.MustClose(c) })
		check.Same(t, got, []string{"CONVERSATION_CLOSED status:OPEN>CLOSED snoozedUntil:" + until.String() + ">"})
		now := d.Row(c)
		check.Same(t, []any{now.ClosedAt, now.SnoozedUntil, now.Folder}, []any{clock.Of(desk.Monday), clock.Micros(0), vocab.FolderMain})
		got = d.Recorded(func() {
			for range 2 {
				check.Must(d.Reopen(d.Agent(0), conversation.ReopenConversationInput{Target: conversation.On(c)}))(t)
			}
		})
		check.Same(t, got, []string{"CONVERSATION_REOPENED status:CLOSED>OPEN"})
		check.Same(t, d.Row(c).ClosedAt, clock.Micros(0))
	})
}

// IN-8: a bot's conversation is locked until the visitor was inactive for
// exactly 30 minutes; the error says from when on it can be closed.
func TestBotLock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello", desk.WithBot).ID
		d.Clock.Advance(conversation.BotLock - time.Microsecond)
		err := d.close(c)
		check.Refused(t, err, errs.BotConversationActive, "conversationId")
		if want := "2026-01-05T09:30:00Z"; !strings.Contains(err.Error(), want) || errs.Of(err).Data.ClosableAt.String() != want { // API-15
			t.Errorf("%q does not say %s in words and closableAt", err, want)
		}
		d.Clock.Advance(time.Microsecond)
		if err := d.close(c); err != nil {
			t.Errorf("after exactly 30 minutes: %v", err)
		}
	})
}

// IN-8: the half hour begins with the visitor's last message; what the team
// notes or the visitor reads does not count.
func TestBotLockBeginsWithTheVisitorsMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello", desk.WithBot).ID
		d.Clock.Advance(20 * time.Minute)
		d.VisitorWrites(c, 0, "Hello?")
		d.Clock.Advance(20 * time.Minute)
		d.AgentNotes(d.Agent(0), c, "Waiting")
		check.Refused(t, d.close(c), errs.BotConversationActive, "conversationId")
		d.Clock.Advance(10 * time.Minute)
		if err := d.close(c); err != nil {
			t.Error(err)
		}
	})
}

// IN-8: whom the lock binds, by the bot's state.
func TestBotLockByState(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		for state, locked := range map[vocab.BotState]bool{
			vocab.BotNone: false, vocab.BotActive: true, vocab.BotEnded: true, vocab.BotHandedOff: false, vocab.BotTakenOver: false,
		} {
			c := d.StartChat(0, "Hello", desk.WithBot).ID
			d.AlterRow(c, func(u *ent.ConversationUpdateOne) { u.SetBotState(state) })
			if err := d.close(c); errs.Is(err, errs.BotConversationActive) != locked || !locked && err != nil {
				t.Errorf("%s: %v", state, err)
			}
			if _, err := d.Close(d.System, conversation.CloseConversationInput{Target: conversation.On(c)}); errs.Is(err, errs.BotConversationActive) != locked {
				t.Errorf("%s, by the system: %v", state, err)
			}
		}
	})
}

// IN-8, BT-2: a hand-off, a take-over and an assignment lift the lock.
func TestLiftingTheBotLock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		for name, lift := range map[string]func(c string) error{
			"hand-off": func(c string) error {
				_, err := d.HandOff(d.Agent(0), conversation.HandOffConversationInput{Target: conversation.On(c)})
				return err
			},
			"take-over": func(c string) error {
				_, err := d.TakeOver(d.Agent(0), conversation.TakeOverConversationInput{Target: conversation.On(c)})
				return err
			},
			"assignment": func(c string) error {
				_, err := d.TryAssign(c, &d.AgentIDs[0], nil)
				return err
			},
			"reply": func(c string) error {
				_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(c), Text: check.Ptr("Hi")})
				return err
			},
		} {
			c := d.StartChat(0, "Hello", desk.WithBot).ID
			if err := lift(c); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := d.close(c); err != nil {
				t.Errorf("closing after %s: %v", name, err)
			}
		}
	})
}

// IN-8: deleting, spam and blocking are never locked.
func TestBotLockIsForClosingAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello", desk.WithBot).ID
		check.Must(d.MarkAsSpam(d.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(c)}))(t)
		check.Must(d.BlockSender(d.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(c)}))(t)
		d.MustDelete(c)
	})
}

// BT-2, IN-2: a take-over assigns and leaves Bots; a hand-off shows the chat in
// Bots and in the inbox. Both may be repeated, and need a bot.
func TestTakeOverAndHandOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello", desk.WithBot).ID
		got := d.Recorded(func() {
			for range 2 {
				check.Must(d.HandOff(d.Agent(0), conversation.HandOffConversationInput{Target: conversation.On(c)}))(t)
			}
		})
		check.Same(t, got, []string{"BOT_HANDED_OFF botState:ACTIVE>HANDED_OFF"})
		check.Same(t, []any{d.Row(c).Folder, d.Row(c).InBots}, []any{vocab.FolderMain, true})
		got = d.Recorded(func() {
			for range 2 {
				check.Must(d.TakeOver(d.Agent(0), conversation.TakeOverConversationInput{Target: conversation.On(c)}))(t)
			}
		})
		check.Same(t, got, []string{"BOT_TAKEN_OVER botState:HANDED_OFF>TAKEN_OVER", "CONVERSATION_ASSIGNED assignee:>" + d.AgentIDs[0]})
		check.Same(t, []any{d.Row(c).Folder, d.Row(c).InBots}, []any{vocab.FolderMain, false})

		_, err := d.TakeOver(d.Agent(1), conversation.TakeOverConversationInput{Target: conversation.On(c)})
		check.Refused(t, err, errs.Invalid, "conversationId")
		_, err = d.HandOff(d.Agent(1), conversation.HandOffConversationInput{Target: conversation.On(c)})
		check.Refused(t, err, errs.Invalid, "conversationId")
		_, err = d.TakeOver(d.Agent(1), conversation.TakeOverConversationInput{Target: conversation.On(d.ConversationIDs[0])})
		check.Refused(t, err, errs.Invalid, "conversationId")
	})
}

// IN-2: what a person once had leaves Bots for good.
func TestAssignedOnceLeavesBots(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello", desk.WithBot).ID
		check.Must(d.HandOff(d.Agent(0), conversation.HandOffConversationInput{Target: conversation.On(c)}))(t)
		d.MustAssign(c, d.AgentIDs[0])
		check.Must(d.Assign(d.Agent(0), conversation.AssignConversationInput{Target: conversation.On(c), Assignment: desk.Nobody}))(t)
		check.Same(t, []any{d.Row(c).InBots, d.Row(c).EverAssigned}, []any{false, true})
	})
}

// IN-8: a chat whose bot is done closes by itself when the visitor was inactive
// for 30 minutes, in every account; others stay.
func TestEndedBotChatsClose(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		ended := func(u *ent.ConversationUpdateOne) { u.SetBotState(vocab.BotEnded).SetFolder(vocab.FolderBot) }
		due, running, trashed := d.StartChat(0, "Hello", desk.WithBot).ID, d.StartChat(0, "Hello", desk.WithBot).ID, d.StartChat(0, "Hello", desk.WithBot).ID
		for _, c := range []string{due, trashed} {
			d.AlterRow(c, ended)
		}
		d.MustDelete(trashed)
		d.Clock.Advance(time.Microsecond)
		later := d.StartChat(1, "Hello", desk.WithBot).ID
		d.AlterRow(later, ended)

		sweep := func() {
			if err := d.CloseEndedBotChats(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		d.Clock.Advance(conversation.BotLock - 2*time.Microsecond)
		check.Same(t, d.Recorded(sweep), []string{})
		d.Clock.Advance(time.Microsecond)
		check.Same(t, d.Recorded(sweep), []string{"CONVERSATION_CLOSED status:OPEN>CLOSED"})
		check.Same(t, d.Recorded(sweep), []string{})
		for c, want := range map[string]vocab.ConversationStatus{due: vocab.Closed, running: vocab.Open, trashed: vocab.Open, later: vocab.Open} {
			check.Same(t, d.Row(c).Status, want)
		}
	})
}
