package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
)

const (
	createItem = `mutation($in: CreateLibraryItemInput!) { createLibraryItem(input: $in) { libraryItem { id usageCount } userErrors { code field message } } }`
	sendCards  = `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { text cards { kind libraryItemId title description url buttonText } } userErrors { code field } } }`
)

// opens opens a link as a browser does, or as another program, and returns where it leads.
func (a *api) opens(method, link, agent string) string {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, link, http.NoBody)
	ok(a.t, err)
	request.Header.Set("User-Agent", agent)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	ok(a.t, err)
	ok(a.t, response.Body.Close())
	return fmt.Sprint(response.StatusCode, " ", response.Header.Get("Location"))
}

// CO-1, CO-2, CO-6, CO-8: what a team keeps goes from the library into a reply, to the
// visitor, and the click on its link is noted; programs that look at links are not.
func TestLibrary(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachAPI(t, turned, func(t *testing.T, a *api) {
		channel := a.channel()
		chat := channel.chat("Hello")
		snippet := a.do(adminToken, createItem, input("kind", "SNIPPET", "name", "Greeting", "shortcut", "#hi", "markdown", `Hi {{contact.firstName | "there"}}, {{user.firstName}} here.`))
		meeting := a.do(adminToken, createItem, input("kind", "MEETING_LINK", "name", "Demo", "url", "https://cal.example.com/ada?name={{contact.name}}", "durationMinutes", 30))
		snippetID, meetingID := text(snippet, "createLibraryItem", "libraryItem", "id"), text(meeting, "createLibraryItem", "libraryItem", "id")
		found := a.do(adminToken, `{ libraryItems(query: "#h") { totalCount nodes { id kind shortcut } } }`, nil)
		if got := fmt.Sprint(at(found, "libraryItems")); got != fmt.Sprintf("map[nodes:[map[id:%s kind:SNIPPET shortcut:hi]] totalCount:1]", snippetID) {
			t.Errorf("found %s", got)
		}
		inserted := a.do(adminToken, `query($in: InsertLibraryItemInput!) { insertLibraryItem(input: $in) { markdown card { title } missing } }`, input("conversationId", chat.conversationID, "libraryItemId", snippetID))
		words := text(inserted, "insertLibraryItem", "markdown")
		if !strings.HasPrefix(words, "Hi there, ") {
			t.Errorf("inserted %q", words)
		}
		preview := a.do(adminToken, `query($in: PreviewReplyInput!) { previewReply(input: $in) { html emailText missing cards { title } } }`,
			input("conversationId", chat.conversationID, "markdown", "{{contact.phone}}", "libraryItemIds", []string{meetingID}))
		if got := fmt.Sprint(at(preview, "previewReply", "missing")); got != "[contact.phone]" {
			t.Errorf("missing %s", got)
		}
		refused := a.ask(adminToken, sendCards, input("conversationId", chat.conversationID, "markdown", "{{contact.phone}}"))
		if got := fmt.Sprint(at(refused.Data, "sendMessage", "userErrors")); got != "[map[code:MISSING_PLACEHOLDER field:[markdown]]]" {
			t.Errorf("refused %s", got)
		}

		sent := a.do(adminToken, sendCards, input("conversationId", chat.conversationID, "markdown", words, "libraryItemIds", []string{snippetID, meetingID}))
		card := at(sent, "sendMessage", "message", "cards", 0)
		if text(card, "libraryItemId") != meetingID || !strings.HasSuffix(text(card, "title"), ", 30 minutes") {
			t.Errorf("sent %v", card)
		}
		shown := a.do(chat.visitor, `query($id: ID!) { visitorConversation(id: $id) { messages(last: 1) { nodes { cards { kind title url buttonText } } } } }`, map[string]any{"id": chat.conversationID})
		link := text(at(shown, "visitorConversation", "messages", "nodes", 0, "cards", 0), "url")
		const browser, target = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", "302 https://cal.example.com/ada?name="
		open := func(method, agent string) {
			t.Helper()
			if got := a.opens(method, link, agent); got != target {
				t.Errorf("%s leads to %s", method, got)
			}
		}
		opened := func() string {
			data := a.do(adminToken, `query($id: ID!) { libraryItem(id: $id) { usageCount shares { nodes { openCount conversation { id } } } } }`, map[string]any{"id": meetingID})
			return fmt.Sprint(at(data, "libraryItem", "usageCount"), at(data, "libraryItem", "shares", "nodes", 0, "openCount"))
		}
		open(http.MethodGet, browser) // within five seconds: a scanner
		turned.Advance(10 * time.Second)
		open(http.MethodHead, browser)
		open(http.MethodGet, "Slackbot-LinkExpanding 1.0")
		if got := opened(); got != "1 0" {
			t.Errorf("used and opened %s", got)
		}
		open(http.MethodGet, browser)
		open(http.MethodGet, browser)
		if got := opened(); got != "1 2" {
			t.Errorf("used and opened %s", got)
		}
		clicks := a.do(adminToken, `{ events(after: 0, types: [LIBRARY_LINK_CLICKED], first: 10) { nodes { conversation { id } subject { id } } } }`, nil)
		if got := fmt.Sprint(at(clicks, "events", "nodes")); got != fmt.Sprintf("[map[conversation:map[id:%s] subject:map[id:%s]]]", chat.conversationID, meetingID) {
			t.Errorf("noted %s", got)
		}
		if got := a.opens(http.MethodGet, a.url+"/l/unknown", browser); got != "404 " {
			t.Errorf("an unknown link: %s", got)
		}
	})
}
