package conversation_test

import (
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-1: a chat knows its visitor, contact, page and targeted message, and says
// who began it.
func TestBegin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		var c *ent.Conversation
		events := d.EventsOf(func() { c = d.StartChat(0, "Hello") })
		check.Same(t, []string{c.VisitorID, c.ContactID, c.OriginURL, c.AssigneeID}, []string{d.VisitorIDs[0], d.ContactID, "https://example.com/pricing", ""})
		check.Same(t, []any{c.Status, c.Folder, c.BotState, c.InBots, c.Revision}, []any{vocab.Open, vocab.FolderMain, vocab.BotNone, false, 1})
		var told []any
		for _, e := range events {
			told = append(told, e.Type, e.ActorKind, e.ActorID, e.Revision)
		}
		check.Same(t, told, []any{
			vocab.ConversationCreated, viewer.Visitor, d.VisitorIDs[0], 1,
			vocab.MessageCreated, viewer.Visitor, d.VisitorIDs[0], 1,
		})
	})
}

// IN-2, BT-1, TM-7: a targeted message with a bot puts the chat into the bot's hands.
func TestBeginWithBot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(2, "Hello", desk.WithBot)
		check.Same(t, []any{c.BotState, c.Folder, c.InBots, c.TargetedMessageVersion}, []any{vocab.BotActive, vocab.FolderBot, true, 3})
		if c.BotID == "" || c.TargetedMessageID == "" {
			t.Error("the chat does not know its bot or targeted message")
		}
	})
}

// IN-7: a visitor's message reopens, and keeps an assignee who is still a
// member.
func TestVisitorReopens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		d.MustAssign(c, d.AgentIDs[0])
		d.MustClose(c)
		d.Clock.Advance(time.Hour)
		got := d.Recorded(func() { d.VisitorWrites(c, 0, "It broke again") })
		check.Same(t, got, []string{"MESSAGE_CREATED", "CONVERSATION_REOPENED status:CLOSED>OPEN"})
		now := d.Row(c)
		check.Same(t, []any{now.AssigneeID, now.ClosedAt, now.WaitingSince}, []any{d.AgentIDs[0], clock.Micros(0), clock.Of(d.Clock.Now())})
	})
}

// IN-7, AC-11: an assignee who left meanwhile loses a reopened conversation,
// and the event says why.
func TestReopenedWithoutItsAssignee(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		d.MustAssign(c, d.AgentIDs[0])
		d.MustClose(c)
		d.LeaveInbox(d.AgentIDs[0])
		got := d.Recorded(func() { d.VisitorWrites(c, 0, "It broke again") })
		check.Same(t, got, []string{
			"MESSAGE_CREATED", "CONVERSATION_REOPENED status:CLOSED>OPEN",
			"CONVERSATION_UNASSIGNED assignee:" + d.AgentIDs[0] + "> reason:>NOT_A_MEMBER",
		})
		check.Same(t, d.Row(c).AssigneeID, "")
	})
}

// IN-18: a visitor's message wakes a snoozed conversation.
func TestVisitorWakes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		until := clock.Of(desk.Monday.Add(24 * time.Hour))
		d.AlterRow(c, func(u *ent.ConversationUpdateOne) { u.SetSnoozedUntil(until).SetFolder(vocab.FolderSnoozed) })
		got := d.Recorded(func() { d.VisitorWrites(c, 0, "Now, please") })
		check.Same(t, got, []string{"MESSAGE_CREATED", "CONVERSATION_UNSNOOZED snoozedUntil:" + until.String() + ">"})
		check.Same(t, d.Row(c).Folder, vocab.FolderMain)
	})
}

// IN-20: into spam a message joins and stays filtered, closed or not.
func TestSpamStaysFiltered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		check.Must(d.MarkAsSpam(d.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(c)}))(t)
		d.MustClose(c)
		d.VisitorWrites(c, 0, "Buy now")
		check.Same(t, []any{d.Row(c).Folder, d.Row(c).Status}, []any{vocab.FolderFiltered, vocab.Open})
	})
}

// IN-20: a conversation in the trash takes no message; the visitor begins
// another.
func TestTrashTakesNoMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		d.MustDelete(c)
		got := d.Recorded(func() {
			_, err := d.TryVisitorWrites(c, 0, "Hello?")
			check.Refused(t, err, errs.NotFound, "conversationId")
		})
		check.Same(t, got, []string{})
	})
}

// IN-10: what a blocked visitor writes is kept under Filtered: in this and any
// other conversation on the channel, of the token and of its contact's.
func TestBlockedVisitorLandsInFiltered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.prove(0)
		d.prove(1)
		check.Must(d.BlockSender(d.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(d.ConversationIDs[0])}))(t)
		reasons := vocab.ReasonBlockedSender.Bit()

		got := d.Recorded(func() { d.VisitorWrites(d.ConversationIDs[1], 1, "By another token of the contact") })
		check.Same(t, got, []string{"CONVERSATION_FILTERED filtered:>BLOCKED_SENDER", "MESSAGE_CREATED"})
		for _, c := range []*ent.Conversation{d.Row(d.ConversationIDs[1]), d.StartChat(0, "And anew")} {
			check.Same(t, []any{c.Folder, c.Filtered, c.Status}, []any{vocab.FolderFiltered, reasons, vocab.Open})
		}
		check.Same(t, d.StartChat(2, "Of another channel").Folder, vocab.FolderMain)
	})
}

// IN-14: a visitor's message is plain text of bounded length.
func TestVisitorsText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		_, err := d.TryVisitorWrites(c, 0, string(make([]byte, 1<<20)))
		check.Refused(t, err, errs.TooLong, "text")
		_, err = d.TryVisitorWrites(c, 0, " ")
		check.Refused(t, err, errs.Required, "text")
		m := d.VisitorWrites(c, 0, "<script>alert(1)</script>")
		check.Same(t, []any{m.HTML, m.Text, m.AuthorKind, m.Delivery}, []any{"", "<script>alert(1)</script>", viewer.Visitor, vocab.DeliveryDelivered})
	})
}
