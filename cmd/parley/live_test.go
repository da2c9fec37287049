package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	accounts "parley/internal/account"
	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

// listen opens a subscription that must begin.
func (a *api) listen(token, query string, variables map[string]any) *socket {
	a.t.Helper()
	s, err := open(a.t.Context(), a.url, token, query, variables)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(s.cut)
	return s
}

// follow is listen for a subscription on events or messages that takes $after,
// and returns when it runs: it has told what came last before.
func (a *api) follow(token, query string, variables map[string]any) *socket {
	a.t.Helper()
	with := map[string]any{"after": a.head() - 1}
	for name, v := range variables {
		with[name] = v
	}
	s := a.listen(token, query, with)
	a.hear(s)
	return s
}

// hear returns the next result of a subscription.
func (a *api) hear(s *socket) map[string]any {
	a.t.Helper()
	var data map[string]any
	if err := s.next(a.t.Context(), &data); err != nil {
		a.t.Fatal(err)
	}
	return data
}

// agent makes a user who is a member of an inbox, and returns id and token.
func (a *api) agent(name, inboxID string) (id, token string) {
	a.t.Helper()
	made := a.do(adminToken, `mutation($in: CreateUserInput!) { createUser(input: $in) { user { id } userErrors { message } } }`,
		input("name", name, "email", strings.ToLower(name)+"@example.com"))
	id = text(made, "createUser", "user", "id")
	a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`,
		input("inboxId", inboxID, "addUserIds", []string{id}))
	account := text(a.do(adminToken, `{ viewer { account { id } } }`, nil), "viewer", "account", "id")
	as := viewer.NewContext(a.t.Context(), &viewer.Viewer{Kind: viewer.Admin, AccountID: account, ActorID: id, Scopes: []string{"*"}})
	personal, err := accounts.New(a.store).CreateToken(as, accounts.CreateApiTokenInput{Name: name, UserID: &id, Scopes: []string{"*"}})
	if err != nil {
		a.t.Fatal(err)
	}
	return id, personal.Text
}

func (a *api) dismiss(inboxID, userID string) {
	a.t.Helper()
	a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`,
		input("inboxId", inboxID, "removeUserIds", []string{userID}))
}

