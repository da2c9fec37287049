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

// sends sends a request, and returns its status and body.
func (a *api) sends(request *http.Request) (int, string) {
	a.t.Helper()
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

// getIn is get for a reader of some languages.
func (a *api) getIn(address, languages string) (int, string) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Accept-Language", languages)
	return a.sends(request)
}

const writeItem = `mutation($in: CreateLibraryItemInput!) { createLibraryItem(input: $in) { libraryItem { id article { url } files { id } variants { language name description markdown } } userErrors { code message field } } }`

// CO-11: an article is there in several languages: its page has the reader's, with links to the
// others, and lists and searches show and find it in each.
func TestArticlesHaveLanguages(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		item := at(a.do(adminToken, writeItem, input("kind", "ARTICLE", "name", "Opening hours", "markdown", "We are open at nine.", "language", "en", "article", map[string]any{"state": "PUBLISHED"},
			"variants", []any{map[string]any{"language": "de", "name": "Öffnungszeiten", "markdown": "Wir öffnen um neun."}, map[string]any{"language": "pt-br", "markdown": "Abrimos às nove."}})), "createLibraryItem", "libraryItem")
		if item == nil {
			t.Fatal("no article")
		}
		page := fmt.Sprint(at(item, "article", "url"))
		home := page[:strings.LastIndex(page, "/")]
		for _, of := range []struct {
			address, languages string
			want, not          []string
		}{
			{page, "de-AT,en;q=0.5", []string{"Öffnungszeiten", "Wir öffnen um neun.", `lang="de"`, "lang=en", "lang=pt-BR", ">English<", "português"}, []string{"at nine", "lang=de"}},
			{page, "fr", []string{"Opening hours", "We are open at nine.", ">Deutsch<"}, nil},
			{page, "fr,de;q=0.1", []string{"Öffnungszeiten"}, nil},
			{page + "?lang=pt-BR", "de", []string{"Opening hours", "Abrimos", "lang=de"}, nil},
			{page + "?lang=%22%3E", "en", []string{"Opening hours"}, nil},
			{home, "de", []string{"Öffnungszeiten", "Wir öffnen"}, []string{"Opening hours"}},
			{home + "?q=öffnen", "en", []string{"Opening hours", "We are open"}, nil},
			{home + "?q=open", "de", []string{"Öffnungszeiten"}, nil},
		} {
			status, got := a.getIn(of.address, of.languages)
			for _, want := range of.want {
				if status != http.StatusOK || !strings.Contains(got, want) {
					t.Errorf("%s in %s: %d, it lacks %q:\n%s", of.address, of.languages, status, want, got)
				}
			}
			for _, not := range of.not {
				if strings.Contains(got, not) {
					t.Errorf("%s in %s has %q", of.address, of.languages, not)
				}
			}
		}
		for name, variants := range map[string][]any{
			"twice": {map[string]any{"language": "en", "markdown": "x"}}, "without a language": {map[string]any{"language": "", "markdown": "x"}},
			"with a description": {map[string]any{"language": "de", "markdown": "x", "description": "y"}}, "as HTML": {map[string]any{"language": "de", "html": "<p>x</p>"}},
		} {
			if got := a.codes(adminToken, "updateLibraryItem", "UpdateLibraryItemInput", "libraryItemId", at(item, "id"), "variants", variants); got != "INVALID" {
				t.Errorf("a variant %s: %q", name, got)
			}
		}
		if got := a.codes(adminToken, "updateLibraryItem", "UpdateLibraryItemInput", "libraryItemId", at(item, "id"), "variants", []any{map[string]any{"language": "de"}}); got != "REQUIRED" {
			t.Errorf("a variant without a text: %q", got)
		}
	})
}

