package conversation_test

import (
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-1: a chat knows its visitor, contact, page and targeted message, and says
// who began it.
func TestBegin(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		var c *ent.Conversation
		events := d.events(func() { c = d.begin(0, "Hello") })
		same(t, []string{c.VisitorID, c.ContactID, c.OriginURL, c.AssigneeID}, []string{d.VisitorIDs[0], d.ContactID, "https://example.com/pricing", ""})
		same(t, []any{c.Status, c.Folder, c.BotState, c.InBots, c.Revision}, []any{vocab.Open, vocab.FolderMain, vocab.BotNone, false, 1})
		var told []any
		for _, e := range events {
			told = append(told, e.Type, e.ActorKind, e.ActorID, e.Revision)
		}
		same(t, told, []any{
			vocab.ConversationCreated, viewer.Visitor, d.VisitorIDs[0], 1,
			vocab.MessageCreated, viewer.Visitor, d.VisitorIDs[0], 1,
		})
	})
}

// IN-2, BT-1: a targeted message with a bot puts the chat into the bot's hands.
func TestBeginWithBot(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(2, "Hello", withBot)
		same(t, []any{c.BotState, c.Folder, c.InBots, c.TargetedMessageVersion}, []any{vocab.BotActive, vocab.FolderBot, true, 3})
		if c.BotID == "" || c.TargetedMessageID == "" {
			t.Error("the chat does not know its bot or targeted message")
		}
	})
}

// IN-7: a visitor's message reopens, and keeps an assignee who is still a
// member.
func TestVisitorReopens(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		d.assigns(c, d.AgentIDs[0])
		d.closes(c)
		d.clock.Advance(time.Hour)
		got := d.told(func() { d.writes(c, 0, "It broke again") })
		same(t, got, []string{"MESSAGE_CREATED", "CONVERSATION_REOPENED status:CLOSED>OPEN"})
		now := d.row(c)
		same(t, []any{now.AssigneeID, now.ClosedAt, now.WaitingSince}, []any{d.AgentIDs[0], clock.Micros(0), clock.Of(d.clock.Now())})
	})
}

// IN-7, AC-11: an assignee who left meanwhile loses a reopened conversation,
// and the event says why.
func TestReopenedWithoutItsAssignee(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		d.assigns(c, d.AgentIDs[0])
		d.closes(c)
		d.leaves(d.AgentIDs[0])
		got := d.told(func() { d.writes(c, 0, "It broke again") })
		same(t, got, []string{
			"MESSAGE_CREATED", "CONVERSATION_REOPENED status:CLOSED>OPEN",
			"CONVERSATION_UNASSIGNED assignee:" + d.AgentIDs[0] + "> reason:>NOT_A_MEMBER",
		})
		same(t, d.row(c).AssigneeID, "")
	})
}

// IN-18: a visitor's message wakes a snoozed conversation.
func TestVisitorWakes(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		until := clock.Of(monday.Add(24 * time.Hour))
		d.alter(c, func(u *ent.ConversationUpdateOne) { u.SetSnoozedUntil(until).SetFolder(vocab.FolderSnoozed) })
		got := d.told(func() { d.writes(c, 0, "Now, please") })
		same(t, got, []string{"MESSAGE_CREATED", "CONVERSATION_UNSNOOZED snoozedUntil:" + until.String() + ">"})
		same(t, d.row(c).Folder, vocab.FolderMain)
	})
}

// IN-20: into spam a message joins and stays filtered, closed or not.
func TestSpamStaysFiltered(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		must(d.MarkAsSpam(d.Agent(0), conversation.MarkAsSpamInput{ConversationID: c}))(t)
		d.closes(c)
		d.writes(c, 0, "Buy now")
		same(t, []any{d.row(c).Folder, d.row(c).Status}, []any{vocab.FolderFiltered, vocab.Open})
	})
}

// IN-20: a conversation in the trash takes no message; the visitor begins
// another.
func TestTrashTakesNoMessage(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		d.deletes(c)
		got := d.told(func() {
			_, err := d.receive(c, 0, "Hello?")
			refused(t, err, errs.NotFound, "conversationId")
		})
		same(t, got, []string{})
	})
}

// IN-10: what a blocked visitor writes is kept under Filtered: in this and any
// other conversation on the channel, of the token and of its contact's.
func TestBlockedVisitorLandsInFiltered(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		must(d.BlockSender(d.Agent(0), conversation.BlockSenderInput{ConversationID: d.ConversationIDs[0]}))(t)
		reasons := vocab.ReasonBlockedSender.Bit()

		got := d.told(func() { d.writes(d.ConversationIDs[1], 1, "By another token of the contact") })
		same(t, got, []string{"CONVERSATION_FILTERED filtered:>BLOCKED_SENDER", "MESSAGE_CREATED"})
		for _, c := range []*ent.Conversation{d.row(d.ConversationIDs[1]), d.begin(0, "And anew")} {
			same(t, []any{c.Folder, c.Filtered, c.Status}, []any{vocab.FolderFiltered, reasons, vocab.Open})
		}
		same(t, d.begin(2, "Of another channel").Folder, vocab.FolderMain)
	})
}

// IN-14: a visitor's message is plain text of bounded length.
func TestVisitorsText(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		_, err := d.receive(c, 0, string(make([]byte, 1<<20)))
		refused(t, err, errs.TooLong, "text")
		_, err = d.receive(c, 0, " ")
		refused(t, err, errs.Required, "text")
		m := d.writes(c, 0, "<script>alert(1)</script>")
		same(t, []any{m.HTML, m.Text, m.AuthorKind, m.Delivery}, []any{"", "<script>alert(1)</script>", viewer.Visitor, vocab.DeliveryDelivered})
	})
}
