package conversation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/relay"
	"parley/internal/vocab"
)

func (d *desk) tags(conversationID string, tags ...string) error {
	_, err := d.Tag(d.Agent(0), conversation.TagConversationInput{ConversationID: conversationID, Tags: tags})
	return err
}

func (d *desk) untags(conversationID string, tags ...string) error {
	_, err := d.Untag(d.Agent(0), conversation.UntagConversationInput{ConversationID: conversationID, Tags: tags})
	return err
}

// IN-18: tags keep their case, are told apart without it, and stand in
// alphabetical order; an event names no tag, since people write them.
func TestTags(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		got := d.told(func() {
			if err := d.tags(c, "  VIP ", "refund", "vip", "Ärger\tsehr", "Broken\n"); err != nil {
				t.Fatal(err)
			}
		})
		same(t, got, []string{"CONVERSATION_TAGGED tags:>"})
		same(t, d.row(c).Tags, []string{"Broken", "refund", "VIP", "Ärger sehr"})
		revision := d.row(c).Revision
		got = d.told(func() {
			if err := d.tags(c, "Vip", "REFUND", "äRGER sehr"); err != nil {
				t.Fatal(err)
			}
			if err := d.untags(c, "unknown"); err != nil {
				t.Fatal(err)
			}
		})
		same(t, []any{len(got), d.row(c).Revision}, []any{0, revision})
		page := must(d.List(d.Agent(0), conversation.Selection{Filter: conversation.Filter{Tags: []string{"VIP"}}}, relay.PageArgs{}))(t)
		same(t, len(page.Edges), 1)
		got = d.told(func() {
			if err := d.untags(c, "vip", "ÄRGER SEHR", "broken"); err != nil {
				t.Fatal(err)
			}
		})
		same(t, got, []string{"CONVERSATION_TAGGED tags:>"})
		same(t, d.row(c).Tags, []string{"refund"})
		if err := d.untags(c, "Refund"); err != nil {
			t.Fatal(err)
		}
		same(t, d.row(c).Tags, []string{})
	})
}

// IN-18: tags are few and short.
func TestTagsAreBounded(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		refused(t, d.tags(c), errs.Required, "tags")
		refused(t, d.tags(c, "fine", " \u0000 "), errs.Required, "tags", "1")
		refused(t, d.tags(c, strings.Repeat("ä", 51)), errs.TooLong, "tags", "0")
		refused(t, d.tags(c, "\xff"), errs.Invalid, "tags", "0")
		refused(t, d.tags(c, make([]string, 51)...), errs.TooLong, "tags")
		many := make([]string, 50)
		for i := range many {
			many[i] = fmt.Sprintf("%02d %s", i, strings.Repeat("ä", 47))
		}
		if err := d.tags(c, many...); err != nil {
			t.Fatal(err)
		}
		refused(t, d.tags(c, "one more"), errs.TooLong, "tags")
		same(t, d.row(c).Tags, many)
		d.deletes(c)
		refused(t, d.untags(c, many[0]), errs.Invalid, "conversationId")
	})
}

// IN-18: a priority is told with what it was and is.
func TestPriority(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		set := func(conversationID string, to vocab.Priority) error {
			_, err := d.SetPriority(d.Agent(0), conversation.SetConversationPriorityInput{ConversationID: conversationID, Priority: to})
			return err
		}
		got := d.told(func() {
			for range 2 {
				if err := set(d.ConversationIDs[0], vocab.PriorityUrgent); err != nil {
					t.Fatal(err)
				}
			}
		})
		same(t, got, []string{"CONVERSATION_UPDATED priority:NONE>URGENT"})
		d.deletes(d.ConversationIDs[0])
		refused(t, set(d.ConversationIDs[0], vocab.PriorityLow), errs.Invalid, "conversationId")
	})
}

// IN-6, IN-18: many conversations are snoozed, tagged and ranked in the
// background; those that cannot be snoozed are skipped.
func TestBulkOfSnoozesTagsAndPriorities(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		open, closed := d.ConversationIDs[0], d.ConversationIDs[1]
		d.closes(closed)
		until := clock.Of(d.clock.Now().Add(time.Hour))
		change := func(in conversation.BulkChangeConversationsInput) []any {
			t.Helper()
			in.ConversationIDs = []string{open, closed}
			task := must(d.bulk(d.Agent(0), in))(t)
			if err := d.run(task); err != nil {
				t.Fatal(err)
			}
			return d.tally(task)
		}
		done, skipped := []any{vocab.TaskDone, 2, 2, 0}, []any{vocab.TaskDone, 2, 1, 1}
		same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkSnooze, Until: &until}), skipped)
		same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkTag, Tags: []string{"a", "b"}}), done)
		same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkUntag, Tags: []string{"A"}}), done)
		same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkPriority, Priority: ptr(vocab.PriorityHigh)}), done)
		one, other := d.row(open), d.row(closed)
		same(t, []any{one.SnoozedUntil, one.Tags, one.Priority}, []any{until, []string{"b"}, vocab.PriorityHigh})
		same(t, []any{other.SnoozedUntil, other.Tags, other.Priority}, []any{clock.Micros(0), []string{"b"}, vocab.PriorityHigh})
		same(t, change(conversation.BulkChangeConversationsInput{Action: conversation.BulkUnsnooze}), done)
		same(t, d.row(open).SnoozedUntil, clock.Micros(0))

		for field, c := range map[string]struct {
			in   conversation.BulkChangeConversationsInput
			code errs.Code
		}{
			"until":    {conversation.BulkChangeConversationsInput{Action: conversation.BulkSnooze}, errs.Required},
			"tags":     {conversation.BulkChangeConversationsInput{Action: conversation.BulkTag, Tags: []string{}}, errs.Required},
			"priority": {conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Priority: ptr(vocab.PriorityHigh)}, errs.Invalid},
		} {
			c.in.ConversationIDs = []string{open}
			_, err := d.bulk(d.Agent(0), c.in)
			refused(t, err, c.code, field)
		}
	})
}
