package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/testkit"
)

// transcripts waits for n letters with a subject, and returns their files, oldest first.
func (a *api) transcripts(subject string, n int) []string {
	a.t.Helper()
	for deadline := time.After(4 * time.Minute); ; { // after a kill, leases and jobs of the dead are waited for
		files, _ := filepath.Glob(filepath.Join(a.dataDir, "outbox", "*.eml"))
		files = slices.DeleteFunc(files, func(file string) bool { return !strings.HasPrefix(a.header(file).Get("Subject"), subject) })
		slices.SortFunc(files, func(x, y string) int {
			return strings.Compare(a.header(x).Get("X-Parley-Notice")+x, a.header(y).Get("X-Parley-Notice")+y)
		})
		if len(files) == n {
			return files
		}
		select {
		case <-deadline:
			a.t.Fatalf("%d letters %q, want %d", len(files), subject, n)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (a *api) header(file string) mail.Header {
	a.t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		a.t.Fatal(err)
	}
	letter, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		a.t.Fatal(err)
	}
	return letter.Header
}

// request sends a form, or asks for a page, and returns the answer's text.
func (a *api) request(method, address string) (int, string) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, address, strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (a *api) close(conversationID string) {
	a.t.Helper()
	a.do(adminToken, `mutation($in: CloseConversationInput!) { closeConversation(input: $in) { userErrors { message } } }`, input("conversationId", conversationID))
}

// CO-4: a closed chat is mailed to its visitor once, in their language and time zone, without
// notes and deleted texts; again only after more was said; never to who refused copies.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		talk := c.chat("Is <it> in stock?")
		a.do("", `mutation($in: StartVisitorSessionInput!) { startVisitorSession(input: $in) { userErrors { message } } }`,
			input("channelKey", c.key, "token", talk.visitor, "locale", "de-AT", "timeZone", "Asia/Tokyo"))
		a.do(talk.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "dora@example.net"))
		a.reply(talk.conversationID, "It is.")
		a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`,
			input("conversationId", talk.conversationID, "text", "A secret note", "note", true))
		gone := a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } userErrors { message } } }`,
			input("conversationId", talk.conversationID, "text", "A slip"))
		a.do(adminToken, `mutation($in: DeleteMessageInput!) { deleteMessage(input: $in) { userErrors { message } } }`, input("messageId", text(gone, "sendMessage", "message", "id")))
		send := func(email string) string {
			return a.codes(adminToken, "sendTranscript", "SendTranscriptInput", "conversationId", talk.conversationID, "email", email)
		}
		if got := send("dora@example.net"); got != "CONVERSATION_NOT_CLOSED" {
			t.Errorf("of an open chat: %q", got)
		}
		a.close(talk.conversationID)
		const subject = "=?utf-8?"
		first := a.transcripts(subject, 1)[0]
		plain, markup := a.parts(first)
		for _, want := range []string{"Kopie Ihres Gesprächs", "Is <it> in stock?", "It is.", "Asia/Tokyo", "/chat/" + c.key + "#parley-link=", "Keine weiteren Kopien"} {
			if !strings.Contains(plain, want) {
				t.Errorf("the transcript lacks %q:\n%s", want, plain)
			}
		}
		if strings.Contains(plain+markup, "secret note") || strings.Contains(plain+markup, "A slip") || !strings.Contains(markup, "Is &lt;it&gt; in stock?") {
			t.Errorf("the transcript is\n%s", markup)
		}
		local := time.Now().In(time.FixedZone("JST", 9*60*60)).Format("02.01.2006")
		if !strings.Contains(plain, local) {
			t.Errorf("the times are not of %s:\n%s", local, plain)
		}

		a.do(adminToken, `mutation($in: ReopenConversationInput!) { reopenConversation(input: $in) { userErrors { message } } }`, input("conversationId", talk.conversationID))
		a.close(talk.conversationID) // nothing new was said
		a.do(talk.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`,
			input("conversationId", talk.conversationID, "text", "Two, please."))
		a.close(talk.conversationID)
		if second := a.transcripts(subject, 2); !slices.ContainsFunc(second, func(file string) bool { plain, _ := a.parts(file); return strings.Contains(plain, "Two, please.") }) {
			t.Error("the second transcript lacks what came since")
		}

		if got := send("stranger@example.net"); got != "NOT_FOUND" {
			t.Errorf("to a stranger: %q", got)
		}
		a.do(adminToken, `mutation { createContact(input: {email: "boss@example.net"}) { userErrors { message } } }`, nil)
		if got := a.codes(adminToken, "sendTranscript", "SendTranscriptInput", "conversationId", talk.conversationID, "email", "boss@example.net", "subject", "  For\nyou "); got != "" {
			t.Errorf("by hand: %q", got)
		}
		other := a.transcripts("For you", 1)[0]
		if plain, _ := a.parts(other); strings.Contains(plain, "parley-link") || a.header(other).Get("To") != "<boss@example.net>" {
			t.Errorf("the other contact gets the visitor's link:\n%s", plain)
		}
		if got := a.codes(adminToken, "sendTranscript", "SendTranscriptInput", "conversationId", talk.conversationID, "email", "boss@example.net", "subject", strings.Repeat("x", 201)); got != "TOO_LONG" {
			t.Errorf("a long subject: %q", got)
		}

		stop := strings.Trim(a.header(first).Get("List-Unsubscribe"), "<>")
		if status, page := a.request(http.MethodGet, stop); status != http.StatusOK || !strings.Contains(page, "Keine weiteren Kopien") {
			t.Errorf("the page of the refusal: %d %s", status, page)
		}
		if got := send("dora@example.net"); got != "" { // looking refuses nothing
			t.Errorf("before the refusal: %q", got)
		}
		if status, page := a.request(http.MethodPost, stop); status != http.StatusOK || a.header(first).Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Errorf("the refusal: %d %s", status, page)
		}
		if status, _ := a.request(http.MethodPost, stop+"x"); status != http.StatusBadRequest {
			t.Errorf("a changed link: %d", status)
		}
		if got := send("dora@example.net"); got != "TRANSCRIPT_UNAVAILABLE" {
			t.Errorf("after the refusal: %q", got)
		}
		told := a.do(adminToken, `query($id: ID!) { contact(by: {email: "dora@example.net"}) { transcriptsRefusedAt }
			conversation(id: $id) { entries(kinds: [EVENT], last: 20) { nodes { ... on Event { type subject { ... on Contact { displayName } } } } } } }`,
			map[string]any{"id": talk.conversationID})
		if at(told, "contact", "transcriptsRefusedAt") == nil || strings.Count(fmt.Sprint(told), "TRANSCRIPT_SENT") != 4 {
			t.Errorf("the history has %v", told)
		}
	})
}

// CO-4, BT-3: what gets no transcript.
func TestNoTranscripts(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		anonymous := c.chat("Hello")
		a.close(anonymous.conversationID)
		spam := c.chat("Buy")
		email := func(visitor, address string) {
			a.do(visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", address))
		}
		email(spam.visitor, "spam@example.net")
		a.do(adminToken, `mutation($in: MarkConversationAsSpamInput!) { markConversationAsSpam(input: $in) { userErrors { message } } }`, input("conversationId", spam.conversationID))
		a.close(spam.conversationID)
		off := a.channelNamed("Off")
		a.do(adminToken, `mutation($in: UpdateChatChannelInput!) { updateChatChannel(input: $in) { userErrors { message } } }`, input("channelId", off.channelID, "sendTranscript", false))
		quiet := off.chat("Hello")
		email(quiet.visitor, "quiet@example.net")
		a.close(quiet.conversationID)
		botted := c.chat("Hello")
		email(botted.visitor, "bot@example.net")
		if _, err := a.store.Writer().ExecContext(t.Context(), "UPDATE conversations SET bot_state = 'HANDED_OFF' WHERE id = '"+botted.conversationID+"'"); err != nil {
			t.Fatal(err)
		}
		a.close(botted.conversationID)
		last := c.chat("Hello") // its transcript goes out after what the others would have got
		email(last.visitor, "last@example.net")
		a.close(last.conversationID)
		if to := a.header(a.transcripts("Your conversation with", 1)[0]).Get("To"); to != "<last@example.net>" {
			t.Errorf("a transcript went to %s", to)
		}
		for conversation, address := range map[string]string{spam.conversationID: "spam@example.net", botted.conversationID: "bot@example.net"} {
			if got := a.codes(adminToken, "sendTranscript", "SendTranscriptInput", "conversationId", conversation, "email", address); got != "TRANSCRIPT_UNAVAILABLE" {
				t.Errorf("by hand to %s: %q", address, got)
			}
		}
		if got := a.codes(adminToken, "sendTranscript", "SendTranscriptInput", "conversationId", quiet.conversationID, "email", "quiet@example.net"); got != "" {
			t.Errorf("by hand where none goes out by itself: %q", got)
		}
	})
}

// CO-4: kill -9 while chats are closed: each transcript goes out, and none goes out again.
func TestTranscriptsSurviveKills(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		env := serverEnv(t, db, secret.GenerateKey())
		s := startServer(t, env...)
		s.dataDir = strings.TrimPrefix(env[0], "PARLEY_DATA_DIR=")
		folder, c, talks := s.dataDir, s.channel(), make([]chat, 12)
		for i := range talks {
			talks[i] = c.chat("Hello")
			s.do(talks[i].visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`,
				input("email", fmt.Sprintf("visitor%d@example.net", i)))
		}
		restart := func() {
			s.kill()
			s = startServer(t, env...)
			s.dataDir = folder
		}
		for i, talk := range talks {
			s.close(talk.conversationID)
			if i%3 == 2 {
				restart()
			}
		}
		s.transcripts("Your conversation with", len(talks))
		restart()
		c.api = &s.api
		last := c.chat("The last")
		s.do(last.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "last@example.net"))
		s.close(last.conversationID)
		to := map[string]int{}
		for _, file := range s.transcripts("Your conversation with", len(talks)+1) {
			to[s.header(file).Get("To")]++
		}
		if len(to) != len(talks)+1 {
			t.Errorf("they went to %v", to)
		}
	})
}
