package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
)

// delivered is how far a message came, wherever it is.
func (m *medium) delivered(messageID string) string {
	m.t.Helper()
	return text(m.do(adminToken, `query($id: ID!) { node(id: $id) { ... on Message { delivery } } }`, map[string]any{"id": messageID}), "node", "delivery")
}

// begun begins a thread, and returns its conversation.
func (m *medium) begun(thread string) string {
	m.t.Helper()
	return text(m.brings(thread, "1", "Hello"), "conversation", "id")
}

// must fails the test unless a mutation of the admin's has these codes of errors.
func (m *medium) must(want, mutation, inputType string, pairs ...any) {
	m.t.Helper()
	if got := m.codes(adminToken, mutation, inputType, pairs...); got != want {
		m.t.Fatalf("%s %v: got %q, want %q", mutation, pairs, got, want)
	}
}

func (m *medium) state(conversationID string) string {
	m.t.Helper()
	c := at(m.do(adminToken, `query($id: ID!) { conversation(id: $id) { status botState } }`, map[string]any{"id": conversationID}), "conversation")
	return text(c, "status") + " " + text(c, "botState")
}

// CC-3: a report is always taken in, whatever else has its id: an echo of the thread in
// another conversation is folded, and an id that a note has is left out of the message.
func TestReportsAreAlwaysTaken(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c, s := m.begun("t1"), m.outbox(1)
		one, _ := m.answers(c, "Hi Ann")
		m.next(s)
		m.must("", "deleteConversation", "DeleteConversationInput", "conversationId", c)
		another := text(m.brings("t1", "e1", "Other words", "direction", "ECHO"), "conversation", "id")
		if got := m.reports(one, "SENT", "externalMessageId", "e1"); got != "" || another == c {
			t.Fatalf("got %q, the echo in %s", got, another)
		}
		m.must("", "restoreConversation", "RestoreConversationInput", "conversationId", c)
		if got, want := m.shown(c)+"; "+m.shown(another), "INCOMING Hello DELIVERED; OUTGOING Hi Ann SENT; "; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		c = m.begun("t2")
		m.must("", "sendMessage", "SendMessageInput", "conversationId", c, "text", "A note", "note", true, "externalId", "1002")
		two, _ := m.answers(c, "Hi")
		m.next(s)
		if got := m.reports(two, "SENT", "externalMessageId", "1002"); got != "" {
			t.Fatal(got)
		}
		if got := m.codes(m.token, "reportDelivery", "ReportDeliveryInput", "channelId", m.channelID, "externalThreadId", "t2", "externalMessageId", "1002", "state", "READ"); got != "" || m.delivered(two) != "READ" {
			t.Errorf("by its id in the medium: got %q, %s", got, m.delivered(two))
		}
		m.must("", "sendMessage", "SendMessageInput", "conversationId", c, "text", "Another", "note", true, "externalId", "7")
		if got := m.brings("t2", "7", "Hm"); text(got, "message", "id") == "" {
			t.Errorf("a contact's message with the id of a note: %v", got)
		}
	})
}

// CC-3: receipts of a message leave its change, which goes out nevertheless, and ends by the
// report of the connector that has it.
func TestReceiptsLeaveChanges(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{"editing": true})
		c, s := m.begun("t1"), m.outbox(1)
		one, _ := m.answers(c, "Hi Ann")
		m.next(s)
		m.must("INVALID", "editMessage", "EditMessageInput", "messageId", m.sentWithoutID(), "text", "Hello")
		s.cut() // the edit waits while receipts come
		m.reports(one, "SENT", "externalMessageId", "e1")
		m.must("", "editMessage", "EditMessageInput", "messageId", one, "text", "Hello Ann")
		m.reports(one, "DELIVERED")
		s = m.outbox(1)
		got := m.next(s)
		if text(got, "message", "id") != one || text(got, "action") != "EDIT" || text(got, "text") != "Hello Ann" {
			t.Fatalf("got %v, want the edit", got)
		}
		m.must("", "deleteMessage", "DeleteMessageInput", "messageId", one)
		m.reports(one, "READ")
		if got := m.reports(one, "FAILED"); got != "" { // the edit failed: the deletion goes nevertheless
			t.Fatal(got)
		}
		if got := m.next(s); text(got, "message", "id") != one || text(got, "action") != "DELETE" || m.delivered(one) != "READ" {
			t.Fatalf("got %v and %s, want the deletion", got, m.delivered(one))
		}
	})
}

// sentWithoutID is a message of another thread that was reported without its id.
func (m *medium) sentWithoutID() string {
	m.t.Helper()
	messageID, _ := m.answers(m.begun("without"), "Hi")
	if got := m.reports(messageID, "SENT"); got != "" {
		m.t.Fatal(got)
	}
	return messageID
}

