package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
)

// medium is a custom channel, and its connector's token.
type medium struct {
	*api
	inboxID, channelID, token string
}

// medium makes a custom channel in an inbox of its own.
func (a *api) medium(capabilities map[string]any, more ...any) *medium {
	a.t.Helper()
	inbox := a.do(adminToken, `mutation($in: CreateInboxInput!) { createInbox(input: $in) { inbox { id } userErrors { message } } }`, input("name", "Medium "+id.New("name"), "userIds", []string{a.me()}))
	m := &medium{api: a, inboxID: text(inbox, "createInbox", "inbox", "id")}
	made := a.do(adminToken, `mutation($in: CreateCustomChannelInput!) { createCustomChannel(input: $in) { customChannel { id } token userErrors { message field } } }`,
		input(append([]any{"inboxId", m.inboxID, "type", "telegram", "name", "Our bot", "capabilities", capabilities}, more...)...))
	m.channelID, m.token = text(made, "createCustomChannel", "customChannel", "id"), text(made, "createCustomChannel", "token")
	if m.token == "" {
		a.t.Fatalf("createCustomChannel answers %v", made)
	}
	return m
}

const receiveMessage = `mutation($in: ReceiveMessageInput!) { receiveMessage(input: $in) {
	message { id text direction delivery number } conversation { id externalId status } duplicate userErrors { code field message } } }`

// brings has the connector bring a message of a thread, and returns the answer.
func (m *medium) brings(thread, message, words string, more ...any) any {
	m.t.Helper()
	return at(m.do(m.token, receiveMessage, input(append([]any{"channelId", m.channelID, "externalThreadId", thread, "externalMessageId", message,
		"sender", map[string]any{"key": "user of " + thread, "name": "Ann"}, "text", words}, more...)...)), "receiveMessage")
}

// answers has staff answer, and returns the message's id and the codes of errors.
func (m *medium) answers(conversationID, words string, more ...any) (messageID, codes string) {
	m.t.Helper()
	data := m.ask(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id delivery } userErrors { code field } } }`,
		input(append([]any{"conversationId", conversationID, "text", words}, more...)...)).Data
	var all []string
	for _, e := range at(data, "sendMessage", "userErrors").([]any) {
		all = append(all, text(e, "code"))
	}
	return text(data, "sendMessage", "message", "id"), strings.Join(all, " ")
}

func (m *medium) reports(messageID, state string, more ...any) string {
	m.t.Helper()
	return m.codes(m.token, "reportDelivery", "ReportDeliveryInput", append([]any{"messageId", messageID, "state", state}, more...)...)
}

// outbox opens a connection of the connector.
func (m *medium) outbox(n int) *socket {
	return m.listen(m.token, `subscription($c: ID!, $n: Int) { outbox(channelId: $c, atOnce: $n) { message { id } action text html externalThreadId externalMessageId attempt leaseUntil
		replyToExternalMessageId template { name parameters } attachments { fileName url } } }`, map[string]any{"c": m.channelID, "n": n})
}

// next is the next item of an outbox.
func (m *medium) next(s *socket) any {
	m.t.Helper()
	return at(m.hear(s), "outbox")
}

// shown are the messages of a conversation, as the team sees them.
func (m *medium) shown(conversationID string) string {
	m.t.Helper()
	var lines []string
	for _, n := range at(m.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages(first: 50) { nodes { text direction delivery deletedAt externalId } } } }`,
		map[string]any{"id": conversationID}), "conversation", "messages", "nodes").([]any) {
		if at(n, "deletedAt") == nil {
			lines = append(lines, text(n, "direction")+" "+text(n, "text")+" "+text(n, "delivery"))
		}
	}
	return strings.Join(lines, "; ")
}

