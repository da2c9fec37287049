package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/viewer"
)

// makesOpen publishes a quote for the contact, and returns its id and its link.
func (o *offering) makesOpen(pairs ...any) (quoteID, link string) {
	o.t.Helper()
	quoteID = text(o.makes("createQuote", append([]any{"contactId", o.contactID, "title", "Lamps", "currency", "EUR", "lines", []any{lamp}}, pairs...)...), "id")
	return quoteID, text(o.makes("publishQuote", "quoteId", quoteID), "url")
}

// CO-7: nothing but the page's form with the version that was read is an answer: neither what
// previews and scanners do with a link, nor a made-up version, nor a name of which nothing is seen.
func TestQuoteForgedAnswers(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		quoteID, link := o.makesOpen()
		for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodOptions, http.MethodPut} {
			for _, path := range []string{"", "/pdf", "/accept", "/decline", "/seen"} {
				request, err := http.NewRequestWithContext(t.Context(), method, link+path+"?version=1&name=Eva&agree=1", strings.NewReader(""))
				ok(t, err)
				response, err := http.DefaultClient.Do(request)
				ok(t, err)
				ok(t, response.Body.Close())
			}
		}
		for _, version := range []string{"", "0", "-1", "2", "1.0", "99999999999999999999"} {
			if got := o.fetches(link+"/accept", url.Values{"version": {version}, "name": {"Eva"}, "agree": {"1"}}); got.status != http.StatusConflict {
				t.Errorf("version %q: %d", version, got.status)
			}
		}
		for _, name := range []string{" ", "\u200b\u00ad", "\u202e", "\u2800"} {
			if got := o.fetches(link+"/accept", url.Values{"version": {"1"}, "name": {name}, "agree": {"1"}}); got.status != http.StatusBadRequest {
				t.Errorf("name %q: %d", name, got.status)
			}
		}
		for _, token := range []string{"x", strings.Repeat("a", 26), "%00", strings.ToUpper(link[strings.LastIndex(link, "/")+1:]), strings.Repeat("a", 9_000)} {
			if got := o.fetches(o.url+"/q/"+token+"/accept", url.Values{"version": {"1"}, "name": {"Eva"}, "agree": {"1"}}); got.status != http.StatusNotFound {
				t.Errorf("token %.40q: %d", token, got.status)
			}
		}
		if got := o.shows(quoteID, "state lastVersion { acceptedAt declinedAt }"); got != "map[lastVersion:map[acceptedAt:<nil> declinedAt:<nil>] state:PUBLISHED]" {
			t.Errorf("answered without a form: %s", got)
		}
		token := link[strings.LastIndex(link, "/")+1:]
		everywhere := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
		log, err := o.store.Client(everywhere).Event.Query().All(everywhere)
		ok(t, err)
		if len(log) == 0 || strings.Contains(fmt.Sprint(log), token) {
			t.Error("the log has the token of a link")
		}
		reason := strings.Repeat("a\r\n", 1000) // 2,000 characters as browsers count
		if got := o.fetches(link+"/decline", url.Values{"version": {"1"}, "reason": {reason}}); got.status != http.StatusOK {
			t.Errorf("a reason of as many characters as the form takes: %d", got.status)
		}
	})
}

// CO-7: what a quote and its answer say is text on the page.
func TestQuoteMarkup(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		evil := `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.Token}}`
		_, link := o.makesOpen("title", evil, "reference", evil, "senderCompany", evil, "senderAddress", evil, "recipientAddress", evil,
			"terms", "[pay](javascript:alert(1)) ![x](https://evil.example/x.png) "+evil,
			"lines", []any{map[string]any{"name": evil, "description": evil, "unitPrice": "1"}})
		safe := func(what, page string) {
			t.Helper()
			for _, bad := range []string{"<script>alert", "<img src=x", `"javascript:`, "onerror=alert(1)>\""} {
				if strings.Contains(page, bad) {
					t.Errorf("%s has %q:\n%s", what, bad, page)
				}
			}
		}
		page := o.fetches(link, nil)
		safe("the page", page.body)
		if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "img-src") {
			t.Errorf("the page loads images: %s", policy)
		}
		safe("a refused decline", o.fetches(link+"/decline", url.Values{"version": {"1"}, "reason": {evil + strings.Repeat("x", 2_000)}}).body)
		safe("a refused accept", o.fetches(link+"/accept", url.Values{"version": {"1"}, "name": {evil}}).body)
		accepted := o.fetches(link+"/accept", url.Values{"version": {"1"}, "name": {evil + "{date}{name}"}, "agree": {"1"}})
		safe("the outcome", accepted.body)
		if accepted.status != http.StatusOK || !strings.Contains(accepted.body, "{date}{name}") {
			t.Errorf("accepted: %d", accepted.status)
		}
		if pdf := o.fetches(link+"/pdf", nil); pdf.status != http.StatusOK {
			t.Errorf("the PDF: %d", pdf.status)
		}
	})
}

