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
	"parley/internal/quote"
)

// offering is an account that makes quotes.
type offering struct {
	*api
	contactID, dealID, stageID string
}

// makes runs a mutation on quotes that must succeed, and returns the quote.
func (o *offering) makes(mutation string, pairs ...any) map[string]any {
	o.t.Helper()
	name := strings.ToUpper(mutation[:1]) + mutation[1:] + "Input"
	done := o.do(adminToken, "mutation($in: "+name+"!) { "+mutation+`(input: $in) { quote { id number state version: lastVersion { number } changed url revision
		content { title currency lines { net { value } } totals { interval subtotal { value } lineDiscount { value } wholeDiscount { value } net { value } taxes { percent tax { value } } total { value currency } } } }
		userErrors { code field message } } }`, input(pairs...))
	got, _ := at(done, mutation, "quote").(map[string]any)
	if got == nil {
		o.t.Fatalf("%s: %v", mutation, done)
	}
	return got
}

// shows returns what the API says of a quote.
func (o *offering) shows(quoteID, selection string) string {
	o.t.Helper()
	return fmt.Sprint(at(o.do(adminToken, `query($id: ID!) { quote(id: $id) { `+selection+` } }`, map[string]any{"id": quoteID}), "quote"))
}

// noted are the types of the events of a quote, in order.
func (o *offering) noted(quoteID string) string {
	o.t.Helper()
	data := o.do(adminToken, `{ events(after: 0, first: 100, types: [QUOTE_CREATED, QUOTE_UPDATED, QUOTE_PUBLISHED, QUOTE_VIEWED, QUOTE_ACCEPTED, QUOTE_DECLINED, QUOTE_EXPIRED, QUOTE_REVOKED, QUOTE_DELETED]) { nodes { type subjectId } } }`, nil)
	list, _ := at(data, "events", "nodes").([]any)
	var types []string
	for _, e := range list {
		if text(e, "subjectId") == quoteID {
			types = append(types, strings.TrimPrefix(text(e, "type"), "QUOTE_"))
		}
	}
	return strings.Join(types, " ")
}

