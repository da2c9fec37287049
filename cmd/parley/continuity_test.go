package main

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// eachAPIWith is eachAPI with other settings.
func eachAPIWith(t *testing.T, set func(*serverSettings), test func(a *api)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) { test(serveTest(t, db.Open(t, clock.System{}), set)) })
}

// reply answers a chat, with the admin in its inbox.
func (a *api) reply(conversationID, words string) {
	a.t.Helper()
	a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`,
		input("conversationId", conversationID, "text", words))
}

// CH-6, CH-8: a visitor who left gets the reply by mail, and the link in it
// opens the conversation elsewhere, once.
func TestMissedReplyOverAPI(t *testing.T) {
	t.Parallel()
	eachAPIWith(t, func(s *serverSettings) {
		s.MissedReplyDelay, s.AllowedOrigins = time.Second, []string{"https://shop.example"}
	}, func(a *api) {
		c := a.channel()
		talk := c.chat("Is it in stock?")
		a.do(talk.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`,
			input("email", "dora@example.net"))
		a.reply(talk.conversationID, "It is <again>")
		plain, markup := a.parts(a.letter())
		if !strings.Contains(plain, "It is <again>") || !strings.Contains(markup, "It is &lt;again&gt;") {
			a.t.Errorf("%s\n%s", plain, markup)
		}
		_, link, _ := strings.Cut(plain, "https://shop.example/#parley-link=")
		link, _, _ = strings.Cut(link, "\r\n")
		const start = `mutation($in: StartVisitorSessionInput!) { startVisitorSession(input: $in) { token userErrors { code field } } }`
		elsewhere := text(a.do("", start, input("channelKey", c.key, "link", link)), "startVisitorSession", "token")
		got := a.do(elsewhere, `query($id: ID!) { visitorConversation(id: $id) { unread messages { edges { node { text seen } } } } }`,
			map[string]any{"id": talk.conversationID})
		node := func(words string, seen bool) any {
			return map[string]any{"node": map[string]any{"text": words, "seen": seen}}
		}
		want := map[string]any{"visitorConversation": map[string]any{"unread": 1.0, "messages": map[string]any{"edges": []any{
			node("Is it in stock?", true), node("It is <again>", true),
		}}}}
		if diff := cmp.Diff(want, got); diff != "" {
			a.t.Error(diff)
		}
		again := a.ask("", start, input("channelKey", c.key, "link", link))
		if code := at(again.Data, "startVisitorSession", "userErrors", 0, "code"); code != "INVALID" {
			a.t.Errorf("a second time: %v", again)
		}
	})
}

// parts returns a letter's plain text and its markup.
func (a *api) parts(file string) (plain, markup string) {
	a.t.Helper()
	f, err := os.Open(file)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	letter, err := mail.ReadMessage(f)
	if err != nil {
		a.t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(letter.Header.Get("Content-Type"))
	if err != nil {
		a.t.Fatal(err)
	}
	read := multipart.NewReader(letter.Body, params["boundary"])
	var texts [2]string
	for i := range texts {
		part, err := read.NextPart() // which decodes quoted-printable
		if err != nil {
			a.t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			a.t.Fatal(err)
		}
		texts[i] = string(body)
	}
	return texts[0], texts[1]
}

// IN-14: the team and the visitor each see what the other has read.
func TestReceiptsOverAPI(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		talk := c.chat("Hello?")
		a.reply(talk.conversationID, "Hello!")
		a.do(talk.visitor, `mutation($in: MarkVisitorConversationReadInput!) { markVisitorConversationRead(input: $in) { userErrors { message } } }`,
			input("conversationId", talk.conversationID))
		a.do(adminToken, `mutation($in: MarkConversationReadInput!) { markConversationRead(input: $in) { userErrors { message } } }`,
			input("conversationId", talk.conversationID))
		id := map[string]any{"id": talk.conversationID}
		team := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages { edges { node { delivery } } } entries { nodes { __typename } } } events(after: 0, types: [MESSAGE_DELIVERY_CHANGED]) { nodes { conversation { id } } } }`, id)
		if state := at(team, "conversation", "messages", "edges", 1, "node", "delivery"); state != "READ" {
			t.Errorf("the reply is %v", state)
		}
		if !strings.Contains(fmt.Sprint(at(team, "events")), talk.conversationID) {
			t.Errorf("the log: %v", team)
		}
		if got := fmt.Sprint(at(team, "conversation", "entries", "nodes")); got != "[map[__typename:Event] map[__typename:Message] map[__typename:Message] map[__typename:Event]]" {
			t.Errorf("the entries: %s", got)
		}
		mine := a.do(talk.visitor, `query($id: ID!) { visitorConversation(id: $id) { messages { edges { node { seen } } } } }`, id)
		if seen := at(mine, "visitorConversation", "messages", "edges", 0, "node", "seen"); seen != true {
			t.Errorf("seen: %v", mine)
		}
	})
}

// CR-1: staff see the pages that a visitor looked at; who looks at the same
// page twice in a row looked at it once.
func TestPageViewsOverAPI(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		talk := c.chat("Hello")
		a.do(talk.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`,
			input("email", "dora@example.net"))
		for _, page := range []string{"/a", "/b#x", "/b#y", "/a"} {
			a.do(talk.visitor, `mutation($in: TrackPageViewInput!) { trackPageView(input: $in) { visitor { pageViews(first: 1) { nodes { url } } } userErrors { message } } }`,
				input("url", "https://shop.example"+page, "title", "Page"))
		}
		got := a.do(adminToken, `query($id: ID!) { conversation(id: $id) {
			visitor { pageViews(first: 2) { nodes { url title } } } contact { pageViews { nodes { url } } }
		} }`, map[string]any{"id": talk.conversationID})
		view := func(path string) map[string]any { return map[string]any{"url": "https://shop.example/" + path} }
		titled := func(path string) map[string]any {
			return map[string]any{"url": "https://shop.example/" + path, "title": "Page"}
		}
		want := map[string]any{"conversation": map[string]any{
			"visitor": map[string]any{"pageViews": map[string]any{"nodes": []any{titled("a"), titled("b")}}},
			"contact": map[string]any{"pageViews": map[string]any{"nodes": []any{view("a"), view("b"), view("a")}}},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Architecture 5: visitors' rates come with how long to wait.
func TestVisitorRatesOverAPI(t *testing.T) {
	t.Parallel()
	eachAPIWith(t, func(s *serverSettings) { s.VisitorChats, s.VisitorSessions = 1, 2 }, func(a *api) {
		c := a.channel()
		talk := c.chat("Hello")
		c.visitor()
		for token, call := range map[string]struct {
			mutation string
			in       map[string]any
		}{
			talk.visitor: {`mutation($in: StartChatInput!) { startChat(input: $in) { userErrors { code } } }`,
				input("targetedMessageId", c.shown, "text", "Hello", "pageUrl", "https://shop.example/")},
			"": {`mutation($in: StartVisitorSessionInput!) { startVisitorSession(input: $in) { userErrors { code } } }`, input("channelKey", c.key)},
		} {
			got := a.ask(token, call.mutation, call.in)
			if len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != "RATE_LIMITED" || !strings.Contains(got.Errors[0].Message, "try again in") {
				a.t.Errorf("%+v", got)
			}
		}
	})
}
