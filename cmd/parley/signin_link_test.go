package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/smtpserver"
)

// slowIssuer is a provider that does not answer until it is free. hangs is closed when it
// was asked.
func slowIssuer(t *testing.T, hangs, free chan struct{}) string {
	t.Helper()
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once.Do(func() { close(hangs) })
		<-free
	}))
	t.Cleanup(server.Close)
	return server.URL
}

var mailedLink = regexp.MustCompile(`http://\S+/auth/link\?\S+`)

// AC-16: a link by mail signs in, once, by a form; whoever asks learns nothing of who
// there is.
func TestSignInLinks(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		out := smtpserver.Start(t, smtpserver.Options{})
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) { s.SMTPURL = "smtp://" + out.Address() })}
		benID := d.addUser("Ben", "ben@example.com")
		const request = `mutation($in: RequestSignInLinkInput!) { requestSignInLink(input: $in) { userErrors { code field } } }`
		b := d.browser()
		if _, page := b.send(http.MethodGet, "/auth/login?return=/demo", "", nil); !strings.Contains(page, "Mail me a link") || !strings.Contains(page, `value="/demo"`) {
			t.Errorf("the page says %s", page)
		}
		_, known := b.submit("/auth/login", url.Values{"email": {"BEN@example.com"}, "return": {"/demo"}})
		_, unknown := b.submit("/auth/login", url.Values{"email": {"nobody@example.com"}})
		if known != unknown || !strings.Contains(known, "on its way") {
			t.Errorf("got %s\nand %s", known, unknown)
		}
		letters, err := out.Wait(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		body := strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(string(letters[0].Raw))
		link := mailedLink.FindString(body)
		if letters[0].Recipients[0] != "ben@example.com" || link == "" {
			t.Fatalf("mailed %s", letters[0].Raw)
		}
		d.usesLink(b, link)
		for range 6 { // five within an hour, the first included
			d.do("", request, input("email", "ben@example.com"))
		}
		if n, err := d.store.Numbers(t.Context(), "SELECT COUNT(*) FROM sign_in_links"); err != nil || n[0] != 5 {
			t.Errorf("%v links are kept (%v)", n, err)
		}
		const create = `mutation($in: CreateSignInLinkInput!) { createSignInLink(input: $in) { link user { name } userErrors { code field } } }`
		shown := text(d.do(adminToken, create, input("userId", benID)), "createSignInLink", "link")
		other := d.browser()
		d.usesLink(other, shown)
		if made := d.entriesOf(map[string]any{"actions": []string{"SIGN_IN_LINK_CREATED", "USER_INVITED"}, "subjectId": benID}); len(made) != 1 || text(made[0], "action") != "SIGN_IN_LINK_CREATED" { // AC-17
			t.Errorf("the link is recorded as %v", made)
		}
		if in := d.entriesOf(map[string]any{"actions": []string{"SIGNED_IN"}}); len(in) == 0 || text(in[0], "detail") != "LINK" {
			t.Errorf("signed in: %v", in)
		}
		d.do(adminToken, `mutation($in: DeactivateUserInput!) { deactivateUser(input: $in) { user { id } userErrors { code } } }`, input("userId", benID))
		if code, field := userError(d.ask(adminToken, create, input("userId", benID))); code != "NOT_ELIGIBLE" || field != "userId" {
			t.Errorf("for a deactivated user: %s on %s", code, field)
		}
		if got := b.ask(`{ viewer { kind } }`, nil, nil); got.Status != http.StatusUnauthorized {
			t.Errorf("a deactivated user's session: %+v", got)
		}
		// AC-17: both links were used twice, which is recorded once an hour.
		failed := d.entriesOf(map[string]any{"actions": []string{"SIGN_IN_FAILED"}, "subjectId": benID})
		if len(failed) == 0 || len(failed) > 2 || text(failed[0], "detail") != "LINK" || text(failed[0], "actor", "__typename") != "SystemActor" {
			t.Errorf("sign-ins that failed: %v", failed)
		}
		if signedIn := d.entriesOf(map[string]any{"actions": []string{"SIGNED_IN"}, "actorId": benID}); len(signedIn) != 2 {
			t.Errorf("signed in: %v", signedIn)
		}
	})
}

// usesLink opens a link of Ben's, and signs in by its form.
func (d *doors) usesLink(b *browser, link string) {
	d.t.Helper()
	at, err := url.Parse(link)
	if err != nil {
		d.t.Fatal(err)
	}
	for range 2 { // a scanner uses nothing up
		if response, page := b.send(http.MethodGet, link, "", nil); response.StatusCode != http.StatusOK || !strings.Contains(page, `action="/auth/link"`) {
			d.t.Errorf("%s: %s", response.Status, page)
		}
	}
	form := url.Values{"link": at.Query()["link"], "return": at.Query()["return"]}
	response, page := b.submit("/auth/link", form)
	want := at.Query().Get("return")
	if want == "" {
		want = "/"
	}
	if response.Header.Get("Location") != want || b.who() != "Ben" {
		d.t.Errorf("%s to %q: %s", response.Status, response.Header.Get("Location"), page)
	}
	if response, page := d.browser().submit("/auth/link", form); response.StatusCode != http.StatusBadRequest {
		d.t.Errorf("a second time: %s %s", response.Status, page)
	}
	foreign := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"}
	if response, _ := d.browser().send(http.MethodPost, "/auth/link", form.Encode(), foreign); response.StatusCode != http.StatusForbidden {
		d.t.Errorf("from a foreign page: %s", response.Status)
	}
}
