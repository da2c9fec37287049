package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"

// fetched is what a server answers with.
type fetched struct {
	status int
	header http.Header
	body   string
}

// fetches asks for a page as a browser does; a form is sent by POST.
func (a *api) fetches(address string, form url.Values) fetched {
	a.t.Helper()
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(a.t.Context(), method, address, body)
	ok(a.t, err)
	request.Header.Set("User-Agent", firefox)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(request)
	ok(a.t, err)
	content, err := io.ReadAll(response.Body)
	ok(a.t, err)
	ok(a.t, response.Body.Close())
	return fetched{response.StatusCode, response.Header, string(content)}
}

// pageOf reads the addresses and the opening out of a document's page.
var pageOf = regexp.MustCompile(`data-opening="([^"]*)"|(?:src|href)="(/l/[^"]*)"`)

// CO-9: a document is uploaded, sent and opened on its page, which loads nothing from
// elsewhere; who opened it reaches the team, the contact's timeline and the log.
func TestDocuments(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachAPI(t, turned, func(t *testing.T, a *api) {
		channel := a.channel()
		chat := channel.chat("Hello")
		pdf := "%PDF-1.7\n" + strings.Repeat("x", 1<<20) // more than other files may have
		refused := a.upload(adminToken, staffUpload, "prices.pdf", pdf, map[string]any{"to": map[string]any{"conversationId": chat.conversationID}})
		if got := fmt.Sprint(at(refused.Data, "uploadAttachment", "userErrors")); got != "[map[code:TOO_LONG field:[file]]]" {
			t.Errorf("a large file: %s", got)
		}
		uploaded := a.upload(adminToken, staffUpload, "prices.pdf", pdf, map[string]any{"to": map[string]any{"conversationId": chat.conversationID}, "forDocument": true})
		fileID := text(uploaded.Data, "uploadAttachment", "attachment", "id")
		item := a.do(adminToken, createItem, input("kind", "DOCUMENT", "name", "Price list", "attachmentIds", []string{fileID}))
		itemID := text(item, "createLibraryItem", "libraryItem", "id")
		attached := a.ask(adminToken, sendCards, input("conversationId", chat.conversationID, "text", "x", "attachmentIds", []string{fileID}))
		if got := fmt.Sprint(at(attached.Data, "sendMessage", "userErrors")); got != "[map[code:TOO_LONG field:[attachmentIds 0]]]" {
			t.Errorf("a document as an attachment: %s", got)
		}
		sent := a.do(adminToken, sendCards, input("conversationId", chat.conversationID, "libraryItemIds", []string{itemID}))
		link := text(at(sent, "sendMessage", "message", "cards", 0), "url")
		turned.Advance(10 * time.Second)

		page := a.fetches(link, nil)
		policy := page.header.Get("Content-Security-Policy")
		if page.status != http.StatusOK || !strings.Contains(page.body, "Price list") || !strings.Contains(policy, "default-src 'none'") ||
			strings.Contains(policy, "unsafe") || strings.Contains(page.body, "://") {
			t.Errorf("the page: %d %s\n%s", page.status, policy, page.body)
		}
		found := pageOf.FindAllStringSubmatch(page.body, -1)
		opening, source := found[0][1], strings.ReplaceAll(found[1][2], "&amp;", "&")
		file := a.fetches(a.url+source, nil)
		if file.status != http.StatusOK || file.body != pdf || file.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(file.header.Get("Content-Disposition"), "inline") {
			t.Errorf("the file: %d %v", file.status, file.header)
		}
		opened := func() string {
			data := a.do(adminToken, `query($id: ID!) { libraryItem(id: $id) { shares { nodes { title openCount otherOpenCount openings { nodes { again visibleSeconds email } } } } } }`, map[string]any{"id": itemID})
			return fmt.Sprint(at(data, "libraryItem", "shares", "nodes", 0))
		}
		if got := opened(); got != "map[openCount:0 openings:map[nodes:[]] otherOpenCount:1 title:Price list]" {
			t.Errorf("before the script runs: %s", got)
		}
		for _, seconds := range []string{"0", "42", "x"} {
			if seconds == "42" {
				turned.Advance(time.Minute)
			}
			if got := a.fetches(link+"/seen", url.Values{"opening": {opening}, "seconds": {seconds}}); got.status != http.StatusNoContent {
				t.Errorf("the page tells: %d %s", got.status, got.body)
			}
		}
		if got := opened(); got != "map[openCount:1 openings:map[nodes:[map[again:false email:<nil> visibleSeconds:42]]] otherOpenCount:0 title:Price list]" {
			t.Errorf("opened %s", got)
		}
		noted := a.do(adminToken, `{ events(after: 0, types: [DOCUMENT_OPENED], first: 10) { nodes { conversation { id } subject { ... on LibraryShare { id title conversation { id } contact { id } } } } } }`, nil)
		share := at(noted, "events", "nodes", 0, "subject")
		if text(share, "title") != "Price list" || text(share, "conversation", "id") != chat.conversationID {
			t.Errorf("noted %v", noted)
		}

		contact := text(a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } } }`, input("name", "Eva")), "createContact", "contact", "id")
		a.do(adminToken, `mutation($in: LinkContactInput!) { linkContact(input: $in) { conversation { id } userErrors { code } } }`, input("conversationId", chat.conversationID, "contactId", contact))
		again := a.do(adminToken, sendCards, input("conversationId", chat.conversationID, "libraryItemIds", []string{itemID}))
		turned.Advance(10 * time.Second)
		second := text(at(again, "sendMessage", "message", "cards", 0), "url")
		downloads := pageOf.FindAllStringSubmatch(a.fetches(second, nil).body, -1)
		if got := a.fetches(a.url+strings.ReplaceAll(downloads[len(downloads)-1][2], "&amp;", "&"), nil); !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("the download: %d %v", got.status, got.header)
		}
		timeline := a.do(adminToken, `query($id: ID!) { contact(by: {id: $id}) { timeline(kinds: [DOCUMENT_OPENING]) { nodes { kind item { ... on DocumentOpening { again downloadedAt libraryShare { title openCount } } } } } } }`, map[string]any{"id": contact})
		lastOpening := at(timeline, "contact", "timeline", "nodes", 0, "item")
		if text(lastOpening, "libraryShare", "title") != "Price list" || at(lastOpening, "downloadedAt") == nil {
			t.Errorf("the timeline: %v", timeline)
		}

		revoke := `mutation($in: RevokeLibraryShareInput!) { revokeLibraryShare(input: $in) { libraryShare { revokedAt } userErrors { code field } } }`
		if got := a.do(adminToken, revoke, input("libraryShareId", text(share, "id"))); at(got, "revokeLibraryShare", "libraryShare", "revokedAt") == nil {
			t.Errorf("revoked %v", got)
		}
		for _, address := range []string{link, a.url + source} {
			if got := a.fetches(address, nil); got.status != http.StatusNotFound || !strings.Contains(got.body, "withdrawn") {
				t.Errorf("a revoked link: %d %s", got.status, got.body)
			}
		}
	})
}

// CO-9: a link that asks who opens it shows nothing before; the contact's timeline has who
// it was. A page that is no address is refused.
func TestDocumentsThatAsk(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachAPI(t, turned, func(t *testing.T, a *api) {
		channel := a.channel()
		chat := channel.chat("Hello")
		var picture bytes.Buffer
		ok(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))))
		to := map[string]any{"conversationId": chat.conversationID}
		upload := func() string {
			return text(a.upload(adminToken, staffUpload, "plan.png", picture.String(), map[string]any{"to": to}).Data, "uploadAttachment", "attachment", "id")
		}
		item := a.do(adminToken, createItem, input("kind", "DOCUMENT", "name", "Plan", "attachmentIds", []string{upload()}, "imageAttachmentId", upload(), "asksForEmail", true, "linkExpiresAfterDays", 1))
		itemID := text(item, "createLibraryItem", "libraryItem", "id")
		sent := a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { cards { url imageUrl } } } }`, input("conversationId", chat.conversationID, "libraryItemIds", []string{itemID}))
		card := at(sent, "sendMessage", "message", "cards", 0)
		shown := a.fetches(text(card, "imageUrl"), nil)
		if shown.body != picture.String() || shown.header.Get("Content-Type") != "image/png" {
			t.Errorf("the card's image: %d %v", shown.status, shown.header)
		}
		turned.Advance(10 * time.Second)
		link := text(card, "url")
		asks := a.fetches(link, nil)
		if !strings.Contains(asks.body, `name="email"`) || strings.Contains(asks.body, "<img") || a.fetches(link+"/file", nil).status != http.StatusNotFound {
			t.Errorf("before anyone says who they are: %s", asks.body)
		}
		if got := a.fetches(link, url.Values{"email": {"nobody"}}); !strings.Contains(got.body, `role="alert"`) {
			t.Errorf("no address: %s", got.body)
		}
		page := a.fetches(link, url.Values{"email": {"eva@example.com"}})
		source := regexp.MustCompile(`<img src="([^"]*)"`).FindStringSubmatch(page.body)
		if len(source) == 0 || a.fetches(a.url+strings.ReplaceAll(source[1], "&amp;", "&"), nil).body != picture.String() {
			t.Errorf("the page: %s", page.body)
		}
		data := a.do(adminToken, `query($id: ID!) { libraryItem(id: $id) { imageUrl asksForEmail linkExpiresAfterDays versions { fileName } shares { nodes { asksForEmail expiresAt openCount openings { nodes { email openedAt } } } } } }`, map[string]any{"id": itemID})
		if got := at(data, "libraryItem", "shares", "nodes", 0); text(at(got, "openings", "nodes", 0), "email") != "eva@example.com" || at(got, "expiresAt") == nil {
			t.Errorf("opened %v", data)
		}
		// Browsers follow no form to another site, by the page's policy: a page leads on.
		away := a.do(adminToken, createItem, input("kind", "DOCUMENT", "name", "Away", "url", `https://example.com/a?b=1&c=2`, "asksForEmail", true))
		sent = a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { cards { url } } } }`,
			input("conversationId", chat.conversationID, "libraryItemIds", []string{text(away, "createLibraryItem", "libraryItem", "id")}))
		turned.Advance(10 * time.Second)
		on := a.fetches(text(at(sent, "sendMessage", "message", "cards", 0), "url"), url.Values{"email": {"eva@example.com"}})
		if on.status != http.StatusOK || !strings.Contains(on.body, `<meta http-equiv="refresh" content="0;url=https://example.com/a?b=`) ||
			!strings.Contains(on.body, `<a class="button" href="https://example.com/a?b=`) || strings.Contains(on.body, `name="email"`) {
			t.Errorf("the page of a page that asks: %d %s", on.status, on.body)
		}
		turned.Advance(24 * time.Hour)
		if got := a.fetches(link, nil); got.status != http.StatusNotFound || !strings.Contains(got.body, "expired") {
			t.Errorf("an expired link: %d %s", got.status, got.body)
		}
	})
}