// CC-1, CC-2, CC-3: a message comes once, an answer waits until it is reported, and reports
// never go back.
func TestCustomChannel(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		first := m.brings("t1", "1", "Hello")
		again := m.brings("t1", "1", "Something else")
		if text(first, "message", "id") == "" || text(first, "message", "id") != text(again, "message", "id") || at(again, "duplicate") != true || text(again, "message", "text") != "Hello" {
			t.Fatalf("got %v and then %v", first, again)
		}
		c := text(first, "conversation", "id")
		if text(first, "conversation", "externalId") != "t1" {
			t.Errorf("got %v, want the thread as external id", first)
		}
		s := m.outbox(2)
		one, _ := m.answers(c, "Hi Ann")
		two, _ := m.answers(c, "And more")
		got := m.next(s)
		if text(got, "message", "id") != one || text(got, "text") != "Hi Ann" || text(got, "externalThreadId") != "t1" || text(got, "leaseUntil") == "" {
			t.Fatalf("got %v, want the first answer", got)
		}
		for want, got := range map[string]string{
			"NOT_FOUND": m.reports("message_x", "SENT"), "": m.reports(one, "SENT", "externalMessageId", "e1"), "TOO_LONG": m.reports(two, "SENT", "externalMessageId", strings.Repeat("x", 201)),
		} {
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if got := m.next(s); text(got, "message", "id") != two {
			t.Fatalf("got %v, want the second answer", got)
		}
		// By its ids in the medium; late and repeated reports change nothing.
		for _, state := range []string{"READ", "DELIVERED", "SENT", "READ", "FAILED"} {
			if got := m.codes(m.token, "reportDelivery", "ReportDeliveryInput", "channelId", m.channelID, "externalThreadId", "t1", "externalMessageId", "e1", "state", state); got != "" {
				t.Errorf("%s: got %s", state, got)
			}
		}
		if got := m.reports(two, "FAILED", "error", "Blocked"); got != "" {
			t.Fatal(got)
		}
		if got, want := m.shown(c), "INCOMING Hello DELIVERED; OUTGOING Hi Ann READ; OUTGOING And more FAILED"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// CC-2: the same message a thousand times at once is one message of one conversation.
func TestReceivedAtOnce(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		var group sync.WaitGroup
		var lock sync.Mutex
		ids := map[string]int{}
		for i := range 20 {
			group.Go(func() {
				for range 50 {
					got := m.brings("t1", fmt.Sprint(i%2), "Hello")
					lock.Lock()
					ids[text(got, "message", "id")+text(got, "conversation", "id")]++
					lock.Unlock()
				}
			})
		}
		group.Wait()
		if len(ids) != 2 {
			t.Errorf("got %v, want two messages of one conversation", ids)
		}
	})
}

// CC-2: an echo of a message of ours is never a second one, whether it comes before the
// report or after it; any other is a message of the team.
func TestEchoes(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c := text(m.brings("t1", "1", "Hello"), "conversation", "id")
		s := m.outbox(1)
		// Before the report, as the connector has it.
		one, _ := m.answers(c, "First  answer")
		m.next(s)
		if echo := m.brings("t1", "e1", "First answer", "direction", "ECHO"); text(echo, "message", "id") != one || at(echo, "duplicate") != true {
			t.Errorf("got %v, want the message itself", echo)
		}
		m.reports(one, "SENT", "externalMessageId", "e1")
		// Before the report, with other words.
		two, _ := m.answers(c, "Second answer")
		m.next(s)
		m.brings("t1", "e2", "2nd answer", "direction", "ECHO")
		if got := m.reports(two, "SENT", "externalMessageId", "e2"); got != "" {
			t.Error(got)
		}
		// After the report, in a loop.
		for range 5 {
			m.brings("t1", "e1", "First answer", "direction", "ECHO")
			m.brings("t1", "e2", "2nd answer", "direction", "ECHO")
		}
		m.brings("t1", "e3", "By the app", "direction", "ECHO")
		if got, want := m.shown(c), "INCOMING Hello DELIVERED; OUTGOING First  answer SENT; OUTGOING Second answer SENT; OUTGOING By the app SENT"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		three, _ := m.answers(c, "Third answer")
		if got := m.next(s); text(got, "message", "id") != three { // no echo goes out
			t.Errorf("got %v, want the third answer", got)
		}
	})
}