func (a *api) say(token, conversationID, words string) {
	a.t.Helper()
	a.do(token, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`, input("conversationId", conversationID, "text", words))
}

func code(err error) string {
	_, payload, _ := strings.Cut(err.Error(), "error: ")
	var list []struct{ Extensions struct{ Code string } }
	if json.Unmarshal([]byte(payload), &list) != nil || len(list) == 0 {
		return err.Error()
	}
	return list[0].Extensions.Code
}

// NT-3: a subscription starts after any number of the log, goes on where it was
// cut off, and shows what the query shows.
func TestEventsResume(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		chat := a.channel().chat("Hello")
		a.say(adminToken, chat.conversationID, "Now it is mine, and read")
		from := a.head()
		const query = `subscription($after: Sequence!) { events(after: $after) { id sequence type conversation { id } message { text } } }`
		var got []string
		for i := range 5 {
			a.say(adminToken, chat.conversationID, fmt.Sprint("Answer ", i))
			s := a.listen(adminToken, query, map[string]any{"after": from + len(got)})
			for range 1 + i%2 {
				if len(got) == i+1 {
					break
				}
				got = append(got, text(a.hear(s), "events", "id"))
			}
			s.cut()
		}
		want := a.log(adminToken, from, "", func(e any) string { return text(e, "id") })
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// Bad positions: a cursor from the future, and one of another kind.
func TestSubscriptionsRefuse(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		chat := a.channel().chat("Hello")
		for _, tc := range []struct{ token, query, code string }{
			{adminToken, `subscription { events(after: 100000) { id } }`, "INVALID"},
			{adminToken, `subscription { events(after: -1) { id } }`, "BAD_USER_INPUT"},
			{adminToken, `subscription { events(inboxIds: ["x"]) { id } }`, "INVALID"},
			{adminToken, `subscription { messages(conversationId: "conversation_x") { sequence } }`, "NOT_FOUND"},
			{adminToken, `subscription { conversationView(first: 0) { __typename } }`, "INVALID"},
			{adminToken, `subscription { conversationView(first: 501) { __typename } }`, "INVALID"},
			{adminToken, `subscription { viewCounts(inboxIds: ["inbox_x"]) { open } }`, "NOT_FOUND"},
			{adminToken, `subscription { visitorConversation(conversationId: "` + chat.conversationID + `") { __typename } }`, "FORBIDDEN"},
			{chat.visitor, `subscription { events { id } }`, "FORBIDDEN"},
			{chat.visitor, `subscription { messages(conversationId: "` + chat.conversationID + `") { sequence } }`, "FORBIDDEN"},
			{chat.visitor, `subscription { visitorConversation(conversationId: "conversation_x") { __typename } }`, "NOT_FOUND"},
			{adminToken, `subscription { events { id } messages(conversationId: "x") { sequence } }`, "BAD_USER_INPUT"},
			{adminToken, `subscription { __typename }`, "BAD_USER_INPUT"},
		} {
			err := a.listen(tc.token, tc.query, nil).next(t.Context(), new(any))
			if err == nil || code(err) != tc.code {
				t.Errorf("%s: %v, want %s", tc.query, err, tc.code)
			}
		}
	})
}

// AC-11, pitfall 13: who loses an inbox gets nothing of it any more, whatever
// they follow; what they still may see goes on.
func TestMembershipTakenAway(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		channel := a.channel()
		other := a.channelNamed("Other")
		chat := channel.chat("Hello")
		elsewhere := other.chat("Elsewhere")
		id, token := a.agent("Ben", channel.inboxID)
		a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`,
			input("inboxId", other.inboxID, "addUserIds", []string{id}))
		a.say(adminToken, chat.conversationID, "Now it is mine, and read")
		a.say(adminToken, chat.conversationID, "First")
		events := a.follow(token, `subscription($after: Sequence!) { events(after: $after, types: [MESSAGE_CREATED]) { message { text } } }`, nil)
		thread := a.follow(token, `subscription($id: ID!, $after: Sequence!) { messages(conversationId: $id, after: $after) { message { text } } }`, map[string]any{"id": chat.conversationID})
		view := a.listen(token, `subscription { conversationView { __typename ... on ViewSnapshot { conversations { edges { node { id } } } }
			... on ViewChanges { changes { __typename ... on ConversationLeft { conversationId reason } } } } }`, nil)
		if rows, _ := at(a.hear(view), "conversationView", "conversations", "edges").([]any); len(rows) != 2 {
			t.Fatalf("the view has %v", rows)
		}
		a.say(adminToken, chat.conversationID, "You see this")
		if got := text(a.hear(events), "events", "message", "text"); got != "You see this" {
			t.Errorf("the log told %q", got)
		}
		if got := text(a.hear(thread), "messages", "message", "text"); got != "You see this" {
			t.Errorf("the thread told %q", got)
		}
		a.hear(view)

		a.dismiss(channel.inboxID, id)
		if err := thread.next(t.Context(), new(any)); err == nil || code(err) != "NOT_FOUND" {
			t.Errorf("the thread ended with %v", err)
		}
		left := at(a.hear(view), "conversationView", "changes", 0)
		if text(left, "conversationId") != chat.conversationID || text(left, "reason") != "ACCESS" {
			t.Errorf("the view told %v", left)
		}
		a.say(adminToken, chat.conversationID, "Secret")
		a.say(adminToken, elsewhere.conversationID, "Public")
		if got := text(a.hear(events), "events", "message", "text"); got != "Public" {
			t.Errorf("the log told %q", got)
		}
	})
}

