package conversation_test

import (
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/vocab"
)

func (d *desk) close(conversationID string) error {
	_, err := d.Close(d.Agent(1), conversation.CloseConversationInput{ConversationID: conversationID})
	return err
}

// IN-7: closing and reopening, each told once; closing ends a snooze.
func TestCloseAndReopen(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c, until := d.ConversationIDs[0], clock.Of(monday.Add(time.Hour))
		d.alter(c, func(u *ent.ConversationUpdateOne) { u.SetSnoozedUntil(until).SetFolder(vocab.FolderSnoozed) })
		got := d.told(func() { d.closes(c); d.closes(c) })
		same(t, got, []string{"CONVERSATION_CLOSED status:OPEN>CLOSED snoozedUntil:" + until.String() + ">"})
		now := d.row(c)
		same(t, []any{now.ClosedAt, now.SnoozedUntil, now.Folder}, []any{clock.Of(monday), clock.Micros(0), vocab.FolderMain})
		got = d.told(func() {
			for range 2 {
				must(d.Reopen(d.Agent(0), conversation.ReopenConversationInput{ConversationID: c}))(t)
			}
		})
		same(t, got, []string{"CONVERSATION_REOPENED status:CLOSED>OPEN"})
		same(t, d.row(c).ClosedAt, clock.Micros(0))
	})
}

// IN-8: a bot's conversation is locked until the visitor was inactive for
// exactly 30 minutes; the error says from when on it can be closed.
func TestBotLock(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello", withBot).ID
		d.clock.Advance(conversation.BotLock - time.Microsecond)
		err := d.close(c)
		refused(t, err, errs.BotConversationActive, "conversationId")
		if want := "2026-01-05T09:30:00Z"; !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %s", err, want)
		}
		d.clock.Advance(time.Microsecond)
		if err := d.close(c); err != nil {
			t.Errorf("after exactly 30 minutes: %v", err)
		}
	})
}

// IN-8: the half hour begins with the visitor's last message; what the team
// notes or the visitor reads does not count.
func TestBotLockBeginsWithTheVisitorsMessage(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello", withBot).ID
		d.clock.Advance(20 * time.Minute)
		d.writes(c, 0, "Hello?")
		d.clock.Advance(20 * time.Minute)
		d.notes(d.Agent(0), c, "Waiting")
		refused(t, d.close(c), errs.BotConversationActive, "conversationId")
		d.clock.Advance(10 * time.Minute)
		if err := d.close(c); err != nil {
			t.Error(err)
		}
	})
}

// IN-8: whom the lock binds, by the bot's state.
func TestBotLockByState(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		for state, locked := range map[vocab.BotState]bool{
			vocab.BotNone: false, vocab.BotActive: true, vocab.BotEnded: true, vocab.BotHandedOff: false, vocab.BotTakenOver: false,
		} {
			c := d.begin(0, "Hello", withBot).ID
			d.alter(c, func(u *ent.ConversationUpdateOne) { u.SetBotState(state) })
			if err := d.close(c); errs.Is(err, errs.BotConversationActive) != locked || !locked && err != nil {
				t.Errorf("%s: %v", state, err)
			}
			if _, err := d.Close(d.System, conversation.CloseConversationInput{ConversationID: c}); errs.Is(err, errs.BotConversationActive) != locked {
				t.Errorf("%s, by the system: %v", state, err)
			}
		}
	})
}

// IN-8, BT-2: a hand-off, a take-over and an assignment lift the lock.
func TestLiftingTheBotLock(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		for name, lift := range map[string]func(c string) error{
			"hand-off": func(c string) error {
				_, err := d.HandOff(d.Agent(0), conversation.HandOffConversationInput{ConversationID: c})
				return err
			},
			"take-over": func(c string) error {
				_, err := d.TakeOver(d.Agent(0), conversation.TakeOverConversationInput{ConversationID: c})
				return err
			},
			"assignment": func(c string) error {
				_, err := d.assign(c, &d.AgentIDs[0], nil)
				return err
			},
			"reply": func(c string) error {
				_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: c, Text: ptr("Hi")})
				return err
			},
		} {
			c := d.begin(0, "Hello", withBot).ID
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
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello", withBot).ID
		must(d.MarkAsSpam(d.Agent(0), conversation.MarkAsSpamInput{ConversationID: c}))(t)
		must(d.BlockSender(d.Agent(0), conversation.BlockSenderInput{ConversationID: c}))(t)
		d.deletes(c)
	})
}