// CC-1, CC-4: a channel's capabilities decide what is sent, and the reply window until when.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	eachAPI(t, now, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{"maxTextLength": 10, "replyWindowSeconds": 3600, "templates": true})
		c := text(m.brings("t1", "1", "Hello"), "conversation", "id")
		for _, x := range []struct {
			want  string
			words string
			more  []any
		}{
			{"TOO_LONG", "More than ten", nil},
			{"INVALID", "Hi", []any{"replyToMessageId", text(m.brings("t1", "2", "Hm"), "message", "id")}},
			{"INVALID", "Hi", []any{"externalId", "x"}},
			{"INVALID", "Hi", []any{"attachmentIds", []string{"attachment_x"}}},
			{"REQUIRED", "Hi", []any{"template", map[string]any{"name": " "}}},
			{"", "Hi", nil},
		} {
			if _, got := m.answers(c, x.words, x.more...); got != x.want {
				t.Errorf("%v: got %q, want %q", x.more, got, x.want)
			}
		}
		now.Advance(2 * time.Hour)
		if _, got := m.answers(c, "Late"); got != "REPLY_WINDOW_CLOSED" {
			t.Errorf("got %q, want REPLY_WINDOW_CLOSED", got)
		}
		if _, got := m.answers(c, "Late", "template", map[string]any{"name": "come_back", "parameters": []string{"Ann"}}); got != "" {
			t.Errorf("a template: got %q", got)
		}
		s := m.outbox(1)
		m.reports(text(m.next(s), "message", "id"), "SENT", "externalMessageId", "e1")
		if got := m.next(s); text(got, "template", "name") != "come_back" || text(got, "template", "parameters", 0) != "Ann" {
			t.Errorf("got %v, want the template", got)
		}
		if until := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { canReplyUntil } }`, map[string]any{"id": c}), "conversation", "canReplyUntil"); until == nil {
			t.Error("canReplyUntil is null")
		}
	})
}

// CC-3: connections divide the work, one message at a time of each conversation; what a
// connection had is another's when it ends.
func TestOutboxIsShared(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		conversations := []string{text(m.brings("t1", "1", "Hello"), "conversation", "id"), text(m.brings("t2", "1", "Hello"), "conversation", "id")}
		first := m.outbox(1)
		one, _ := m.answers(conversations[0], "One")
		later, _ := m.answers(conversations[0], "Later")
		two, _ := m.answers(conversations[1], "Two")
		if got := m.next(first); text(got, "message", "id") != one {
			t.Fatalf("got %v, want the oldest", got)
		}
		second := m.outbox(5)
		if got := m.next(second); text(got, "message", "id") != two { // not the next of the first's conversation
			t.Fatalf("got %v, want that of the other conversation", got)
		}
		first.cut()
		if got := m.next(second); text(got, "message", "id") != one || at(got, "attempt") != 2.0 {
			t.Fatalf("got %v, want what the first gave back", got)
		}
		m.reports(one, "SENT")
		if got := m.next(second); text(got, "message", "id") != later {
			t.Fatalf("got %v, want the next of that conversation", got)
		}
	})
}

// NT-4: a token that is bound to a channel acts on no other, and reads nothing else.
func TestBoundTokens(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m, other := a.medium(nil), a.medium(nil)
		c := text(other.brings("t1", "1", "Hello"), "conversation", "id")
		theirs, _ := other.answers(c, "Hi")
		if got := m.codes(m.token, "receiveMessage", "ReceiveMessageInput", "channelId", other.channelID, "externalThreadId", "t1", "externalMessageId", "2",
			"sender", map[string]any{"key": "x"}, "text", "Hello"); got != "NOT_FOUND" {
			t.Errorf("another channel: got %q", got)
		}
		if got := m.reports(theirs, "SENT"); got != "NOT_FOUND" {
			t.Errorf("another channel's message: got %q", got)
		}
		if got := m.ask(m.token, `query($id: ID!) { node(id: $id) { ... on Message { text } } }`, map[string]any{"id": theirs}); text(got.Data, "node", "text") != "" {
			t.Errorf("another channel's message is shown: %v", got)
		}
		if got := m.ask(m.token, `query($id: ID!) { conversation(id: $id) { id } }`, map[string]any{"id": c}); len(got.Errors) == 0 {
			t.Errorf("a conversation is shown: %v", got)
		}
		make := func(more ...any) string {
			return a.codes(adminToken, "createApiToken", "CreateApiTokenInput", append([]any{"name", "More"}, more...)...)
		}
		for want, got := range map[string]string{
			"INVALID":   make("scopes", []string{"channels:connect"}) + make("channelId", m.channelID, "scopes", []string{"channels:connect", "read"})[7:],
			"":          make("channelId", m.channelID, "scopes", []string{"channels:connect"}),
			"NOT_FOUND": make("channelId", "channel_x", "scopes", []string{"channels:connect"}),
		} {
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

// CC-2: files are fetched after the message, which says how far they are.
func TestRemoteFiles(t *testing.T) {
	t.Parallel()
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	}))
	t.Cleanup(files.Close)
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		got := m.brings("t1", "1", "", "files", []any{map[string]any{"url": files.URL + "/a.gif"}, map[string]any{"url": files.URL + "/gone", "fileName": "b.gif"}})
		messageID := text(got, "message", "id")
		var shown any
		a.until("the files are had, or not", func() bool {
			shown = at(a.do(adminToken, `query($id: ID!) { node(id: $id) { ... on Message { attachments { fileName contentType } remoteFiles { fileName state error } } } }`, map[string]any{"id": messageID}), "node")
			return !strings.Contains(fmt.Sprint(shown), "PENDING")
		})
		if !strings.Contains(fmt.Sprint(shown), "a.gif") && !strings.Contains(fmt.Sprint(shown), "not public") {
			t.Errorf("got %v, want a file, or that its address is not public", shown)
		}
		if text(shown, "remoteFiles", 0, "error") == "" {
			t.Errorf("got %v, want why a file cannot be had", shown)
		}
	})
}

// CC-6: other channels follow e-mail, live ones chat: whether an answer reopens. Blocks are
// of the sender's key. The thread goes on in another conversation when its own is in the trash.
func TestCustomFollowsChatOrMail(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		for _, x := range []struct {
			presence bool
			want     string
		}{{false, ""}, {true, "CONVERSATION_CLOSED"}} {
			m := a.medium(map[string]any{"presence": x.presence})
			c := text(m.brings("t1", "1", "Hello"), "conversation", "id")
			if got := a.codes(adminToken, "closeConversation", "CloseConversationInput", "conversationId", c); got != "" {
				t.Fatal(got)
			}
			if _, got := m.answers(c, "Hi"); got != x.want {
				t.Errorf("live %v: got %q, want %q", x.presence, got, x.want)
			}
			if got := m.brings("t1", "2", "Again"); text(got, "conversation", "status") != "OPEN" {
				t.Errorf("live %v: the contact's message leaves it %v", x.presence, got)
			}
			list := at(a.do(adminToken, `query($i: ID!) { conversations(inboxId: $i, filter: {channels: [CUSTOM], channelTypes: ["telegram"]}) { nodes { id kind channelType } } }`,
				map[string]any{"i": m.inboxID}), "conversations", "nodes").([]any)
			if len(list) != 1 || text(list[0], "kind") != "CUSTOM" || text(list[0], "channelType") != "telegram" {
				t.Errorf("live %v: the filter finds %v", x.presence, list)
			}
			if got := a.codes(adminToken, "blockConversationSender", "BlockConversationSenderInput", "conversationId", c); got != "" {
				t.Fatal(got)
			}
			blocked := at(a.do(adminToken, `query($id: ID!) { channel(id: $id) { blockedSenders { nodes { senderKey contact { id } } } } }`, map[string]any{"id": m.channelID}), "channel", "blockedSenders", "nodes")
			if text(blocked, 0, "senderKey") != "user of t1" {
				t.Errorf("got %v, want the sender's key", blocked)
			}
			if _, got := m.answers(c, "Hi"); got != "SENDER_BLOCKED" {
				t.Errorf("blocked: got %q", got)
			}
			if got := a.codes(adminToken, "deleteConversation", "DeleteConversationInput", "conversationId", c); got != "" {
				t.Fatal(got)
			}
			next := m.brings("t1", "3", "Hello?")
			if another := text(next, "conversation", "id"); another == c || another == "" {
				t.Errorf("a thread in the trash goes on as %v", next)
			}
			if got := m.brings("t1", "1", "Hello"); text(got, "conversation", "id") != c || at(got, "duplicate") != true {
				t.Errorf("a repeat of what is in the trash: %v", got)
			}
		}
	})
}

// AG-2: what a bot said and no connector has yet is canceled when the contact writes.
func TestBotsMessageIsCanceled(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		bot := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { message } } }`, input("name", "Robot")), "createBot", "bot", "id")
		m := a.medium(nil, "botId", bot)
		granted := a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
			input("name", "Worker", "botId", bot, "inboxIds", []string{m.inboxID}, "scopes", []string{"conversations:read", "conversations:write", "bots:work"}))
		token := text(granted, "createApiToken", "token")
		c := text(m.brings("t1", "1", "Hello"), "conversation", "id")
		says := func(words string) string {
			turn := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { turn } }`, map[string]any{"id": c}), "conversation", "turn")
			return text(a.do(token, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } userErrors { code message } } }`,
				input("conversationId", c, "turn", turn, "text", words)), "sendMessage", "message", "id")
		}
		first := says("One")
		m.brings("t1", "2", "Wait")
		if got, want := m.shown(c), "INCOMING Hello DELIVERED; OUTGOING One CANCELED; INCOMING Wait DELIVERED"; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		s := m.outbox(1)
		second := says("Two")
		if got := m.next(s); text(got, "message", "id") != second || first == second {
			t.Fatalf("got %v, want the second", got)
		}
		m.brings("t1", "3", "Hm") // its hand-over has begun
		if got := m.reports(second, "SENT"); got != "" {
			t.Error(got)
		}
		if got, want := m.shown(c), "INCOMING Hello DELIVERED; OUTGOING One CANCELED; INCOMING Wait DELIVERED; OUTGOING Two SENT; INCOMING Hm DELIVERED"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// IB-6: a removed channel's token ends, what waits is canceled, and its conversations stay.
func TestRemoveCustomChannel(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c := text(m.brings("t1", "1", "Hello"), "conversation", "id")
		m.answers(c, "Hi")
		remove := func(name string) string {
			return a.codes(adminToken, "deleteCustomChannel", "DeleteCustomChannelInput", "channelId", m.channelID, "confirmName", name)
		}
		if got := remove("Another") + " " + remove("Our bot"); got != "CONFIRMATION_MISMATCH " {
			t.Fatal(got)
		}
		if got := m.ask(m.token, receiveMessage, input("channelId", m.channelID, "externalThreadId", "t1", "externalMessageId", "2", "text", "x")); len(got.Errors) == 0 {
			t.Errorf("the token still works: %v", got)
		}
		a.until("what waits is canceled", func() bool { return strings.Contains(m.shown(c), "Hi CANCELED") })
		if _, got := m.answers(c, "More"); got != "CHANNEL_NOT_CONNECTED" {
			t.Errorf("got %q", got)
		}
	})
}
