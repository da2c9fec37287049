package conversation_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
)

func (d *desk) unread(ctx context.Context, conversationID string) bool {
	d.t.Helper()
	return must(d.Unread(ctx, []*ent.Conversation{d.row(conversationID)}))(d.t)[0]
}

func (d *desk) reads(ctx context.Context, conversationID string, number *int) error {
	_, err := d.MarkRead(ctx, conversation.MarkConversationReadInput{ConversationID: conversationID, Number: number})
	return err
}

// IN-15: what the contact wrote is unread for each user until they read it;
// notes and answers are not.
func TestUnread(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ben, cleo, c := d.Agent(0), d.Agent(1), d.begin(0, "One").ID
		d.notes(cleo, c, "Two")
		d.says(cleo, c, "Three")
		if err := d.reads(ben, c, ptr(1)); err != nil {
			t.Fatal(err)
		}
		same(t, []bool{d.unread(ben, c), d.unread(cleo, c)}, []bool{false, true})
		d.writes(c, 0, "Four")
		same(t, d.unread(ben, c), true)
		if err := d.reads(ben, c, nil); err != nil {
			t.Fatal(err)
		}
		same(t, d.unread(ben, c), false)
		must(d.MarkUnread(ben, conversation.MarkConversationUnreadInput{ConversationID: c}))(t)
		same(t, d.unread(ben, c), true)
	})
}

// IN-15: reading raises no revision and never goes back; its event says how far
// and is the reader's own.
func TestReadEvents(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ben, c := d.Agent(0), d.ConversationIDs[0]
		d.writes(c, 0, "Four")
		before := d.row(c)
		read := func(number *int) func() {
			return func() {
				if err := d.reads(ben, c, number); err != nil {
					t.Fatal(err)
				}
			}
		}
		events := d.events(read(nil))
		same(t, []string{events[0].UserID, *events[0].Changes[0].To}, []string{d.AgentIDs[0], "4"})
		for _, again := range []*int{nil, ptr(4), ptr(2), ptr(0)} {
			same(t, d.told(read(again)), []string{})
		}
		unread := func() {
			must(d.MarkUnread(ben, conversation.MarkConversationUnreadInput{ConversationID: c}))(t)
		}
		same(t, d.told(unread), []string{"CONVERSATION_READ readNumber:>3"})
		same(t, d.told(unread), []string{})
		same(t, d.row(c).String(), before.String())
		for _, beyond := range []int{5, -1} {
			refused(t, d.reads(ben, c, &beyond), errs.Invalid, "number")
		}
	})
}

// IN-15: who read nothing yet has nothing to mark unread.
func TestMarkUnreadWhatWasNeverRead(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "One").ID
		d.writes(c, 0, "Two")
		got := d.told(func() {
			must(d.MarkUnread(d.Agent(0), conversation.MarkConversationUnreadInput{ConversationID: c}))(t)
			if err := d.reads(d.Agent(0), c, ptr(0)); err != nil {
				t.Fatal(err)
			}
		})
		same(t, got, []string{})
		same(t, d.unread(d.Agent(0), c), true)
	})
}

// IN-9: what is filtered never counts as unread.
func TestFilteredIsNotUnread(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Buy").ID
		must(d.MarkAsSpam(d.Agent(0), conversation.MarkAsSpamInput{ConversationID: c}))(t)
		same(t, d.unread(d.Agent(0), c), false)
	})
}
