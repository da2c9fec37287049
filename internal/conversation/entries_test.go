package conversation_test

import (
	"context"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// entries are what a page of a conversation's history shows: texts of messages,
// and types of events.
func (d *suite) entries(ctx context.Context, conversationID string, kinds []vocab.EntryKind, args paging.PageArgs) ([]string, *conversation.EntryPage) {
	d.T.Helper()
	c := check.Must(d.Get(ctx, conversationID))(d.T)
	page := check.Must(d.Entries(ctx, []*ent.Conversation{c}, kinds, args))(d.T)[0]
	list := []string{}
	for _, e := range page.Nodes() {
		switch e := e.(type) {
		case *ent.Message:
			list = append(list, e.Text)
		case *ent.Event:
			list = append(list, string(e.Type))
		}
	}
	return list, page
}

// API-6, IN-17: a conversation's history has each message where it was written,
// and the events between; what happened to a message later, and what someone has
// read, is no entry.
func TestEntries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.Agent(0)
		c := d.StartChat(0, "Hello").ID
		d.MustAssign(c, d.AgentIDs[0])
		answer := d.AgentSays(ben, c, "Helo")
		check.Must(d.EditMessage(ben, conversation.EditMessageInput{MessageID: answer.ID, Text: check.Ptr("Hi")}))(t)
		note := d.AgentNotes(ben, c, "A nice one")
		check.Must(d.DeleteMessage(ben, conversation.DeleteMessageInput{MessageID: note.ID}))(t)
		check.Must(d.MarkRead(ben, conversation.MarkConversationReadInput{ConversationID: c}))(t)
		d.MustClose(c)
		all := []string{"CONVERSATION_CREATED", "Hello", "CONVERSATION_ASSIGNED", "Hi", "", "CONVERSATION_CLOSED"}
		messages, events := []vocab.EntryKind{vocab.EntryMessage}, []vocab.EntryKind{vocab.EntryEvent}
		for name, tc := range map[string]struct {
			kinds []vocab.EntryKind
			args  paging.PageArgs
			want  []string
		}{
			"all":           {nil, paging.PageArgs{}, all},
			"both":          {append(messages, events...), paging.PageArgs{}, all},
			"messages":      {messages, paging.PageArgs{}, []string{"Hello", "Hi", ""}},
			"events":        {events, paging.PageArgs{}, []string{"CONVERSATION_CREATED", "CONVERSATION_ASSIGNED", "CONVERSATION_CLOSED"}},
			"none":          {[]vocab.EntryKind{}, paging.PageArgs{}, []string{}},
			"the first":     {nil, paging.PageArgs{First: check.Ptr(2)}, all[:2]},
			"the last":      {nil, paging.PageArgs{Last: check.Ptr(2)}, all[4:]},
			"last messages": {messages, paging.PageArgs{Last: check.Ptr(2)}, []string{"Hi", ""}},
		} {
			got, _ := d.entries(ben, c, tc.kinds, tc.args)
			if strings.Join(got, "|") != strings.Join(tc.want, "|") {
				t.Errorf("%s: got %q, want %q", name, got, tc.want)
			}
		}
		var walked []string
		for args := (paging.PageArgs{First: check.Ptr(1)}); ; {
			got, page := d.entries(ben, c, nil, args)
			walked, args.After = append(walked, got...), page.PageInfo.EndCursor
			if !page.PageInfo.HasNextPage {
				break
			}
		}
		check.Same(t, walked, all)
		walked = nil
		for args := (paging.PageArgs{Last: check.Ptr(4)}); ; {
			got, page := d.entries(ben, c, nil, args)
			walked, args.Before = append(got, walked...), page.PageInfo.StartCursor
			if !page.PageInfo.HasPreviousPage {
				break
			}
		}
		check.Same(t, walked, all)
		rows := []*ent.Conversation{check.Must(d.Get(ben, c))(t)}
		listed := check.Must(d.Messages(ben, rows, paging.PageArgs{}))(t)[0]
		_, err := d.Entries(ben, rows, nil, paging.PageArgs{Last: check.Ptr(1), Before: listed.PageInfo.EndCursor})
		check.Refused(t, err, errs.BadUserInput, "before")
	})
}

// API-6: who sees a conversation sees its history from before it came into their
// inbox; what only one user may see is in no one's.
func TestEntriesAreFencedByTheConversation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.ConversationUpdated, InboxID: d.InboxIDs[1], ConversationID: c})
			tx.Append(ctx, store.Event{Type: vocab.ConversationUpdated, InboxID: d.InboxIDs[0], ConversationID: c, UserID: d.AgentIDs[1]})
			tx.Append(ctx, store.Event{Type: "OF_A_LATER_VERSION", InboxID: d.InboxIDs[0], ConversationID: c})
			return nil
		})
		got, _ := d.entries(d.Agent(0), c, nil, paging.PageArgs{})
		check.Same(t, got, []string{"CONVERSATION_UPDATED", "OF_A_LATER_VERSION"})
		got, _ = d.entries(d.Agent(0), c, []vocab.EntryKind{vocab.EntryMessage}, paging.PageArgs{})
		check.Same(t, got, []string{})
	})
}

// Pitfall 12: a page of a history is two statements, on an index: nothing is
// scanned or sorted.
func TestEntriesRunOnAnIndex(t *testing.T) {
	t.Parallel()
	eachCounted(t, func(t *testing.T, d *suite, asked *testkit.Statements) {
		c := d.ConversationIDs[0]
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			for i := range 3000 {
				of := c
				if i%60 > 0 { // few enough that no walk through the whole log is cheaper
					of = id.New(id.Conversation)
				}
				tx.Append(ctx, store.Event{Type: vocab.ConversationUpdated, InboxID: d.InboxIDs[0], ConversationID: of})
			}
			return nil
		})
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error { // events are written at the end of theirs
			_, err := tx.Exec(ctx, "ANALYZE")
			return err
		})
		d.AgentSays(d.Agent(0), c, "Hello")
		row := check.Must(d.Get(d.Agent(0), c))(t)
		_, page := d.entries(d.Agent(0), c, nil, paging.PageArgs{})
		explain := d.Plans("force_custom_plan")
		for _, kinds := range [][]vocab.EntryKind{nil, {vocab.EntryMessage}, {vocab.EntryEvent}} {
			for name, args := range map[string]paging.PageArgs{
				"first": {}, "after": {After: page.PageInfo.EndCursor}, "last": {Last: check.Ptr(50)}, "before": {Last: check.Ptr(50), Before: page.PageInfo.EndCursor},
			} {
				list := asked.Of(func() { check.Must(d.Entries(d.Agent(0), []*ent.Conversation{row}, kinds, args))(t) })
				if len(list) > 2 {
					t.Errorf("%v, %s: %d statements, at most 2 are allowed:\n%s", kinds, name, len(list), strings.Join(list, "\n"))
				}
				for _, of := range [][]string{{c}, d.ConversationIDs[:]} {
					query, values, err := d.EntriesSQL(d.System, of, kinds, args)
					check.NoError(t, err)
					plan, slow := explain(query, values)
					if slow = slow && len(of) == 1; slow || strings.Count(plan, "events_conversation_sequence") != len(of) {
						t.Errorf("%v, %s:\n%s\n%s", kinds, name, query, plan)
					}
				}
			}
		}
	})
}
