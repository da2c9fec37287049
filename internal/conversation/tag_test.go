package conversation_test

import (
	"fmt"
	"strings"
	"testing"

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