// CO-7, AC-14: whoever may not see the conversation of a quote neither sees nor changes nor
// sends it; a quote outlives its deal, and goes with its contact when that is merged.
func TestQuoteSight(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		chat, other := o.channelNamed("Sales").chat("How much?"), o.channelNamed("Support")
		_, token := o.agent("Bo", other.inboxID)
		quoteID, link := o.makesOpen("conversationId", chat.conversationID, "contactId", nil)
		theirs := other.chat("Hello")
		for _, got := range []string{
			o.codes(token, "updateQuote", "UpdateQuoteInput", "quoteId", quoteID, "title", "Mine"),
			o.codes(token, "publishQuote", "PublishQuoteInput", "quoteId", quoteID), o.codes(token, "revokeQuote", "RevokeQuoteInput", "quoteId", quoteID),
			o.codes(token, "deleteQuote", "DeleteQuoteInput", "quoteId", quoteID),
			o.codes(token, "sendMessage", "SendMessageInput", "conversationId", theirs.conversationID, "quoteIds", []string{quoteID}),
			o.codes(token, "createQuote", "CreateQuoteInput", "conversationId", chat.conversationID, "title", "Mine", "currency", "EUR"),
		} {
			if got != "NOT_FOUND" {
				t.Errorf("an agent of another inbox: %q", got)
			}
		}
		seen := o.do(token, `query($id: ID!) { quote(id: $id) { id } quotes { nodes { id } } }`, map[string]any{"id": quoteID})
		if got := fmt.Sprint(seen); got != "map[quote:<nil> quotes:map[nodes:[]]]" {
			t.Errorf("an agent of another inbox sees %s", got)
		}
		if got := o.codes(adminToken, "sendMessage", "SendMessageInput", "conversationId", theirs.conversationID, "quoteIds", []string{quoteID}); got != "INVALID" {
			t.Errorf("the quote of one visitor for another: %q", got)
		}
		if got := o.fetches(link, nil); got.status != http.StatusOK {
			t.Errorf("the page: %d", got.status)
		}

		kept, keptLink := o.makesOpen("dealId", o.dealID, "acceptedStageId", o.stageID)
		fay := o.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { code } } }`, input("name", "Fay", "email", "fay@example.net"))
		fayID := text(fay, "createContact", "contact", "id")
		if got := o.codes(adminToken, "updateQuote", "UpdateQuoteInput", "quoteId", kept, "contactId", fayID); got != "INVALID" {
			t.Errorf("the published quote of one contact for another: %q", got)
		}
		if again := o.makes("updateQuote", "quoteId", kept, "ownerId", nil); again["changed"] != true {
			t.Errorf("whom the page names changed: %v", again)
		}
		o.makes("publishQuote", "quoteId", kept)
		o.codes(adminToken, "deleteDeal", "DeleteDealInput", "dealId", o.dealID)
		o.codes(adminToken, "mergeContacts", "MergeContactsInput", "intoContactId", fayID, "contactIds", []string{o.contactID})
		if got := o.fetches(keptLink+"/accept", url.Values{"version": {"2"}, "name": {"Eva"}, "agree": {"1"}}); got.status != http.StatusOK {
			t.Errorf("accepted without its deal: %d", got.status)
		}
		if got := o.shows(kept, "state deal { id } contact { name }"); got != "map[contact:map[name:Fay] deal:<nil> state:ACCEPTED]" {
			t.Errorf("after the merge %s", got)
		}
	})
}

// CO-7: an answer belongs to the version that was read, whoever publishes at that moment.
func TestQuoteAnsweredWhilePublished(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		quoteID, link := o.makesOpen("dealId", o.dealID, "acceptedStageId", o.stageID)
		o.makes("updateQuote", "quoteId", quoteID, "title", "Dearer")
		var all sync.WaitGroup
		status := 0
		all.Go(func() {
			response, err := http.PostForm(link+"/accept", url.Values{"version": {"1"}, "name": {"Eva"}, "agree": {"1"}})
			if err != nil {
				t.Error(err)
				return
			}
			status = response.StatusCode
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if got := o.codes(adminToken, "publishQuote", "PublishQuoteInput", "quoteId", quoteID); got != "" {
				t.Errorf("publishing: %s", got)
			}
		})
		all.Wait()
		got := o.shows(quoteID, "state versions { nodes { number acceptedName } }")
		want := "map[state:PUBLISHED versions:map[nodes:[map[acceptedName:<nil> number:2] map[acceptedName:<nil> number:1]]]]"
		if status == http.StatusOK {
			want = "map[state:PUBLISHED versions:map[nodes:[map[acceptedName:<nil> number:2] map[acceptedName:Eva number:1]]]]"
		}
		if got != want {
			t.Errorf("status %d, then %s", status, got)
		}
	})
}
