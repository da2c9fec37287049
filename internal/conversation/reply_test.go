package conversation_test

import (
	"testing"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// sends has an agent send a message as the input says.
func (d *suite) sends(conversationID string, change func(*conversation.SendMessageInput)) (*ent.Message, error) {
	in := conversation.SendMessageInput{Target: conversation.On(conversationID), Text: check.Ptr("An answer")}
	change(&in)
	m, _, err := d.SendMessage(d.Agent(0), in)
	return m, err
}

// IN-7: a message may reopen the closed chat that it is for, in one transaction;
// who is blocked gets none all the same.
func TestMessageReopensChat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		reopen := func(in *conversation.SendMessageInput) {
			in.Reopen, in.IdempotencyKey = check.Ptr(true), check.Ptr("k")
		}
		d.MustAssign(c, d.AgentIDs[0])
		d.AgentSays(d.Agent(0), c, "The first answer")
		d.MustClose(c)
		_, err := d.sends(c, func(in *conversation.SendMessageInput) { in.Reopen = check.Ptr(false) })
		check.Refused(t, err, errs.ConversationClosed, "conversationId")
		var m *ent.Message
		got := d.Recorded(func() { m = check.Must(d.sends(c, reopen))(t) })
		check.Same(t, got, []string{"MESSAGE_CREATED", "CONVERSATION_REOPENED status:CLOSED>OPEN"})
		check.Same(t, []any{d.Row(c).Status, d.Row(c).AssigneeID}, []any{vocab.Open, d.AgentIDs[0]})
		d.MustClose(c)
		got = d.Recorded(func() { check.Same(t, check.Must(d.sends(c, reopen))(t).ID, m.ID) })
		check.Same(t, got, []string{})
		check.Must(d.BlockSender(d.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(c)}))(t)
		_, err = d.sends(c, func(in *conversation.SendMessageInput) { in.Reopen = check.Ptr(true) })
		check.Refused(t, err, errs.SenderBlocked, "conversationId")
		check.Same(t, d.Row(c).Status, vocab.Closed)
	})
}

// IN-33: a message whose author has not seen the last one is refused with what
// came since; nothing is sent.
func TestAnswersThatCross(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "One").ID
		seen := func(n int) func(*conversation.SendMessageInput) {
			return func(in *conversation.SendMessageInput) { in.IfLastNumber = &n }
		}
		check.Must(d.sends(c, seen(1)))(t)
		d.AgentNotes(d.Agent(1), c, "Three")
		late := d.VisitorWrites(c, 0, "Four")
		got := d.Recorded(func() {
			_, err := d.sends(c, seen(2))
			check.Refused(t, err, errs.Conflict, "ifLastNumber")
			now, newer := errs.Of(err).Current.(*ent.Conversation), errs.Of(err).Also[0].([]*ent.Message)
			check.Same(t, []any{now.ID, now.LastNumber, len(newer), newer[1].ID}, []any{c, 4, 2, late.ID})
		})
		check.Same(t, got, []string{})
		for _, n := range []int{5, -1} {
			_, err := d.sends(c, seen(n))
			check.Refused(t, err, errs.Invalid, "ifLastNumber")
		}
		check.Must(d.sends(c, seen(4)))(t)
		check.Must(d.sends(c, seen(0)))(t)
	})
}

// IN-30: a message may answer a certain one of its conversation, and a public one
// none that the contact does not see.
func TestReplyToMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "One").ID
		first, note := d.messageAt(c, 1), d.AgentNotes(d.Agent(0), c, "Two")
		to := func(messageID string, note bool) (*ent.Message, error) {
			return d.sends(c, func(in *conversation.SendMessageInput) { in.ReplyToMessageID, in.Note = &messageID, note })
		}
		check.Same(t, check.Must(to(first.ID, false))(t).ReplyToID, first.ID)
		check.Same(t, check.Must(to(note.ID, true))(t).ReplyToID, note.ID)
		check.Same(t, check.Must(to("", false))(t).ReplyToID, "")
		_, err := to(note.ID, false)
		check.Refused(t, err, errs.Invalid, "replyToMessageId")
		for _, unknown := range []string{d.messageAt(d.ConversationIDs[1], 1).ID, id.New(id.Message), c, "message_x"} {
			_, err := to(unknown, false)
			check.Refused(t, err, errs.NotFound, "replyToMessageId")
		}
		said := d.AgentSays(d.Agent(0), c, "Oops")
		check.Must(d.EraseAs(d.Agent(0), said))(t)
		_, err = to(said.ID, false)
		check.Refused(t, err, errs.Invalid, "replyToMessageId")
	})
}

// IN-30, EM-6: an answer to a certain mail goes to that mail's people, and names
// and quotes it.
func TestReplyToMail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		c := d.receives(d.mail("It broke"))
		first := check.Must(d.Store.Client(d.System).Message.Query().Where(entmessage.ConversationID(c.ID)).Only(d.System))(t)
		d.receives(d.mail("And more", in(c)))
		check.Must(d.answers(c))(t)
		if d.box.last().ReplyToMessageID == first.ID {
			t.Error("the usual answer goes to the first mail")
		}
		m := check.Must(d.answers(c, func(in *conversation.SendMessageInput) { in.ReplyToMessageID = &first.ID }))(t)
		check.Same(t, []any{d.box.last().ReplyToMessageID, d.box.last().Quote, m.ReplyToID}, []any{first.ID, true, first.ID})
	})
}
