package conversation_test

import (
	"context"
	"testing"
	"time"

	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// first is the conversation at the top of All.
func (d *suite) first(order vocab.ConversationOrder) string {
	d.T.Helper()
	page := check.Must(d.List(d.Agent(1), view.Selection{Order: order}, paging.PageArgs{First: check.Ptr(1)}))(d.T)
	return page.Edges[0].Node.ID
}

// wakes lets a snoozed conversation's time come.
func (d *suite) wakes(conversationID string) {
	d.T.Helper()
	until := d.snoozes(conversationID, time.Hour)
	d.Clock.Advance(time.Hour)
	args := conversation.WakeArgs{AccountID: d.AccountID, ConversationID: conversationID, Until: until}
	if err := d.Wake(d.T.Context(), args); err != nil {
		d.T.Fatal(err)
	}
}

// IN-18, API-21: a conversation that comes back by itself is at the top and unread for
// everyone, with its last message where it was; and it stays read once it is read.
func TestWokenIsUnreadAndAtTheTop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, cleo, c := d.Agent(0), d.Agent(1), d.StartChat(0, "Call me tomorrow").ID
		for _, who := range []context.Context{ben, cleo} {
			if err := d.reads(who, c, nil); err != nil {
				t.Fatal(err)
			}
		}
		said := d.Row(c).LastMessageAt
		d.Clock.Advance(time.Minute)
		later := d.StartChat(1, "Hello").ID
		check.Same(t, d.first(vocab.ActivityDesc), later)
		d.wakes(c)
		check.Same(t, []any{d.first(vocab.ActivityDesc), d.unread(ben, c), d.unread(cleo, c)}, []any{c, true, true})
		check.Same(t, []any{d.Row(c).LastMessageAt, d.Row(c).ActivityAt}, []any{said, d.Store.Now()})
		if err := d.reads(ben, c, check.Ptr(1)); err != nil {
			t.Fatal(err)
		}
		check.Same(t, []any{d.unread(ben, c), d.unread(cleo, c)}, []any{false, true})
		if err := d.reads(ben, c, nil); err != nil {
			t.Fatal(err)
		}
		d.snoozes(c, time.Hour) // another snooze of what is read leaves it read
		check.Same(t, d.unread(ben, c), false)
	})
}

// IN-15, IN-18: reading what woke is an event of the reader's, which says how far
// they read, even if they name an earlier message; reading it again is none.
func TestReadingWhatWoke(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, c := d.Agent(0), d.StartChat(0, "One").ID
		d.VisitorWrites(c, 0, "Two")
		read := func(number int) []string {
			return d.Recorded(func() {
				if err := d.reads(ben, c, &number); err != nil {
					t.Fatal(err)
				}
			})
		}
		check.Same(t, read(2), []string{"CONVERSATION_READ readNumber:>2"})
		check.Same(t, len(read(2)), 0)
		d.wakes(c)
		check.Same(t, read(1), []string{"CONVERSATION_READ readNumber:>2"})
		check.Same(t, len(read(2)), 0)
		check.Same(t, d.unread(ben, c), false)
	})
}

// IN-18: what a person brings back by hand, or out of Trash, is at the top and not
// unread; closing ends a snooze and brings nothing to the top.
func TestBroughtBackByHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben, c := d.Agent(0), d.StartChat(0, "Hello").ID
		if err := d.reads(ben, c, nil); err != nil {
			t.Fatal(err)
		}
		newer := func() {
			d.Clock.Advance(time.Minute)
			other := d.StartChat(1, "Hello").ID
			check.Same(t, d.first(vocab.ActivityDesc), other)
			d.Clock.Advance(time.Minute)
		}
		newer()
		d.snoozes(c, time.Hour)
		check.Must(d.Unsnooze(ben, conversation.UnsnoozeConversationInput{Target: conversation.On(c)}))(t)
		check.Same(t, []any{d.first(vocab.ActivityDesc), d.unread(ben, c)}, []any{c, false})
		newer()
		check.Must(d.Delete(ben, conversation.DeleteConversationInput{Target: conversation.On(c)}))(t)
		check.Must(d.Restore(ben, conversation.RestoreConversationInput{Target: conversation.On(c)}))(t)
		check.Same(t, []any{d.first(vocab.ActivityDesc), d.unread(ben, c)}, []any{c, false})
		newer()
		d.snoozes(c, time.Hour)
		at := d.Row(c).ActivityAt
		d.MustClose(c)
		check.Same(t, d.Row(c).ActivityAt, at)
	})
}

// IN-18: activity never goes back: a message that is older than a waking, or as old,
// still moves on.
func TestActivityNeverGoesBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello").ID
		d.wakes(c)
		woken := d.Row(c).ActivityAt
		d.VisitorWrites(c, 0, "Are you there?")
		check.Same(t, []any{d.Row(c).ActivityAt, d.Row(c).LastMessageAt}, []any{woken + 1, woken})
	})
}