// CC-3: a message that brings connectors down rests longer each time, others go on; any
// member takes it back, and in the end it is FAILED.
func TestPoison(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	eachAPI(t, now, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c, other := m.begun("t1"), m.begun("t2")
		_, ben := a.agent("Ben", m.inboxID)
		drops := func(want string, attempt float64) {
			t.Helper()
			s := m.outbox(1)
			if got := m.next(s); text(got, "message", "id") != want || at(got, "attempt") != attempt {
				t.Fatalf("got %v, want %s for time %v", got, want, attempt)
			}
			s.cut()
		}
		poison, _ := m.answers(c, "Poison")
		drops(poison, 1)
		drops(poison, 2)
		after, _ := m.answers(c, "After it")
		healthy, _ := m.answers(other, "Hi")
		s := m.outbox(5)
		if got := m.next(s); text(got, "message", "id") != healthy {
			t.Fatalf("got %v, want that of the other conversation", got)
		}
		m.reports(healthy, "SENT")
		now.Advance(3 * time.Second)
		if got := m.next(s); text(got, "message", "id") != poison || at(got, "attempt") != 3.0 {
			t.Fatalf("got %v, want what rested", got)
		}
		s.cut()
		a.until("a member takes it back", func() bool {
			return a.ask(ben, `mutation($in: DeleteMessageInput!) { deleteMessage(input: $in) { message { id } userErrors { code } } }`, input("messageId", poison)).Errors == nil && m.delivered(poison) == "CANCELED"
		})
		s = m.outbox(1)
		if got := m.next(s); text(got, "message", "id") != after {
			t.Fatalf("got %v, want the next of the conversation", got)
		}
		a.exec("UPDATE channel_messages SET attempts = 12 WHERE id = $1", after)
		s.cut()
		a.until("it is FAILED", func() bool { return m.delivered(after) == "FAILED" })
	})
}

// exec changes the store as no use case does.
func (a *api) exec(query string, args ...any) {
	a.t.Helper()
	ctx := viewer.NewContext(a.t.Context(), viewer.System("test", ""))
	if err := a.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}); err != nil {
		a.t.Fatal(err)
	}
}

// IN-14, CC-3: what was deleted while a connector had it is not sent again; once it turns out
// to be sent, the connector deletes it.
func TestDeletedWhileItIsSent(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{"editing": true})
		c, s := m.begun("t1"), m.outbox(1)
		one, _ := m.answers(c, "One")
		two, _ := m.answers(c, "Two")
		if got := m.next(s); text(got, "message", "id") != one {
			t.Fatalf("got %v", got)
		}
		m.must("", "deleteMessage", "DeleteMessageInput", "messageId", one)
		s.cut()
		s = m.outbox(1)
		if got := m.next(s); text(got, "message", "id") != two || m.delivered(one) != "CANCELED" {
			t.Fatalf("got %v, and %s, want the second", got, m.delivered(one))
		}
		m.reports(two, "SENT", "externalMessageId", "e2")
		if got := m.reports(one, "SENT", "externalMessageId", "e1"); got != "" {
			t.Fatal(got)
		}
		if got := m.next(s); text(got, "message", "id") != one || text(got, "action") != "DELETE" || text(got, "externalMessageId") != "e1" {
			t.Fatalf("got %v, want the deletion", got)
		}
	})
}

// IB-6, CC-2: a conversation goes on in a channel of the same medium only, and not where its
// thread is another one.
func TestSetCustomChannel(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c := m.begun("t1")
		make := func(kind string) *medium {
			made := a.do(adminToken, `mutation($in: CreateCustomChannelInput!) { createCustomChannel(input: $in) { customChannel { id } token } }`, input("inboxId", m.inboxID, "type", kind, "name", "Another"))
			return &medium{api: a, inboxID: m.inboxID, channelID: text(made, "createCustomChannel", "customChannel", "id"), token: text(made, "createCustomChannel", "token")}
		}
		taken := make("telegram")
		there := taken.begun("t1")
		refused := a.ask(adminToken, `mutation($in: SetConversationChannelInput!) { setConversationChannel(input: $in) { userErrors { code message } } }`, input("conversationId", c, "channelId", taken.channelID)).Data
		if got := fmt.Sprint(refused); !strings.Contains(got, "INVALID") || !strings.Contains(got, there) {
			t.Errorf("got %s, want the conversation named", got)
		}
		m.must("INVALID", "setConversationChannel", "SetConversationChannelInput", "conversationId", c, "channelId", make("sms").channelID)
		m.must("", "setConversationChannel", "SetConversationChannelInput", "conversationId", c, "channelId", make("telegram").channelID)
	})
}

