package main

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/clock"
)

// numbers are counts of rows, one of each table.
func (a *api) numbers(tables ...string) string {
	a.t.Helper()
	var counts []string
	for _, table := range tables {
		n, err := a.store.Numbers(a.t.Context(), "SELECT COUNT(*) FROM "+table)
		if err != nil {
			a.t.Fatal(err)
		}
		counts = append(counts, fmt.Sprint(n[0]))
	}
	return strings.Join(counts, " ")
}

// IN-13, CC-2: what was purged does not come back when the connector reads its medium again;
// nothing is stored. A message that was not there before begins the thread again.
func TestPurgedMessagesStayAway(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c, s := m.begun("t1"), m.outbox(1)
		one, _ := m.answers(c, "Hi Ann")
		m.next(s)
		m.reports(one, "SENT", "externalMessageId", "e1")
		m.must("", "deleteConversation", "DeleteConversationInput", "conversationId", c)
		m.must("", "purgeConversation", "PurgeConversationInput", "conversationId", c)
		tables := []string{"conversations", "messages", "channel_messages", "channel_senders", "contacts"}
		before := a.numbers(tables...)
		for range 2 {
			for _, got := range []any{m.brings("t1", "1", "Hello"), m.brings("t1", "e1", "Hi Ann", "direction", "ECHO"), m.brings("t1", "1", "Hello", "sender", map[string]any{"key": "another", "name": "Eve"})} {
				if at(got, "duplicate") != true || at(got, "message") != nil || at(got, "conversation") != nil {
					t.Errorf("a purged message comes in again: %v", got)
				}
			}
		}
		if after := a.numbers(tables...); after != before {
			t.Errorf("%v: got %s, and then %s", tables, before, after)
		}
		marks, err := a.store.Strings(t.Context(), "SELECT id FROM channel_marks")
		if err != nil || len(marks) != 2 || strings.Contains(marks[0]+marks[1], "t1") {
			t.Errorf("got the marks %v, %v", marks, err)
		}
		if got := m.brings("t1", "2", "Hello again"); at(got, "duplicate") != false || text(got, "conversation", "id") == "" || text(got, "conversation", "id") == c {
			t.Errorf("a new message of the thread: %v", got)
		}
		if got := m.brings("t2", "1", "Hello"); at(got, "duplicate") != false {
			t.Errorf("another thread's message with the id of one that was purged: %v", got)
		}
	})
}

// CR-5, CC-2: an erased sender's messages do not come back either, not in a group of others,
// whose own messages stay; and the sender is not made again by them.
func TestErasedSendersStayAway(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c := m.begun("group")
		bob := map[string]any{"key": "bob", "name": "Bob Broker", "email": "bob@person.example"}
		m.brings("group", "2", "I am Bob", "sender", bob)
		m.brings("group", "3", "I am Ann")
		found, err := a.store.Strings(t.Context(), "SELECT contact_id FROM channel_senders WHERE key = 'bob'")
		if err != nil || len(found) != 1 {
			t.Fatalf("got %v, %v, want Bob", found, err)
		}
		m.must("", "eraseContact", "EraseContactInput", "contactId", found[0])
		if got, want := m.shown(c), "INCOMING Hello DELIVERED; INCOMING I am Ann DELIVERED"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		before := a.numbers("contacts", "channel_senders", "messages")
		if got := m.brings("group", "2", "I am Bob", "sender", bob); at(got, "duplicate") != true || at(got, "message") != nil {
			t.Errorf("the erased message comes in again: %v", got)
		}
		if after := a.numbers("contacts", "channel_senders", "messages"); before != after {
			t.Errorf("got %s rows, and then %s", before, after)
		}
		if got := m.brings("group", "3", "I am Ann"); at(got, "duplicate") != true || text(got, "message", "text") != "I am Ann" {
			t.Errorf("a message of another: %v", got)
		}
		if got := m.brings("group", "4", "I am back", "sender", bob); at(got, "duplicate") != false || text(got, "conversation", "id") != c {
			t.Errorf("what they write after that: %v", got)
		}
	})
}
