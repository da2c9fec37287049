package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
)

// CC-3: a medium knows better than Parley: what was CANCELED and is reported as sent was sent,
// and what FAILED may be delivered. What was deleted is then taken back, if the channel can.
func TestMediumKnowsBetter(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{"editing": true})
		c := m.begun("t1")
		for _, x := range []struct {
			state, want string
			then        []string
		}{{"SENT", "SENT", nil}, {"DELIVERED", "DELIVERED", nil}, {"READ", "READ", nil}, {"FAILED", "CANCELED", nil}, {"SENT", "READ", []string{"READ", "SENT", "DELIVERED"}}} {
			one, _ := m.answers(c, "Taken back")
			m.must("", "deleteMessage", "DeleteMessageInput", "messageId", one) // no connector has it: a webhook sent it
			if got := m.delivered(one); got != "CANCELED" {
				t.Fatalf("got %s", got)
			}
			for _, state := range append([]string{x.state}, x.then...) {
				if got := m.reports(one, state, "externalMessageId", "e"+one); got != "" {
					t.Fatal(got)
				}
			}
			if got := m.delivered(one); got != x.want {
				t.Errorf("%s of what was CANCELED: got %s, want %s", x.state, got, x.want)
			}
			if x.state == "FAILED" {
				continue
			}
			s := m.outbox(1)
			if got := m.next(s); text(got, "message", "id") != one || text(got, "action") != "DELETE" || text(got, "externalMessageId") != "e"+one {
				t.Errorf("%s: got %v, want the deletion", x.state, got)
			}
			m.reports(one, "SENT")
			s.cut()
		}
		for _, x := range []struct{ state, want string }{{"SENT", "FAILED"}, {"DELIVERED", "DELIVERED"}, {"READ", "READ"}} {
			one, _ := m.answers(c, "Not had")
			m.reports(one, "FAILED", "error", "No")
			m.reports(one, x.state)
			if got := m.delivered(one); got != x.want {
				t.Errorf("%s of what FAILED: got %s, want %s", x.state, got, x.want)
			}
		}
	})
}

// CC-3: a failure of an attempt that another followed is not the last word; one of the attempt
// that has the message is.
func TestStaleFailure(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c, s := m.begun("t1"), m.outbox(1)
		one, _ := m.answers(c, "Hi Ann")
		m.next(s)
		s.cut()
		s = m.outbox(1)
		if got := m.next(s); at(got, "attempt") != 2.0 {
			t.Fatalf("got %v", got)
		}
		for _, state := range []string{"FAILED", "QUEUED"} {
			if got := m.reports(one, state, "attempt", 1); got != "" || m.delivered(one) != "QUEUED" {
				t.Errorf("%s of the first attempt: %q, %s", state, got, m.delivered(one))
			}
		}
		two, _ := m.answers(c, "Second")
		m.reports(one, "SENT", "attempt", 2)
		if got := m.next(s); text(got, "message", "id") != two || m.delivered(one) != "SENT" {
			t.Fatalf("got %v, %s", got, m.delivered(one))
		}
		if m.reports(two, "FAILED", "attempt", 1); m.delivered(two) != "FAILED" {
			t.Errorf("FAILED of the attempt that has it: %s", m.delivered(two))
		}
		three, _ := m.answers(c, "Third")
		m.next(s)
		if m.reports(three, "FAILED", "attempt", 0); m.delivered(three) != "FAILED" { // as left out
			t.Errorf("FAILED without an attempt: %s", m.delivered(three))
		}
	})
}

