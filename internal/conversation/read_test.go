package conversation_test

import (
	"context"
	"testing"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/testkit/check"
)

func (d *suite) unread(ctx context.Context, conversationID string) bool {
	d.T.Helper()
	return check.Must(d.Unread(ctx, []*ent.Conversation{d.Row(conversationID)}))(d.T)[0]
}

func (d *suite) reads(ctx context.Context, conversationID string, number *int) error {
	in := conversation.MarkConversationReadInput{ConversationID: conversationID}
	if number != nil {
		in.UpTo = check.Ptr(d.messageAt(conversationID, *number).ID)
	}
	_, err := d.MarkRead(ctx, in)
	return err
}

// messageAt is a conversation's message of a number.
func (d *suite) messageAt(conversationID string, number int) *ent.Message {
	d.T.Helper()
	return check.Must(d.Store.Client(d.System).Message.Query().
		Where(entmessage.ConversationID(conversationID), entmessage.Number(number)).Only(d.System))(d.T)
}

// IN-15, IN-21: what the contact wrote is unread for each user until they read it, or
// answer it; notes and answers are not.
func TestUnread(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo, c := d.Agent(0), d.Agent(1), d.StartChat(0, "One").ID
		d.AgentNotes(cleo, c, "Two")
		d.AgentSays(cleo, c, "Three")
		if err := d.reads(ben, c, check.Ptr(1)); err != nil {
			t.Fatal(err)
		}
		check.Same(t, []bool{d.unread(ben, c), d.unread(cleo, c), d.unread(d.Admin, c)}, []bool{false, false, true})
		d.VisitorWrites(c, 0, "Four")
		check.Same(t, d.unread(ben, c), true)
		if err := d.reads(ben, c, nil); err != nil {
			t.Fatal(err)
		}
		check.Same(t, d.unread(ben, c), false)
		check.Must(d.MarkUnread(ben, conversation.MarkConversationUnreadInput{ConversationID: c}))(t)
		check.Same(t, d.unread(ben, c), true)
	})
}

// IN-15: reading raises no revision and never goes back; its event says how far
// and is the reader's own.
func TestReadEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, c := d.Agent(0), d.ConversationIDs[0]
		d.VisitorWrites(c, 0, "Four")
		before := d.Row(c)
		read := func(number *int) func() {
			return func() {
				if err := d.reads(ben, c, number); err != nil {
					t.Fatal(err)
				}
			}
		}
		events := d.EventsOf(read(nil))
		check.Same(t, []string{events[0].UserID, *events[0].Changes[0].To}, []string{d.AgentIDs[0], "4"})
		for _, again := range []*int{nil, check.Ptr(4), check.Ptr(2)} {
			check.Same(t, d.Recorded(read(again)), []string{})
		}
		unread := func() {
			check.Must(d.MarkUnread(ben, conversation.MarkConversationUnreadInput{ConversationID: c}))(t)
		}
		check.Same(t, d.Recorded(unread), []string{"CONVERSATION_READ readNumber:>3"})
		check.Same(t, d.Recorded(unread), []string{})
		check.Same(t, d.Row(c).String(), before.String())
		other := d.messageAt(d.ConversationIDs[1], 1).ID
		for _, unknown := range []string{other, id.New(id.Message), c, "message_x"} {
			_, err := d.MarkRead(ben, conversation.MarkConversationReadInput{ConversationID: c, UpTo: &unknown})
			check.Refused(t, err, errs.NotFound, "upTo")
		}
	})
}

// IN-15: who read nothing yet has nothing to mark unread.
func TestMarkUnreadWhatWasNeverRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "One").ID
		d.VisitorWrites(c, 0, "Two")
		got := d.Recorded(func() {
			check.Must(d.MarkUnread(d.Agent(0), conversation.MarkConversationUnreadInput{ConversationID: c}))(t)
		})
		check.Same(t, got, []string{})
		check.Same(t, d.unread(d.Agent(0), c), true)
	})
}

// IN-9: what is filtered never counts as unread.
func TestFilteredIsNotUnread(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Buy").ID
		check.Must(d.MarkAsSpam(d.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(c)}))(t)
		check.Same(t, d.unread(d.Agent(0), c), false)
	})
}