// AC-9: a revoked token closes its sockets, with the code that tells clients not
// to come again with it.
func TestRevokedTokenClosesSockets(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		channel := a.channel()
		_, token := a.agent("Ben", channel.inboxID)
		s := a.listen(token, `subscription { events { id } }`, nil)
		idle, _, err := websocket.Dial(t.Context(), strings.Replace(a.url, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the library closes it
		if err != nil {
			t.Fatal(err)
		}
		bystander := &socket{idle}
		defer bystander.cut()
		if err := bystander.send(t.Context(), "", "connection_init", map[string]any{"Authorization": "Bearer " + token}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := idle.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		tokens, _ := at(a.do(adminToken, `{ apiTokens { nodes { id name } } }`, nil), "apiTokens", "nodes").([]any)
		for _, found := range tokens {
			if text(found, "name") == "Ben" {
				a.do(adminToken, `mutation($in: RevokeApiTokenInput!) { revokeApiToken(input: $in) { userErrors { message } } }`, input("apiTokenId", text(found, "id")))
			}
		}
		for _, conn := range []*websocket.Conn{s.conn, idle} {
			for err = nil; err == nil; {
				_, _, err = conn.Read(t.Context())
			}
			if got := websocket.CloseStatus(err); got != 4403 {
				t.Errorf("closed with %d, %v", got, err)
			}
		}
	})
}

// IN-14: notes never reach a visitor, and what they see has their own numbers.
func TestVisitorStream(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		chat := a.channel().chat("Hello")
		begun := a.do(chat.visitor, `query($id: ID!) { visitorConversation(id: $id) { messages(last: 1) { cursor } } }`, map[string]any{"id": chat.conversationID})
		a.do(chat.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`,
			input("conversationId", chat.conversationID, "text", "Anyone?"))
		s := a.listen(chat.visitor, `subscription($id: ID!, $after: String) { visitorConversation(conversationId: $id, after: $after) { __typename
			... on VisitorMessageChange { kind message { number text authorName direction } } ... on VisitorStatusChange { status } ... on VisitorTyping { authorName typing } } }`,
			map[string]any{"id": chat.conversationID, "after": at(begun, "visitorConversation", "messages", "cursor")})
		next := func(want string) {
			t.Helper()
			if got := fmt.Sprint(at(a.hear(s), "visitorConversation")); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		next("map[__typename:VisitorMessageChange kind:ADDED message:map[authorName:<nil> direction:INCOMING number:2 text:Anyone?]]")
		typing := func(note, now bool) {
			a.do(adminToken, `mutation($in: SetTypingInput!) { setTyping(input: $in) { userErrors { message } } }`,
				input("conversationId", chat.conversationID, "typing", now, "note", note))
		}
		typing(true, true)
		a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`,
			input("conversationId", chat.conversationID, "text", "Between us", "note", true))
		typing(false, true)
		next("map[__typename:VisitorTyping authorName:Admin typing:true]")
		a.say(adminToken, chat.conversationID, "For you")
		heard := map[string]bool{}
		for range 3 { // in any order: typing ends with the message, and who answers has read (IN-21)
			heard[fmt.Sprint(at(a.hear(s), "visitorConversation"))] = true
		}
		if !heard["map[__typename:VisitorMessageChange kind:ADDED message:map[authorName:Admin direction:OUTGOING number:3 text:For you]]"] ||
			!heard["map[__typename:VisitorMessageChange kind:CHANGED message:map[authorName:<nil> direction:INCOMING number:2 text:Anyone?]]"] ||
			!heard["map[__typename:VisitorTyping authorName:Admin typing:false]"] {
			t.Errorf("heard %v", heard)
		}
		a.do(adminToken, `mutation($in: CloseConversationInput!) { closeConversation(input: $in) { userErrors { message } } }`, input("conversationId", chat.conversationID))
		next("map[__typename:VisitorStatusChange status:CLOSED]")
		a.do(adminToken, `mutation($in: DeleteConversationInput!) { deleteConversation(input: $in) { userErrors { message } } }`, input("conversationId", chat.conversationID))
		if err := s.next(t.Context(), new(any)); err == nil || code(err) != "NOT_FOUND" {
			t.Errorf("it ended with %v", err)
		}
	})
}

// What depends on the very user is not shared between users who see the same.
func TestUnreadIsNotShared(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		channel := a.channel()
		chat := channel.chat("Hello")
		_, ben := a.agent("Ben", channel.inboxID)
		_, cleo := a.agent("Cleo", channel.inboxID)
		tag := func(words string) {
			a.do(adminToken, `mutation($in: TagConversationInput!) { tagConversation(input: $in) { userErrors { message } } }`,
				input("conversationId", chat.conversationID, "tags", []string{words}))
		}
		tag("new")
		const query = `subscription($after: Sequence!) { events(after: $after, types: [CONVERSATION_TAGGED]) { conversation { unread } } }`
		listening := map[string]*socket{ben: a.follow(ben, query, nil), cleo: a.follow(cleo, query, nil)}
		a.do(ben, `mutation($in: MarkConversationReadInput!) { markConversationRead(input: $in) { userErrors { message } } }`, input("conversationId", chat.conversationID))
		tag("vip")
		for token, want := range map[string]bool{ben: false, cleo: true} {
			if got := at(a.hear(listening[token]), "events", "conversation", "unread"); got != want {
				t.Errorf("unread is %v, want %v", got, want)
			}
		}
	})
}

