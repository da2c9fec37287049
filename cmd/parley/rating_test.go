package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
)

// fill sends a form, and returns the answer's text.
func (a *api) fill(address string, form url.Values) (int, string) {
	a.t.Helper()
	response, err := http.PostForm(address, form)
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

// hurry waits for a job of a kind that is for later, and has it be for now.
func (a *api) hurry(kind string) {
	a.t.Helper()
	a.until("a job "+kind+" is there", func() bool {
		var moved int64
		err := a.store.WithTx(viewer.NewContext(a.t.Context(), viewer.Everywhere("test")), func(ctx context.Context, tx *store.Tx) (err error) {
			moved, err = tx.Exec(ctx, "UPDATE river_job SET scheduled_at = '2026-01-01 00:00:00.000' WHERE kind = $1 AND state = 'scheduled'", kind)
			return err
		})
		if err != nil {
			a.t.Fatal(err)
		}
		return moved > 0
	})
}

var ratingLink = regexp.MustCompile(`http://\S+/ratings/[\w.-]+`)

// CO-5: a chat's transcript asks its visitor in their language, by a link whose page needs no
// script; following it answers nothing, its form does, once, also after the chat was opened
// again. The answer is on the conversation, in the log, a filter finds it, and it is counted.
func TestRatingByTranscript(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		inbox := c.inboxID
		set := func(rating any) string {
			return a.codes(adminToken, "updateInboxSettings", "UpdateInboxSettingsInput", "inboxId", inbox, "rating", rating)
		}
		if got := set(map[string]any{"scale": "FIVE", "media": []string{}}); got != "REQUIRED" {
			t.Errorf("asked nowhere: %q", got)
		}
		if got := set(map[string]any{"scale": "FIVE", "media": []string{"CHAT"}, "question": strings.Repeat("x", 201)}); got != "TOO_LONG" {
			t.Errorf("a long question: %q", got)
		}
		if got := set(map[string]any{"scale": "FIVE", "media": []string{"TRANSCRIPT", "CHAT", "MAIL"}}); got != "" {
			t.Fatalf("the setting: %q", got)
		}
		talk := c.chat("Is it in stock?")
		a.do("", `mutation($in: StartVisitorSessionInput!) { startVisitorSession(input: $in) { userErrors { message } } }`,
			input("channelKey", c.key, "token", talk.visitor, "locale", "de-AT"))
		a.do(talk.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "dora@example.net"))
		a.reply(talk.conversationID, "It is.")
		a.close(talk.conversationID)
		plain, markup := a.parts(a.transcripts("=?utf-8?", 1)[0])
		link := ratingLink.FindString(plain)
		if link == "" || !strings.Contains(plain, "Wie war dieses Gespräch?") || strings.Count(plain, "?score=") != 5 || strings.Count(markup, "?score=") != 5 {
			t.Fatalf("the transcript asks nothing:\n%s", plain)
		}
		asked := a.do(talk.visitor, `{ visitorConversations { nodes { ratingQuestion { scale text } } } }`, nil)
		if got := fmt.Sprint(asked); !strings.Contains(got, "FIVE") {
			t.Errorf("in the widget: %s", got)
		}
		status, page := a.request(http.MethodGet, link+"?score=4")
		if status != http.StatusOK || !strings.Contains(page, `value="4" aria-label="4 von 5" required checked`) || strings.Contains(page, "<script") {
			t.Fatalf("the page: %d\n%s", status, page)
		}
		rated := func() string {
			return fmt.Sprint(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { rating { score comment medium scale resolvedBy { __typename } } ratings { score } } }`, map[string]any{"id": talk.conversationID}))
		}
		if got := rated(); strings.Contains(got, "score") && strings.Contains(got, "rating:map") {
			t.Errorf("looking at the page answers: %s", got)
		}
		if _, page := a.fill(link, url.Values{"comment": {"so <so>"}}); !strings.Contains(page, "Wählen Sie zuerst eine Antwort") || !strings.Contains(page, "so &lt;so&gt;") {
			t.Errorf("without a score: %s", page)
		}
		a.do(adminToken, `mutation($in: ReopenConversationInput!) { reopenConversation(input: $in) { userErrors { message } } }`, input("conversationId", talk.conversationID))
		if _, page := a.fill(link, url.Values{"score": {"4"}, "comment": {"so <so>"}}); !strings.Contains(page, "Danke für Ihre Antwort") {
			t.Fatalf("the answer: %s", page)
		}
		if _, page := a.fill(link, url.Values{"score": {"1"}}); !strings.Contains(page, "schon geantwortet") {
			t.Errorf("a second answer: %s", page)
		}
		if got := rated(); !strings.Contains(got, "score:4") || !strings.Contains(got, "comment:so <so>") || !strings.Contains(got, "medium:TRANSCRIPT") {
			t.Errorf("the rating: %s", got)
		}
		events := fmt.Sprint(a.do(adminToken, `{ events(after: 0, types: [RATING_GIVEN], first: 10) { nodes { conversation { id } actor { __typename } } } }`, nil))
		if strings.Count(events, talk.conversationID) != 1 || !strings.Contains(events, "Contact") {
			t.Errorf("events: %s", events)
		}
		for filter, want := range map[string]int{`{rating: 4}`: 1, `{rating: [1, 4, 5]}`: 1, `{rating: 5}`: 0, `{not: {rating: 0}}`: 1, `{any: [{rating: [4]}]}`: 1} {
			found := fmt.Sprint(a.do(adminToken, fmt.Sprintf(`{ conversations(inboxId: %q, view: {builtIn: ALL}, filter: %s) { nodes { id } } }`, inbox, filter), nil))
			if got := strings.Count(found, talk.conversationID); got != want {
				t.Errorf("%s finds %s", filter, found)
			}
		}
		counts := fmt.Sprint(a.do(adminToken, `query($id: ID!, $after: Time!) { inbox(id: $id) { settings { rating { scale media question } } ratingCounts(after: $after) { count average scores resolvedBy { __typename } } } }`,
			map[string]any{"id": inbox, "after": time.Now().Add(-time.Hour).Format(time.RFC3339)}))
		if !strings.Contains(counts, "average:4") || !strings.Contains(counts, "count:1") || !strings.Contains(counts, "scores:[0 0 0 1 0]") {
			t.Errorf("counts: %s", counts)
		}
		if status, _ := a.request(http.MethodGet, link+"x"); status != http.StatusBadRequest {
			t.Errorf("a forged link: %d", status)
		}
	})
}

// CO-5: a mail of its own asks ten minutes after the close, unless the conversation was opened
// again or its contact was asked already.
func TestRatingByMail(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		inbox := c.inboxID
		if got := a.codes(adminToken, "updateInboxSettings", "UpdateInboxSettingsInput", "inboxId", inbox, "rating", map[string]any{"scale": "THUMBS", "media": []string{"MAIL"}, "question": "Was it good?"}); got != "" {
			t.Fatal(got)
		}
		a.do(adminToken, `mutation($in: UpdateChatChannelInput!) { updateChatChannel(input: $in) { userErrors { message } } }`, input("channelId", c.channelID, "sendTranscript", false))
		talk := c.chat("Is it in stock?")
		a.do(talk.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "dora@example.net"))
		a.reply(talk.conversationID, "It is.")
		a.close(talk.conversationID)
		a.hurry("ask-rating")
		plain, _ := a.parts(a.transcripts("How was your conversation", 1)[0])
		link := ratingLink.FindString(plain)
		if !strings.Contains(plain, "Was it good?") || link == "" {
			t.Fatalf("the mail is\n%s", plain)
		}
		if _, page := a.fill(link, url.Values{"score": {"3"}}); !strings.Contains(page, "Choose an answer first") {
			t.Errorf("thumbs have no 3: %s", page)
		}
		if _, page := a.fill(link, url.Values{"score": {"5"}, "comment": {strings.Repeat("x", 2_001)}}); !strings.Contains(page, "at most 2000") {
			t.Errorf("a long comment: %s", page)
		}
		if _, page := a.fill(link, url.Values{"score": {"5"}}); !strings.Contains(page, "Thank you") {
			t.Errorf("the answer: %s", page)
		}
		got := fmt.Sprint(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { rating { score medium } } }`, map[string]any{"id": talk.conversationID}))
		if !strings.Contains(got, "medium:MAIL") || !strings.Contains(got, "score:5") {
			t.Errorf("the rating: %s", got)
		}
	})
}