// CC-2: an echo is one of ours only if it alone says the same; until what is being sent is
// reported, an echo in other words changes nothing of the conversation's state.
func TestEchoesWhileSending(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c, s := m.begun("t1"), m.outbox(1)
		one, _ := m.answers(c, "Hi", "links", []any{map[string]any{"url": "https://example.com/a", "title": "Page"}})
		m.next(s)
		// As it went out: with the link. The row stays the connector's, whose id counts.
		if got := m.brings("t1", "e0", "Hi Page https://example.com/a", "direction", "ECHO"); text(got, "message", "id") != one {
			t.Errorf("got %v, want the message itself", got)
		}
		if m.delivered(one) != "QUEUED" {
			t.Errorf("the echo reports it: %s", m.delivered(one))
		}
		m.reports(one, "SENT", "externalMessageId", "e1")
		if m.reports("", "READ", "channelId", m.channelID, "externalThreadId", "t1", "externalMessageId", "e1"); m.delivered(one) != "READ" {
			t.Errorf("its own id is not known: %s", m.delivered(one))
		}
		// In other words, and not ours.
		two, _ := m.answers(c, "Second")
		m.next(s)
		m.must("", "closeConversation", "CloseConversationInput", "conversationId", c)
		m.brings("t1", "e2", "By the app", "direction", "ECHO")
		before := m.state(c)
		m.reports(two, "SENT", "externalMessageId", "e3")
		if after := m.state(c); !strings.HasPrefix(before, "CLOSED") || !strings.HasPrefix(after, "OPEN") {
			t.Errorf("got %s, and then %s: the echo reopens once it is known to be none of ours", before, after)
		}
		// One that its connector did not report, and whose echo came, is not sent again.
		three, _ := m.answers(c, "Third")
		m.next(s)
		m.brings("t1", "e4", "Third", "direction", "ECHO")
		s.cut()
		a.until("its echo reports it", func() bool { return m.delivered(three) == "SENT" })
	})
}

// CC-2, BT-2: in a thread that an echo began, the contact's first message begins the work: the
// channel's bot has it, or members hear of it.
func TestThreadBegunByEcho(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		bot := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } } }`, input("name", "Robot")), "createBot", "bot", "id")
		m := a.medium(nil, "botId", bot)
		c := text(m.brings("t1", "e1", "News", "direction", "ECHO"), "conversation", "id")
		before := m.state(c)
		m.brings("t1", "1", "Tell me more")
		if after := m.state(c); before != "OPEN NONE" || after != "OPEN ACTIVE" {
			t.Errorf("got %q, and then %q", before, after)
		}
		m.must("", "archiveBot", "ArchiveBotInput", "botId", bot)
		m.must("INVALID", "createCustomChannel", "CreateCustomChannelInput", "inboxId", m.inboxID, "type", "sms", "name", "x", "botId", bot)
		m.must("", "updateCustomChannel", "UpdateCustomChannelInput", "channelId", m.channelID, "name", "Renamed")
		m = a.medium(nil)
		_, ben := a.agent("Ben", m.inboxID)
		m.brings("t1", "e1", "News", "direction", "ECHO")
		m.brings("t1", "1", "Tell me more")
		a.until("members hear of it", func() bool {
			return strings.Contains(fmt.Sprint(a.do(ben, `{ notifications { nodes { kind } } }`, nil)), "NEW_EMAIL")
		})
	})
}

// CC-1: the limit is of what goes out, with cards, also of what is edited.
func TestTextLimits(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{"maxTextLength": 20, "richText": true})
		c := m.begun("t1")
		link := map[string]any{"url": "https://a.io", "title": "P"}
		if _, got := m.answers(c, "More than ten", "links", []any{link}); got != "TOO_LONG" {
			t.Errorf("with a link: got %q", got)
		}
		one, _ := m.answers(c, "Hi", "links", []any{link})
		m.must("TOO_LONG", "editMessage", "EditMessageInput", "messageId", one, "text", "More than ten")
		m.must("", "editMessage", "EditMessageInput", "messageId", one, "markdown", "*Hi*")
		got := m.next(m.outbox(1))
		if !strings.Contains(text(got, "html"), "<p>P<br>https://a.io</p>") {
			t.Errorf("got %v, want the link in the HTML", got)
		}
	})
}

// AC-12, AC-13: a channel's token is made as any other: by a user, and none that grants more.
func TestMakersOfConnectorTokens(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		made := a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
			input("name", "Settings", "userId", a.me(), "scopes", []string{"settings:write"}))
		got := a.ask(text(made, "createApiToken", "token"), `mutation($in: CreateCustomChannelInput!) { createCustomChannel(input: $in) { token userErrors { code } } }`,
			input("inboxId", m.inboxID, "type", "sms", "name", "x"))
		if answer := fmt.Sprint(got.Data, got.Errors); !strings.Contains(answer, "FORBIDDEN") {
			t.Errorf("got %s", answer)
		}
	})
}