// BT-2, IN-2: a take-over assigns and leaves Bots; a hand-off shows the chat in
// Bots and in the inbox. Both may be repeated, and need a bot.
func TestTakeOverAndHandOff(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello", withBot).ID
		got := d.told(func() {
			for range 2 {
				must(d.HandOff(d.Agent(0), conversation.HandOffConversationInput{ConversationID: c}))(t)
			}
		})
		same(t, got, []string{"BOT_HANDED_OFF botState:ACTIVE>HANDED_OFF"})
		same(t, []any{d.row(c).Folder, d.row(c).InBots}, []any{vocab.FolderMain, true})
		got = d.told(func() {
			for range 2 {
				must(d.TakeOver(d.Agent(0), conversation.TakeOverConversationInput{ConversationID: c}))(t)
			}
		})
		same(t, got, []string{"BOT_TAKEN_OVER botState:HANDED_OFF>TAKEN_OVER", "CONVERSATION_ASSIGNED assignee:>" + d.AgentIDs[0]})
		same(t, []any{d.row(c).Folder, d.row(c).InBots}, []any{vocab.FolderMain, false})

		_, err := d.TakeOver(d.Agent(1), conversation.TakeOverConversationInput{ConversationID: c})
		refused(t, err, errs.Invalid, "conversationId")
		_, err = d.HandOff(d.Agent(1), conversation.HandOffConversationInput{ConversationID: c})
		refused(t, err, errs.Invalid, "conversationId")
		_, err = d.TakeOver(d.Agent(1), conversation.TakeOverConversationInput{ConversationID: d.ConversationIDs[0]})
		refused(t, err, errs.Invalid, "conversationId")
	})
}

// IN-2: what a person once had leaves Bots for good.
func TestAssignedOnceLeavesBots(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello", withBot).ID
		must(d.HandOff(d.Agent(0), conversation.HandOffConversationInput{ConversationID: c}))(t)
		d.assigns(c, d.AgentIDs[0])
		must(d.Unassign(d.Agent(0), conversation.UnassignConversationInput{ConversationID: c}))(t)
		same(t, []any{d.row(c).InBots, d.row(c).EverAssigned}, []any{false, true})
	})
}

// IN-8: a chat whose bot is done closes by itself when the visitor was inactive
// for 30 minutes, in every account; others stay.
func TestEndedBotChatsClose(t *testing.T) {
	t.Parallel()
	loneDesk(t, func(t *testing.T, d *desk) {
		ended := func(u *ent.ConversationUpdateOne) { u.SetBotState(vocab.BotEnded).SetFolder(vocab.FolderBot) }
		due, running, trashed := d.begin(0, "Hello", withBot).ID, d.begin(0, "Hello", withBot).ID, d.begin(0, "Hello", withBot).ID
		for _, c := range []string{due, trashed} {
			d.alter(c, ended)
		}
		d.deletes(trashed)
		d.clock.Advance(time.Microsecond)
		later := d.begin(1, "Hello", withBot).ID
		d.alter(later, ended)

		sweep := func() {
			if err := d.CloseEndedBotChats(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		d.clock.Advance(conversation.BotLock - 2*time.Microsecond)
		same(t, d.told(sweep), []string{})
		d.clock.Advance(time.Microsecond)
		same(t, d.told(sweep), []string{"CONVERSATION_CLOSED status:OPEN>CLOSED"})
		same(t, d.told(sweep), []string{})
		for c, want := range map[string]vocab.ConversationStatus{due: vocab.Closed, running: vocab.Open, trashed: vocab.Open, later: vocab.Open} {
			same(t, d.row(c).Status, want)
		}
	})
}