// CO-5: the contact of an e-mail conversation is asked from the mailbox that it came to, in
// the contact's name the answer is given, and a contact is asked once a day.
func TestRatingOfEmail(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		box := a.mailbox("support@shop.example")
		if got := a.codes(adminToken, "updateInboxSettings", "UpdateInboxSettingsInput", "inboxId", box.inboxID, "rating", map[string]any{"scale": "FIVE", "media": []string{"MAIL", "CHAT"}}); got != "" {
			t.Fatal(got)
		}
		ask := func(n int, subject string) string {
			box.forward("ada@example.com", fmt.Sprintf("From: Ada <ada@example.com>\nTo: support@shop.example\nSubject: %s\nMessage-ID: <%d@mail.example.com>\n\nWhere is it?\n", subject, n))
			conversation := at(box.conversations("EMAIL", n)[0], "id").(string)
			a.close(conversation)
			a.hurry("ask-rating")
			return conversation
		}
		first := ask(1, "Parcel")
		file := a.transcripts("How was your conversation", 1)[0]
		plain, _ := a.parts(file)
		head := a.header(file)
		if link := ratingLink.FindString(plain); link == "" || !strings.Contains(head.Get("From"), "support@shop.example") || head.Get("To") != "<ada@example.com>" || head.Get("Auto-Submitted") == "" {
			t.Fatalf("the letter: %v\n%s", head, plain)
		}
		if _, page := a.fill(ratingLink.FindString(plain), url.Values{"score": {"2"}, "comment": {"slow"}}); !strings.Contains(page, "Thank you") {
			t.Errorf("the answer: %s", page)
		}
		got := fmt.Sprint(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { rating { score comment medium } entries(last: 1, kinds: [EVENT]) { nodes { ... on Event { type actor { __typename } } } } } }`, map[string]any{"id": first}))
		if !strings.Contains(got, "score:2") || !strings.Contains(got, "__typename:Contact") || !strings.Contains(got, "RATING_GIVEN") {
			t.Errorf("the rating: %s", got)
		}
		second := ask(2, "Another parcel")
		a.until("the second question was looked at", func() bool {
			left, err := a.store.Numbers(t.Context(), "SELECT COUNT(*) FROM river_job WHERE kind = 'ask-rating' AND state <> 'completed'")
			if err != nil {
				t.Fatal(err)
			}
			return left[0] == 0
		})
		a.transcripts("How was your conversation", 1)
		if got := fmt.Sprint(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { rating { score } } }`, map[string]any{"id": second})); strings.Contains(got, "score") {
			t.Errorf("the second conversation has the first one's rating: %s", got)
		}
	})
}