// Identical subscriptions cost one execution for each event, however many there
// are.
func TestSharedExecution(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		var asked testkit.Statements
		a := serveTest(t, db.Open(t, clock.System{}, asked.Trace))
		chat := a.channel().chat("Hello")
		a.say(adminToken, chat.conversationID, "Now it is mine, and read")
		sockets := make([]*socket, 60)
		for i := range sockets {
			sockets[i] = a.follow(adminToken, `subscription($after: Sequence!) { events(after: $after) { sequence conversation { id contact { name } } } }`, nil)
		}
		loads := 0
		for _, statement := range asked.Of(func() {
			a.say(adminToken, chat.conversationID, "To all")
			for _, s := range sockets {
				a.hear(s)
			}
		}) {
			if strings.Contains(statement, `FROM "conversations"`) || strings.Contains(statement, "FROM `conversations`") {
				loads++
			}
		}
		if loads > 3 { // one to change it, one for all subscribers, one if it is looked at again
			t.Errorf("the conversation was loaded %d times for 60 subscribers", loads)
		}
	})
}

// 10,000 rapid connections leave nothing behind, and do not keep others from
// what they follow.
func TestRapidReconnects(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	a := serveTest(t, testkit.Database{Name: "sqlite"}.Open(t, clock.System{}))
	chat := a.channel().chat("Hello")
	steady := a.follow(adminToken, `subscription($after: Sequence!) { events(after: $after) { message { text } } }`, nil)
	before := runtime.NumGoroutine()
	const callers, each = 20, 500
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := range each {
				s, err := open(t.Context(), a.url, adminToken, `subscription { events(after: 0) { id } }`, nil)
				if err != nil {
					t.Errorf("connection %d: %v", i, err)
					return
				}
				if i%3 == 0 {
					if err := s.next(t.Context(), new(any)); err != nil {
						t.Error(err)
					}
				}
				s.cut()
			}
		})
	}
	all.Wait()
	a.say(adminToken, chat.conversationID, "After")
	if got := text(a.hear(steady), "events", "message", "text"); got != "After" {
		t.Errorf("heard %q", got)
	}
	settle(t, before+20)
}

// A hundred clients that never read neither slow down one who does, nor pile up
// what they do not take (pitfall 1).
func TestClientsThatNeverRead(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	a := serveTest(t, testkit.Database{Name: "sqlite"}.Open(t, clock.System{}))
	chat := a.channel().chat("Hello")
	for range 100 {
		a.listen(adminToken, `subscription { events(types: [MESSAGE_CREATED]) { message { text } } }`, nil)
	}
	a.say(adminToken, chat.conversationID, "Now it is mine, and read")
	reader := a.follow(adminToken, `subscription($after: Sequence!) { events(after: $after) { message { text } } }`, nil)
	before := heap()
	const messages, size = 300, 9_000
	words := strings.Repeat("x", size)
	for i := range messages {
		want := fmt.Sprint(i, " ", words)
		a.say(adminToken, chat.conversationID, want)
		if got := text(a.hear(reader), "events", "message", "text"); got != want {
			t.Fatalf("message %d came as %.20s", i, got)
		}
	}
	// Kept for each of them it would be 270 MB.
	if grown := heap() - before; grown > 60<<20 {
		t.Errorf("%d MB are kept for clients that do not read", grown>>20)
	}
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // no heap is so large
}

// settle waits until no more goroutines run than those given.
func settle(t *testing.T, most int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= most {
			return
		}
		_ = pause(t.Context(), 10*time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines are left, want %d:\n%s", runtime.NumGoroutine(), most, stacks[:runtime.Stack(stacks, true)])
}
