package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parley/internal/clock"
)

// get asks for a page, as it is answered first.
func (a *api) get(address string) (head, string) {
	a.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(address)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return head{response.StatusCode, response.Header}, string(body)
}

// head is what a response says beside its body.
type head struct {
	StatusCode int
	Header     http.Header
}

// CO-11: an article is written over the API, and read on a page that needs no script: found by
// words, rated, led to from its old slug, inserted into a reply as a card, listed for search
// engines if the account wants it.
func TestArticles(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		create := func(name, markdown string, article map[string]any) map[string]any {
			made := a.do(adminToken, `mutation($in: CreateLibraryItemInput!) { createLibraryItem(input: $in) {
				libraryItem { id article { slug audience state url helpfulCount notHelpfulCount } } userErrors { code message field } } }`,
				input("kind", "ARTICLE", "name", name, "markdown", markdown, "folder", "Shop & <more>", "language", "en", "article", article))
			item, _ := at(made, "createLibraryItem", "libraryItem").(map[string]any)
			if item == nil {
				t.Fatalf("%s: %v", name, made)
			}
			return item
		}
		hours := create("Opening <hours>", "# When\n\nWe are open. <script>alert(1)</script> ![x](https://img.example/a.png)\n\n[out](javascript:alert(1))", map[string]any{"state": "PUBLISHED"})
		members := create("Discounts", "For members.", map[string]any{"state": "PUBLISHED", "audience": "CONTACTS"})
		draft := create("Draft", "Not yet.", map[string]any{})
		if at(draft, "article", "url") != nil || at(draft, "article", "state") != "DRAFT" {
			t.Errorf("a draft: %v", draft)
		}
		page := fmt.Sprint(at(hours, "article", "url"))
		home := fmt.Sprint(at(a.do(adminToken, `{ knowledgeBase { url key title indexed } }`, nil), "knowledgeBase", "url"))
		response, shown := a.get(page)
		policy := response.Header.Get("Content-Security-Policy")
		if response.StatusCode != http.StatusOK || strings.Contains(shown, "<script") || strings.Contains(shown, "javascript:") || !strings.Contains(shown, "Opening &lt;hours&gt;") ||
			!strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || response.Header.Get("X-Robots-Tag") != "noindex" || response.Header.Get("Set-Cookie") != "" {
			t.Errorf("the page: %v\n%s", response.Header, shown)
		}
		for _, of := range []struct {
			path string
			want []string
			not  []string
		}{
			{"", []string{"Opening &lt;hours&gt;", "Shop &amp; &lt;more&gt;"}, []string{"Discounts", "Draft"}},
			{"?q=OPEN", []string{"Opening &lt;hours&gt;"}, []string{"Discounts"}},
			{"?q=memb", []string{"Nothing was found"}, []string{"Discounts"}},
			{"?q=%22%3E%3Cb", []string{"&#34;&gt;&lt;b"}, []string{`value=""><b`}},
			{"?q=" + strings.Repeat("x", 201), []string{"at most 200"}, nil},
			{"/discounts", []string{"There is no such page"}, []string{"For members"}},
			{"/draft", []string{"There is no such page"}, []string{"Not yet"}},
			{"/none", []string{"There is no such page"}, nil},
			{"/sitemap.xml", []string{"There is no such page"}, nil},
		} {
			_, got := a.get(home + of.path)
			for _, want := range of.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s lacks %q:\n%s", of.path, want, got)
				}
			}
			for _, not := range of.not {
				if strings.Contains(got, not) {
					t.Errorf("%s shows %q", of.path, not)
				}
			}
		}

		for range 2 { // one opinion of a network counts
			if status, got := a.fill(page, url.Values{"helpful": {"yes"}}); status != http.StatusOK || !strings.Contains(got, "Thank you") {
				t.Errorf("an opinion: %d %s", status, got)
			}
		}
		if status, _ := a.fill(page, url.Values{"helpful": {"perhaps"}}); status != http.StatusBadRequest {
			t.Errorf("another opinion: %d", status)
		}
		counted := a.do(adminToken, `query($id: ID!) { libraryItem(id: $id) { article { helpfulCount notHelpfulCount } } }`, map[string]any{"id": hours["id"]})
		if got := fmt.Sprint(at(counted, "libraryItem", "article")); got != "map[helpfulCount:1 notHelpfulCount:0]" {
			t.Errorf("counted: %s", got)
		}

		a.do(adminToken, `mutation($in: UpdateLibraryItemInput!) { updateLibraryItem(input: $in) { userErrors { message } } }`,
			input("libraryItemId", hours["id"], "article", map[string]any{"slug": "hours"}))
		if response, _ := a.get(page); response.StatusCode != http.StatusMovedPermanently || !strings.HasSuffix(response.Header.Get("Location"), "/hours") ||
			response.Header.Get("Cache-Control") != "no-cache" { // another article may take it
			t.Errorf("the old slug: %d %s", response.StatusCode, response.Header.Get("Location"))
		}
		if got := a.codes(adminToken, "updateLibraryItem", "UpdateLibraryItemInput", "libraryItemId", members["id"], "article", map[string]any{"slug": "hours"}); got != "ALREADY_EXISTS" {
			t.Errorf("a slug that is taken: %q", got)
		}

		if got := a.codes(adminToken, "updateKnowledgeBase", "UpdateKnowledgeBaseInput", "title", strings.Repeat("x", 101)); got != "TOO_LONG" {
			t.Errorf("a long title: %q", got)
		}
		set := a.do(adminToken, `mutation { updateKnowledgeBase(input: {title: "Our <help>", indexed: true}) { knowledgeBase { title indexed } userErrors { code } } }`, nil)
		if got := fmt.Sprint(at(set, "updateKnowledgeBase", "knowledgeBase")); got != "map[indexed:true title:Our <help>]" {
			t.Errorf("the setting: %s", got)
		}
		response, shown = a.get(home)
		if response.Header.Get("X-Robots-Tag") != "" || !strings.Contains(shown, "Our &lt;help&gt;") {
			t.Errorf("the list: %v\n%s", response.Header, shown)
		}
		if _, sitemap := a.get(home + "/sitemap.xml"); !strings.Contains(sitemap, "<loc>"+home+"/hours</loc>") || strings.Contains(sitemap, "discounts") {
			t.Errorf("the map: %s", sitemap)
		}
		if events := fmt.Sprint(a.do(adminToken, `{ events(after: 0, types: [KNOWLEDGE_BASE_UPDATED], first: 5) { nodes { type } } }`, nil)); strings.Count(events, "KNOWLEDGE_BASE_UPDATED") != 1 {
			t.Errorf("events: %s", events)
		}

		talk := c.chat("Any discounts?")
		inserted := a.do(adminToken, `query($in: InsertLibraryItemInput!) { insertLibraryItem(input: $in) { card { kind title url } } }`,
			input("libraryItemId", hours["id"], "conversationId", talk.conversationID))
		if got := fmt.Sprint(at(inserted, "insertLibraryItem", "card")); !strings.Contains(got, "kind:ARTICLE") || !strings.Contains(got, home+"/hours") {
			t.Errorf("inserted: %s", got)
		}
		a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`,
			input("conversationId", talk.conversationID, "libraryItemIds", []any{members["id"]}))
		mine := a.do(talk.visitor, `{ visitorConversations(first: 1) { nodes { messages(first: 5) { nodes { cards { kind title url } } } } } }`, nil)
		link := fmt.Sprint(at(mine, "visitorConversations", "nodes", 0, "messages", "nodes", 1, "cards", 0, "url"))
		_, token, _ := strings.Cut(link, "?t=")
		response, shown = a.get(link)
		if !strings.Contains(shown, "For members") || !strings.Contains(shown, "?t=") || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the card's page %s: %v %s", link, response.Header, shown)
		}
		if !strings.Contains(shown, `<input type="hidden" name="t" value="`+token+`">`) { // who looks for more is still known
			t.Errorf("the search of the card's page lacks its token: %s", shown)
		}
		a.do(adminToken, `mutation($in: UpdateLibraryItemInput!) { updateLibraryItem(input: $in) { userErrors { message } } }`,
			input("libraryItemId", members["id"], "article", map[string]any{"slug": "offers"}))
		if response, _ := a.get(link); response.StatusCode != http.StatusMovedPermanently || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the old slug, by the card's link: %d %v", response.StatusCode, response.Header)
		}
		if got := a.codes(adminToken, "sendMessage", "SendMessageInput", "conversationId", talk.conversationID, "libraryItemIds", []any{draft["id"]}); got != "INVALID" {
			t.Errorf("a draft is sent: %q", got)
		}
		found := fmt.Sprint(a.do(adminToken, `{ libraryItems(kind: ARTICLE, query: "memb") { nodes { name usageCount } } }`, nil))
		if !strings.Contains(found, "Discounts") || !strings.Contains(found, "usageCount:1") {
			t.Errorf("the library: %s", found)
		}
	})
}