// CC-3: a repeated report of the message itself leaves its edit: by its idempotency key, or if it
// names the action. One of an edit that is over changes nothing of the message.
func TestRepeatedReportLeavesEdit(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{"editing": true})
		c, s := m.begun("t1"), m.outbox(1)
		one, _ := m.answers(c, "Hi Ann")
		m.next(s)
		m.reports(one, "SENT", "externalMessageId", "e1", "idempotencyKey", "k1")
		m.must("", "editMessage", "EditMessageInput", "messageId", one, "text", "Hello Ann")
		if got := m.next(s); text(got, "action") != "EDIT" {
			t.Fatalf("got %v", got)
		}
		two, _ := m.answers(c, "Second")
		m.reports(one, "SENT", "externalMessageId", "e1", "idempotencyKey", "k1")
		m.reports(one, "SENT", "externalMessageId", "e1", "action", "SEND")
		m.reports("", "SENT", "channelId", m.channelID, "externalThreadId", "t1", "externalMessageId", "e1", "action", "SEND")
		s.cut() // the edit is still open, so it comes again
		s = m.outbox(1)
		if got := m.next(s); text(got, "message", "id") != one || text(got, "action") != "EDIT" || at(got, "attempt") != 2.0 {
			t.Fatalf("got %v, want the edit again", got)
		}
		m.reports(one, "SENT", "action", "EDIT")
		if got := m.next(s); text(got, "message", "id") != two {
			t.Fatalf("got %v, want the second", got)
		}
		if m.reports(one, "FAILED", "action", "EDIT"); m.delivered(one) != "SENT" {
			t.Errorf("FAILED of an edit that is over: %s", m.delivered(one))
		}
	})
}

// CC-3: two reports at once, each with the id of an echo in the other's conversation, are both
// taken in.
func TestCrosswiseReports(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		for round := range 10 {
			thread := fmt.Sprint("t", round)
			first := m.begun(thread)
			one, _ := m.answers(first, "One")
			m.brings(thread, "e2", "Other words", "direction", "ECHO")
			m.must("", "deleteConversation", "DeleteConversationInput", "conversationId", first)
			second := text(m.brings(thread, "2", "Hello"), "conversation", "id")
			two, _ := m.answers(second, "Two")
			m.brings(thread, "e1", "More words", "direction", "ECHO")
			var group sync.WaitGroup
			for messageID, externalID := range map[string]string{one: "e1", two: "e2"} {
				group.Go(func() {
					if got := m.reports(messageID, "SENT", "externalMessageId", externalID); got != "" {
						t.Errorf("%s: got %s", externalID, got)
					}
				})
			}
			group.Wait()
			m.must("", "restoreConversation", "RestoreConversationInput", "conversationId", first)
			if got, want := m.shown(first)+"; "+m.shown(second), "INCOMING Hello DELIVERED; OUTGOING One SENT; INCOMING Hello DELIVERED; OUTGOING Two SENT"; got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	})
}

// CC-3: what a connector does not report for 60 seconds is another's; a sign of life is for
// another 60.
func TestLeasesExpire(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	eachAPI(t, now, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c, s := m.begun("t1"), m.outbox(1)
		one, _ := m.answers(c, "Hi Ann")
		m.next(s)
		now.Advance(50 * time.Second)
		if got := m.reports(one, "QUEUED"); got != "" {
			t.Fatal(got)
		}
		now.Advance(50 * time.Second) // 100 since it was handed out, 50 since the sign of life
		other := m.outbox(1)
		two, _ := m.answers(m.begun("t2"), "Second") // what is there to take now
		if got := m.next(other); text(got, "message", "id") != two {
			t.Fatalf("got %v, want what no one has", got)
		}
		m.reports(two, "SENT")
		now.Advance(11 * time.Second)
		if got := m.next(other); text(got, "message", "id") != one || at(got, "attempt") != 2.0 {
			t.Fatalf("got %v, want what the first had for too long", got)
		}
	})
}

// CC-1, CC-4: what Parley says by itself is cut to what a channel takes, with its markup.
func TestLongWordsAreCut(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		long := "**Which** <one> " + strings.Repeat("would you like ", 5)
		bot := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { code field message } } }`,
			input("name", "Robot", "flow", flowOf(ask("a", long, "h"), map[string]any{"id": "h", "kind": "HAND_OFF"}))), "createBot", "bot", "id")
		m := a.medium(map[string]any{"maxTextLength": 20, "richText": true}, "botId", bot)
		s := m.listen(m.token, `subscription($c: ID!) { outbox(channelId: $c) { text html markdown } }`, map[string]any{"c": m.channelID})
		m.begun("t1")
		got := m.next(s)
		for _, field := range []string{"text", "html", "markdown"} {
			said := text(got, field)
			if said == "" || len([]rune(said)) > 60 || !strings.Contains(said, "…") || strings.Contains(said, "**Which") || field == "html" && strings.Count(said, "<p>") != 1 {
				t.Errorf("%s: got %q", field, said)
			}
		}
		if n := len([]rune(text(got, "text"))); n > 20 {
			t.Errorf("the text has %d characters", n)
		}
	})
}