func eachOffering(t *testing.T, turned *clock.Turned, test func(t *testing.T, o *offering)) {
	t.Helper()
	eachAPI(t, turned, func(t *testing.T, a *api) {
		o := &offering{api: a}
		contact := a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { code } } }`, input("name", "Eva <Ek>", "email", "eva@example.net"))
		o.contactID = text(contact, "createContact", "contact", "id")
		deal := a.do(adminToken, `mutation($in: CreateDealInput!) { createDeal(input: $in) { deal { id pipeline { stages { id kind } } } userErrors { code } } }`,
			input("name", "Lamps", "contactId", o.contactID, "amount", map[string]any{"value": "10", "currency": "EUR"}))
		o.dealID = text(deal, "createDeal", "deal", "id")
		stages, _ := at(deal, "createDeal", "deal", "pipeline", "stages").([]any)
		for _, stage := range stages {
			if text(stage, "kind") == "WON" {
				o.stageID = text(stage, "id")
			}
		}
		test(t, o)
	})
}

var lamp = map[string]any{"name": "Lamp <b>", "description": "Two\nlines", "quantity": "2.500", "unitPrice": "3.33", "discount": map[string]any{"percent": "10"}, "taxPercent": "7.70"}

// CO-7: a quote of a deal is written, published, read on its page by the contact, kept as PDF
// and accepted; the deal moves, and the log has all of it.
func TestQuotes(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		made := o.makes("createQuote", "dealId", o.dealID, "acceptedStageId", o.stageID, "terms", "**30 days** <script>alert(1)</script>", "language", "de-AT",
			"discount", map[string]any{"amount": "1.01"}, "lines", []any{lamp, map[string]any{"name": "Care", "unitPrice": "1234.5", "interval": "MONTHLY", "taxPercent": "20"}})
		quoteID := text(made, "id")
		want := `map[currency:EUR lines:[map[net:map[value:7.50]] map[net:map[value:1234.50]]] title:Lamps totals:[` +
			`map[interval:ONCE lineDiscount:map[value:0.83] net:map[value:7.49] subtotal:map[value:8.33] taxes:[map[percent:7.7 tax:map[value:0.58]]] total:map[currency:EUR value:8.07] wholeDiscount:map[value:0.01]] ` +
			`map[interval:MONTHLY lineDiscount:map[value:0.00] net:map[value:1233.50] subtotal:map[value:1234.50] taxes:[map[percent:20 tax:map[value:246.70]]] total:map[currency:EUR value:1480.20] wholeDiscount:map[value:1.00]]]]`
		if got := fmt.Sprint(made["content"]); got != want || made["state"] != "DRAFT" || made["url"] != nil || made["number"] != 1.0 {
			t.Errorf("made %v\nwant %s", made, want)
		}
		published := o.makes("publishQuote", "quoteId", quoteID)
		link := text(published, "url")
		if published["state"] != "PUBLISHED" || published["changed"] != false || !strings.HasPrefix(link, o.url+"/q/") {
			t.Fatalf("published %v", published)
		}
		turned.Advance(10 * time.Second)
		page := o.fetches(link, nil)
		policy := page.header.Get("Content-Security-Policy")
		for _, part := range []string{`lang="de"`, "Lamp &lt;b&gt;", "Eva &lt;Ek&gt;", "1.480,20", "7,50", "<strong>30 days</strong>", "Ich nehme dieses Angebot an.", "rechtsgültige Unterschrift", `name="version" value="1"`} {
			if !strings.Contains(page.body, part) {
				t.Errorf("the page lacks %q", part)
			}
		}
		if page.status != http.StatusOK || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(page.body, "alert(1)</script>") ||
			strings.Contains(page.body, "://") || page.header.Get("X-Robots-Tag") != "noindex" || page.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the page: %d %v\n%s", page.status, page.header, page.body)
		}
		views := "viewCount otherViewCount views { nodes { version again visibleSeconds } }"
		if got := o.shows(quoteID, views); got != "map[otherViewCount:1 viewCount:0 views:map[nodes:[]]]" {
			t.Errorf("before the script runs: %s", got)
		}
		opening := pageOf.FindStringSubmatch(page.body)[1]
		o.fetches(link+"/seen", url.Values{"opening": {opening}, "seconds": {"0"}})
		turned.Advance(time.Minute)
		o.fetches(link+"/seen", url.Values{"opening": {opening}, "seconds": {"30"}})
		if got := o.shows(quoteID, views); got != "map[otherViewCount:0 viewCount:1 views:map[nodes:[map[again:false version:1 visibleSeconds:30]]]]" {
			t.Errorf("read %s", got)
		}
		pdf := o.fetches(link+"/pdf?download=1&opening="+opening, nil)
		if pdf.status != http.StatusOK || !strings.HasPrefix(pdf.body, "%PDF-") || pdf.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(pdf.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the PDF: %d %v", pdf.status, pdf.header)
		}
		if got := o.shows(quoteID, "views { nodes { downloadedAt } }"); strings.Contains(got, "nil") {
			t.Errorf("kept: %s", got)
		}

		for _, form := range []url.Values{{"version": {"1"}, "agree": {"1"}}, {"version": {"1"}, "name": {"Eva"}}, {"version": {"1"}, "name": {strings.Repeat("x", 201)}, "agree": {"1"}}} {
			if got := o.fetches(link+"/accept", form); got.status != http.StatusBadRequest || !strings.Contains(got.body, `role="alert"`) || !strings.Contains(got.body, "/accept") {
				t.Errorf("%v: %d %s", form, got.status, got.body)
			}
		}
		accepted := o.fetches(link+"/accept", url.Values{"version": {"1"}, "name": {" Eva  Ek "}, "agree": {"1"}})
		if accepted.status != http.StatusOK || !strings.Contains(accepted.body, "von Eva Ek angenommen") || strings.Contains(accepted.body, "/accept") {
			t.Errorf("accepted: %d %s", accepted.status, accepted.body)
		}
		if got := o.fetches(link+"/decline", url.Values{"version": {"1"}}); got.status != http.StatusBadRequest {
			t.Errorf("an answer to what was answered: %d", got.status)
		}
		if got := o.shows(quoteID, "state deal { stage { kind } } lastVersion { acceptedName acceptedText declinedAt }"); got !=
			"map[deal:map[stage:map[kind:WON]] lastVersion:map[acceptedName:Eva Ek acceptedText:Ich nehme dieses Angebot an. declinedAt:<nil>] state:ACCEPTED]" {
			t.Errorf("accepted %s", got)
		}
		if got := o.noted(quoteID); got != "CREATED PUBLISHED VIEWED ACCEPTED" {
			t.Errorf("noted %s", got)
		}
		listed := o.do(adminToken, `query($contact: ID!, $deal: ID!) { contact(by: {id: $contact}) { quotes { nodes { number } } } deal(id: $deal) { quotes { nodes { number } } }
			quotes(filter: {states: [ACCEPTED], contactId: $contact}) { nodes { number deal { name } owner { name } company { name } conversation { id } } } }`, map[string]any{"contact": o.contactID, "deal": o.dealID})
		if got := fmt.Sprint(at(listed, "contact", "quotes"), at(listed, "deal", "quotes")); got != "map[nodes:[map[number:1]]] map[nodes:[map[number:1]]]" || text(at(listed, "quotes", "nodes", 0), "deal", "name") != "Lamps" {
			t.Errorf("listed %v", listed)
		}
	})
}

// CO-7: what is published is frozen; a later version takes its place and that of the answer to
// it, and an answer to the one before is refused. A revoked quote shows nothing, one that
// expired takes no answer, and another site can send none.
func TestQuoteVersions(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		made := o.makes("createQuote", "contactId", o.contactID, "title", "First", "currency", "JPY", "lines", []any{map[string]any{"name": "Tea", "unitPrice": "1000", "quantity": "0.333", "taxPercent": "8"}},
			"validUntil", turned.Now().Add(time.Hour).Format(time.RFC3339))
		quoteID := text(made, "id")
		if got := text(at(made, "content", "totals", 0), "total", "value"); got != "360" {
			t.Errorf("yen: %s", got)
		}
		link := text(o.makes("publishQuote", "quoteId", quoteID), "url")
		o.makes("updateQuote", "quoteId", quoteID, "title", "Second", "expectedRevision", 2)
		if got := o.codes(adminToken, "updateQuote", "UpdateQuoteInput", "quoteId", quoteID, "title", "Third", "expectedRevision", 2); got != "CONFLICT" {
			t.Errorf("a stale change: %s", got)
		}
		if got := o.fetches(link, nil); !strings.Contains(got.body, "First") || strings.Contains(got.body, "Second") {
			t.Error("what was published is not frozen")
		}
		o.fetches(link+"/decline", url.Values{"version": {"1"}, "reason": {"Too\r\nmuch"}})
		if got := o.shows(quoteID, "state changed lastVersion { declineReason }"); got != "map[changed:true lastVersion:map[declineReason:Too\nmuch] state:DECLINED]" {
			t.Errorf("declined %s", got)
		}
		if again := o.makes("publishQuote", "quoteId", quoteID); again["state"] != "PUBLISHED" || text(again, "url") != link {
			t.Errorf("published again %v", again)
		}
		if same := o.makes("publishQuote", "quoteId", quoteID); at(same, "version", "number") != 2.0 {
			t.Errorf("published twice %v", same)
		}
		stale := o.fetches(link+"/accept", url.Values{"version": {"1"}, "name": {"Eva"}, "agree": {"1"}})
		if stale.status != http.StatusConflict || !strings.Contains(stale.body, "changed since") || !strings.Contains(stale.body, "Second") || !strings.Contains(stale.body, `value="2"`) {
			t.Errorf("an answer to the version before: %d %s", stale.status, stale.body)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, link+"/accept", strings.NewReader("version=2&name=Eva&agree=1"))
		ok(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		response, err := http.DefaultClient.Do(request)
		ok(t, err)
		if ok(t, response.Body.Close()); response.StatusCode != http.StatusForbidden {
			t.Errorf("another site's form: %d", response.StatusCode)
		}

		o.makes("revokeQuote", "quoteId", quoteID)
		for _, address := range []string{link, link + "/pdf"} {
			if got := o.fetches(address, nil); got.status != http.StatusNotFound || !strings.Contains(got.body, "withdrawn") {
				t.Errorf("revoked: %d %s", got.status, got.body)
			}
		}
		o.makes("publishQuote", "quoteId", quoteID)
		turned.Advance(time.Hour)
		if got := o.fetches(link+"/accept", url.Values{"version": {"3"}, "name": {"Eva"}, "agree": {"1"}}); got.status != http.StatusBadRequest || !strings.Contains(got.body, "has expired") || strings.Contains(got.body, "<form") {
			t.Errorf("an answer too late: %d %s", got.status, got.body)
		}
		ok(t, quote.New(o.store, o.url, nil).ExpireDue(t.Context()))
		if got := o.shows(quoteID, "state versions { nodes { number content { title } } }"); got != "map[state:EXPIRED versions:map[nodes:[map[content:map[title:Second] number:3] map[content:map[title:Second] number:2] map[content:map[title:First] number:1]]]]" {
			t.Errorf("expired %s", got)
		}
		if got := o.codes(adminToken, "publishQuote", "PublishQuoteInput", "quoteId", quoteID); got != "INVALID" {
			t.Errorf("published after its time: %s", got)
		}
		if got := o.noted(quoteID); got != "CREATED PUBLISHED UPDATED DECLINED PUBLISHED REVOKED PUBLISHED EXPIRED" {
			t.Errorf("noted %s", got)
		}
		o.do(adminToken, `mutation($in: DeleteQuoteInput!) { deleteQuote(input: $in) { deletedQuoteId userErrors { code } } }`, input("quoteId", quoteID))
		if got := o.fetches(link, nil); got.status != http.StatusNotFound || o.shows(quoteID, "id") != "<nil>" {
			t.Errorf("deleted: %d", got.status)
		}
	})
}

// CO-7: of those who answer at once, one does, and it is recorded once.
func TestQuoteAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		quoteID := text(o.makes("createQuote", "dealId", o.dealID, "acceptedStageId", o.stageID, "lines", []any{lamp}), "id")
		link := text(o.makes("publishQuote", "quoteId", quoteID), "url")
		statuses := make([]int, 6)
		var all sync.WaitGroup
		for i := range statuses {
			all.Go(func() {
				address, form := link+"/accept", url.Values{"version": {"1"}, "name": {fmt.Sprint("Eva ", i)}, "agree": {"1"}}
				if i%2 == 1 {
					address, form = link+"/decline", url.Values{"version": {"1"}}
				}
				response, err := http.PostForm(address, form)
				if err != nil {
					t.Error(err)
					return
				}
				statuses[i] = response.StatusCode
				if err := response.Body.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		taken := 0
		for _, status := range statuses {
			if status == http.StatusOK {
				taken++
			} else if status != http.StatusBadRequest {
				t.Errorf("status %d", status)
			}
		}
		got := o.noted(quoteID)
		if taken != 1 || strings.Count(got, "ACCEPTED")+strings.Count(got, "DECLINED") != 1 {
			t.Errorf("%d answers were taken, noted %s", taken, got)
		}
	})
}

// CO-6, CO-7: a published quote is the card of a message, which shows how far it has come, to
// the visitor too; one that cannot be accepted is refused, and so is another contact's.
func TestQuoteCards(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		channel := o.channel()
		chat := channel.chat("How much?")
		made := o.makes("createQuote", "conversationId", chat.conversationID, "title", "Tea", "currency", "EUR", "lines", []any{map[string]any{"name": "Tea", "unitPrice": "1000"}})
		quoteID := text(made, "id")
		send := func(ids ...string) string {
			return o.codes(adminToken, "sendMessage", "SendMessageInput", "conversationId", chat.conversationID, "quoteIds", ids)
		}
		if got := send(quoteID); got != "INVALID" {
			t.Errorf("a draft: %s", got)
		}
		link := text(o.makes("publishQuote", "quoteId", quoteID), "url")
		others := text(o.makes("createQuote", "contactId", o.contactID, "title", "Theirs", "currency", "EUR", "lines", []any{lamp}), "id")
		o.makes("publishQuote", "quoteId", others)
		for _, c := range []struct{ want, got string }{
			{"INVALID", send(others)}, {"INVALID", send(quoteID, quoteID)}, {"NOT_FOUND", send("quote_x")},
			{"INVALID", o.codes(adminToken, "sendMessage", "SendMessageInput", "conversationId", chat.conversationID, "text", "x", "note", true, "quoteIds", []string{quoteID})},
		} {
			if c.got != c.want {
				t.Errorf("refused by %q, want %q", c.got, c.want)
			}
		}
		previews := o.do(adminToken, `query($in: PreviewReplyInput!) { previewReply(input: $in) { text emailText cards { kind quoteId state } } }`, input("conversationId", chat.conversationID, "quoteIds", []string{quoteID}))
		if got := fmt.Sprint(at(previews, "previewReply", "cards")); got != "[map[kind:QUOTE quoteId:"+quoteID+" state:PUBLISHED]]" || !strings.Contains(text(previews, "previewReply", "emailText"), link) {
			t.Errorf("previewed %v", previews)
		}
		sent := o.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id cards { kind title description url buttonText quoteId state } } userErrors { code } } }`,
			input("conversationId", chat.conversationID, "quoteIds", []string{quoteID}))
		want := fmt.Sprintf("map[buttonText:View quote description:1000.00 EUR kind:QUOTE quoteId:%s state:PUBLISHED title:Tea url:%s]", quoteID, link)
		if got := fmt.Sprint(at(sent, "sendMessage", "message", "cards", 0)); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		o.fetches(link+"/accept", url.Values{"version": {"1"}, "name": {"Eva"}, "agree": {"1"}})
		shown := o.do(adminToken, `query($id: ID!) { conversation(id: $id) { quotes { nodes { number } } messages { nodes { cards { state } } } } }`, map[string]any{"id": chat.conversationID})
		if got := fmt.Sprint(at(shown, "conversation", "messages", "nodes", 1, "cards")); got != "[map[state:ACCEPTED]]" || at(shown, "conversation", "quotes", "nodes", 0, "number") != 1.0 {
			t.Errorf("shown %v", shown)
		}
	})
}
