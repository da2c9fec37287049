package conversation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func (d *suite) untags(conversationID string, tags ...string) error {
	_, err := d.Untag(d.Agent(0), conversation.UntagConversationInput{Target: conversation.On(conversationID), Tags: tags})
	return err
}

// IN-18, IN-31: tags keep their case, are told apart without it, and stand in
// alphabetical order; a name that no tag has makes one.
func TestTags(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		got := d.Recorded(func() {
			if err := d.TagWith(c, "  VIP ", "refund", "vip", "Ärger\tsehr", "Broken\n"); err != nil {
				t.Fatal(err)
			}
		})
		check.Same(t, got, []string{"TAG_CREATED", "TAG_CREATED", "TAG_CREATED", "TAG_CREATED", "CONVERSATION_TAGGED tags:>"})
		check.Same(t, d.TagNamesOf(c), []string{"Broken", "refund", "VIP", "Ärger sehr"})
		revision := d.Row(c).Revision
		got = d.Recorded(func() {
			if err := d.TagWith(c, "Vip", "REFUND", "äRGER sehr"); err != nil {
				t.Fatal(err)
			}
			if err := d.untags(c, "unknown"); err != nil {
				t.Fatal(err)
			}
		})
		check.Same(t, []any{len(got), d.Row(c).Revision}, []any{0, revision})
		page := check.Must(d.List(d.Agent(0), view.Selection{Filter: view.Filter{Tags: []string{"vip"}}}, paging.PageArgs{}))(t)
		check.Same(t, len(page.Edges), 1)
		got = d.Recorded(func() {
			if err := d.untags(c, "vip", "ÄRGER SEHR", "broken"); err != nil {
				t.Fatal(err)
			}
		})
		check.Same(t, got, []string{"CONVERSATION_TAGGED tags:>"})
		check.Same(t, d.TagNamesOf(c), []string{"refund"})
		if err := d.untags(c, "Refund"); err != nil {
			t.Fatal(err)
		}
		check.Same(t, d.Row(c).Tags, []string{})
	})
}

// IN-18: tags are few and short.
func TestTagsAreBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		check.Refused(t, d.TagWith(c), errs.Required, "tags")
		check.Refused(t, d.TagWith(c, "fine", " \u0000 "), errs.Required, "tags", "1")
		check.Refused(t, d.TagWith(c, strings.Repeat("ä", 51)), errs.TooLong, "tags", "0")
		check.Refused(t, d.TagWith(c, "\xff"), errs.Invalid, "tags", "0")
		check.Refused(t, d.TagWith(c, make([]string, 51)...), errs.TooLong, "tags")
		many := make([]string, 50)
		for i := range many {
			many[i] = fmt.Sprintf("%02d %s", i, strings.Repeat("ä", 47))
		}
		if err := d.TagWith(c, many...); err != nil {
			t.Fatal(err)
		}
		check.Refused(t, d.TagWith(c, "one more"), errs.TooLong, "tags")
		check.Same(t, d.TagNamesOf(c), many)
		d.MustDelete(c)
		check.Refused(t, d.untags(c, many[0]), errs.Invalid, "conversationId")
	})
}

// IN-18: a priority is told with what it was and is.
func TestPriority(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		set := func(conversationID string, to vocab.Priority) error {
			_, err := d.SetPriority(d.Agent(0), conversation.SetConversationPriorityInput{Target: conversation.On(conversationID), Priority: to})
			return err
		}
		got := d.Recorded(func() {
			for range 2 {
				if err := set(d.ConversationIDs[0], vocab.PriorityUrgent); err != nil {
					t.Fatal(err)
				}
			}
		})
		check.Same(t, got, []string{"CONVERSATION_UPDATED priority:NONE>URGENT"})
		d.MustDelete(d.ConversationIDs[0])
		check.Refused(t, set(d.ConversationIDs[0], vocab.PriorityLow), errs.Invalid, "conversationId")
	})
}

// IN-6, IN-18: many conversations are snoozed, tagged and ranked in the
// background; those that cannot be snoozed are skipped.
func TestBulkOfSnoozesTagsAndPriorities(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		open, closed := d.ConversationIDs[0], d.ConversationIDs[1]
		d.MustClose(closed)
		until := clock.Of(d.Clock.Now().Add(time.Hour))
		change := func(in conversation.BulkChangeConversationsInput) []any {
			t.Helper()
			in.Selection.ConversationIDs = []string{open, closed}
			task := check.Must(d.bulk(d.Agent(0), in))(t)
			if err := d.run(task); err != nil {
				t.Fatal(err)
			}
			return d.tally(task)
		}
		done, skipped := []any{vocab.TaskDone, 2, 2, 0}, []any{vocab.TaskDone, 2, 1, 1}
		check.Same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkSnooze, Until: &until}), skipped)
		check.Same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkTag, Tags: []string{"a", "b"}}), done)
		check.Same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkUntag, Tags: []string{"A"}}), done)
		check.Same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkPriority, Priority: check.Ptr(vocab.PriorityHigh)}), done)
		one, other := d.Row(open), d.Row(closed)
		check.Same(t, []any{one.SnoozedUntil, d.TagNamesOf(open), one.Priority}, []any{until, []string{"b"}, vocab.PriorityHigh})
		check.Same(t, []any{other.SnoozedUntil, d.TagNamesOf(closed), other.Priority}, []any{clock.Micros(0), []string{"b"}, vocab.PriorityHigh})
		check.Same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkUnsnooze}), done)
		check.Same(t, d.Row(open).SnoozedUntil, clock.Micros(0))

		for field, c := range map[string]struct {
			in   conversation.BulkChangeConversationsInput
			code errs.Code
		}{
			"until":    {conversation.BulkChangeConversationsInput{Action: conversation.BulkSnooze}, errs.Required},
			"tags":     {conversation.BulkChangeConversationsInput{Action: conversation.BulkTag, Tags: []string{}}, errs.Required},
			"priority": {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Priority: check.Ptr(vocab.PriorityHigh)}, errs.Invalid},
		} {
			c.in.Selection.ConversationIDs = []string{open}
			_, err := d.bulk(d.Agent(0), c.in)
			check.Refused(t, err, c.code, field)
		}
	})
}
