package conversation_test

import (
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/relay"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// eachCountedDesk is eachDesk with a count of what is asked of the database.
func eachCountedDesk(t *testing.T, test func(t *testing.T, d *desk, asked *testkit.Statements)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		turned, asked := clock.At(monday), &testkit.Statements{}
		test(t, deskOn(t, db.Open(t, turned, asked.Trace), turned), asked)
	})
}

// asks checks how many statements run makes.
func asks(t *testing.T, asked *testkit.Statements, most int, run func()) {
	t.Helper()
	if list := asked.Of(run); len(list) == 0 || len(list) > most {
		t.Errorf("%d statements, at most %d are allowed:\n%s", len(list), most, strings.Join(list, "\n"))
	}
}

// Architecture 8: sendMessage makes at most 8 statements, with its event,
// search and idempotency key.
func TestStatementsOfSending(t *testing.T) {
	t.Parallel()
	eachCountedDesk(t, func(t *testing.T, d *desk, asked *testkit.Statements) {
		d.says(d.Agent(0), d.ConversationIDs[0], "The account's number is known from now on")
		asks(t, asked, 8, func() {
			_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: d.ConversationIDs[0], Text: ptr("Hello"), IdempotencyKey: ptr("k")})
			if err != nil {
				t.Fatal(err)
			}
		})
		asks(t, asked, 4, func() { // a replay
			_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: d.ConversationIDs[0], Text: ptr("Hello"), IdempotencyKey: ptr("k")})
			if err != nil {
				t.Fatal(err)
			}
		})
		asks(t, asked, 8, func() { d.writes(d.ConversationIDs[0], 0, "Hello") })
	})
}

// Mutations of one conversation make few statements.
func TestStatementsOfChanges(t *testing.T) {
	t.Parallel()
	eachCountedDesk(t, func(t *testing.T, d *desk, asked *testkit.Statements) {
		c := d.ConversationIDs[0]
		d.row(c)
		asks(t, asked, 4, func() { d.closes(c) })
		asks(t, asked, 1, func() { d.closes(c) }) // nothing to do
		asks(t, asked, 4, func() { _, _ = d.Reopen(d.Agent(0), conversation.ReopenConversationInput{ConversationID: c}) })
		asks(t, asked, 7, func() { d.assigns(c, d.AgentIDs[0]) })
		asks(t, asked, 4, func() { _ = d.reads(d.Agent(0), c, nil) })
	})
}

// Pitfall 12: a page makes the same few statements, however many rows and
// inboxes there are; nothing is counted that was not asked for.
func TestStatementsOfLists(t *testing.T) {
	t.Parallel()
	eachCountedDesk(t, func(t *testing.T, d *desk, asked *testkit.Statements) {
		list := func(sel conversation.Selection) func() {
			return func() { must(d.List(d.Agent(1), sel, relay.PageArgs{}))(t) }
		}
		for range 20 {
			d.begin(0, "apple")
		}
		for _, view := range views {
			asks(t, asked, 2, list(conversation.Selection{View: view}))
		}
		asks(t, asked, 2, list(conversation.Selection{Filter: conversation.Filter{Priorities: []vocab.Priority{vocab.PriorityNone}}}))
		asks(t, asked, 2, list(conversation.Selection{Filter: conversation.Filter{Text: ptr("apple")}}))
		asks(t, asked, 4, list(conversation.Selection{Filter: conversation.Filter{Priorities: []vocab.Priority{vocab.PriorityHigh}}}))
		page := must(d.List(d.Agent(1), conversation.Selection{}, relay.PageArgs{}))(t)
		asks(t, asked, 1, func() { must(page.TotalCount(d.Agent(1)))(t) })
		asks(t, asked, 4, func() { must(d.Search(d.Agent(1), "apple", conversation.Filter{}, relay.PageArgs{}))(t) })
	})
}