// CO-11: pictures of an article are uploads, which whoever may read it gets, and no one else.
func TestArticlesHavePictures(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		chat := a.channel().chat("Hello")
		shown, other, drawn := a.uploads(chat.conversationID, "a.png", picture(t, 4, 4)), a.uploads(chat.conversationID, "b.png", picture(t, 5, 5)), picture(t, 4, 4)
		write := func(name, audience string, files []string, markdown string) map[string]any {
			done := a.ask(adminToken, writeItem, input("kind", "ARTICLE", "name", name, "markdown", markdown, "attachmentIds", files, "article", map[string]any{"state": "PUBLISHED", "audience": audience})).Data
			if errors := fmt.Sprint(at(done, "createLibraryItem", "userErrors")); errors != "[]" {
				return map[string]any{"errors": errors}
			}
			return at(done, "createLibraryItem", "libraryItem").(map[string]any)
		}
		public := write("Public", "PUBLIC", []string{shown}, "Look: ![a **cat**](cid:"+shown+") and ![b](attachment:"+shown+")")
		page := fmt.Sprint(at(public, "article", "url"))
		_, body := a.getIn(page, "en")
		path := strings.TrimPrefix(page, a.url) + "/" + shown
		if strings.Count(body, `src="`+path+`"`) != 2 || strings.Contains(body, "cid:") {
			t.Errorf("the page lacks %s:\n%s", path, body)
		}
		response, got := a.get(a.url + path)
		if got != drawn || response.Header.Get("Content-Type") != "image/png" || !strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("the picture: %v", response)
		}
		if response, _ := a.get(page + "/" + other); response.StatusCode != http.StatusNotFound {
			t.Errorf("another upload: %d", response.StatusCode)
		}
		for name, of := range map[string]map[string]any{
			"an upload that is not the article's": write("x", "PUBLIC", nil, "![x](cid:"+other+")"),
			"a file that is not a picture":        write("x", "PUBLIC", []string{a.uploads(chat.conversationID, "a.txt", "words")}, "x"),
		} {
			if !strings.Contains(fmt.Sprint(of["errors"]), "INVALID") {
				t.Errorf("%s: %v", name, of)
			}
		}

		// For contacts, pictures are behind the link that they got.
		secret := write("Secret", "CONTACTS", []string{other}, "![b](cid:"+other+")")
		page = fmt.Sprint(at(secret, "article", "url"))
		if response, _ := a.get(page + "/" + other); response.StatusCode != http.StatusNotFound {
			t.Errorf("without the link: %d", response.StatusCode)
		}
		sent := a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { cards { url imageUrl title } } userErrors { message } } }`,
			input("conversationId", chat.conversationID, "libraryItemIds", []any{secret["id"], public["id"]}))
		card := at(sent, "sendMessage", "message", "cards", 0)
		link, err := url.Parse(text(card, "url"))
		ok(t, err)
		for _, address := range []string{text(card, "imageUrl"), page + "/" + other + "?t=" + link.Query().Get("t"), text(at(sent, "sendMessage", "message", "cards", 1), "imageUrl")} {
			if response, got := a.get(address); response.StatusCode != http.StatusOK || len(got) < 50 {
				t.Errorf("%s: %d", address, response.StatusCode)
			}
		}
		if _, body := a.getIn(link.String(), "en"); !strings.Contains(body, other+"?t="+link.Query().Get("t")) {
			t.Errorf("the page for contacts:\n%s", body)
		}
		if response, _ := a.get(page + "/" + shown + "?t=" + link.Query().Get("t")); response.StatusCode != http.StatusNotFound {
			t.Errorf("a picture of another article: %d", response.StatusCode)
		}
	})
}

// CO-8: the card of a meeting link is in the contact's language.
func TestMeetingLinksHaveLanguages(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		made := a.do(adminToken, writeItem, input("kind", "MEETING_LINK", "name", "Call", "description", "By video", "language", "en", "url", "https://cal.example/ana", "durationMinutes", 30,
			"variants", []any{map[string]any{"language": "de", "name": "Anruf", "description": "Per Video"}, map[string]any{"language": "cs", "name": "Hovor"}}))
		itemID := text(made, "createLibraryItem", "libraryItem", "id")
		if itemID == "" {
			t.Fatal(made)
		}
		for language, want := range map[string]string{
			"de-AT": "Termin mit Admin buchen, 30 Minuten|Per Video|Termin buchen", "fr": "Book a time with Admin, 30 minutes|By video|Book a time", "cs": "Hovor, 30 min|<nil>|Hovor",
		} {
			contact := a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { message } } }`, input("name", "Eva", "language", language))
			got := at(a.do(adminToken, `query($id: ID!, $to: ID) { insertLibraryItem(input: {libraryItemId: $id, contactId: $to}) { card { title description buttonText } } }`,
				map[string]any{"id": itemID, "to": text(contact, "createContact", "contact", "id")}), "insertLibraryItem", "card")
			if said := fmt.Sprint(at(got, "title"), "|", at(got, "description"), "|", at(got, "buttonText")); said != want {
				t.Errorf("in %s: %q, want %q", language, said, want)
			}
		}
		if got := a.codes(adminToken, "updateLibraryItem", "UpdateLibraryItemInput", "libraryItemId", itemID, "variants", []any{map[string]any{"language": "de", "markdown": "x"}}); got != "INVALID" {
			t.Errorf("a text: %q", got)
		}
	})
}
