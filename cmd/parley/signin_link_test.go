package main

import (
	"fmt"
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
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
			s.SMTPURL, s.TrustedProxies = "smtp://"+out.Address(), []string{"127.0.0.1"}
		})}
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
		for range 6 { // five within an hour for one network, the first included
			d.do("", request, input("email", "ben@example.com"))
		}
		if _, err := out.Wait(t.Context(), 5); err != nil {
			t.Fatal(err)
		}
		d.otherNetwork(out)
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

// otherNetwork has someone elsewhere ask for a link, of whom those who used the hour's links
// up here keep nothing back, and who gets one for each user.
func (d *doors) otherNetwork(out *smtpserver.Server) {
	d.t.Helper()
	d.asksForLink("198.51.100.7")
	letters, err := out.Wait(d.t.Context(), 6)
	if err != nil {
		d.t.Fatal(err)
	}
	if n, err := d.store.Numbers(d.t.Context(), "SELECT COUNT(*) FROM sign_in_links"); err != nil || n[0] != 6 || len(letters) != 6 {
		d.t.Errorf("%v links are kept, and %d mailed (%v)", n, len(letters), err)
	}
}

// asksForLink has someone of a network ask for Ben's link.
func (d *doors) asksForLink(network string) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url+"/auth/login", strings.NewReader("email=ben@example.com"))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Forwarded-For", network)
	if status, page := d.sends(request); status != http.StatusOK {
		d.t.Fatalf("%d %s", status, page)
	}
}

// AC-16: all networks of a site have five links of a user within an hour together, and however
// many were asked for elsewhere, a site that had none gets one. A link leads to the page of
// an app only in the browser that asked for it.
func TestSignInLinksOfStrangers(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		out := smtpserver.Start(t, smtpserver.Options{})
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
			s.SMTPURL, s.TrustedProxies = "smtp://"+out.Address(), []string{"127.0.0.1"}
		})}
		d.addUser("Ben", "ben@example.com")
		b := d.browser()
		b.submit("/auth/login", url.Values{"email": {"ben@example.com"}, "return": {"/oauth/authorize?client_id=x"}})
		letters, err := out.Wait(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		link := mailedLink.FindString(strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(string(letters[0].Raw)))
		for who, c := range map[string]struct {
			of   *browser
			want string
		}{"who asked": {b, `name="return" value="/oauth/authorize?client_id=x"`}, "another": {d.browser(), `name="return" value="/"`}} {
			if _, page := c.of.send(http.MethodGet, link, "", nil); !strings.Contains(page, c.want) {
				t.Errorf("%s: the page says %s", who, page)
			}
		}
		for n := range 7 {
			d.asksForLink(fmt.Sprintf("2001:db8:1:%d::1", n))
		}
		for n := range 18 {
			d.asksForLink(fmt.Sprintf("198.51.100.%d", n))
		}
		if _, err := out.Wait(t.Context(), 1+5+18); err != nil {
			t.Fatal(err)
		}
		if n, err := d.store.Numbers(t.Context(), "SELECT COUNT(*) FROM sign_in_links"); err != nil || n[0] != 1+5+18 {
			t.Errorf("%v links are kept (%v)", n, err)
		}
	})
}

// AC-16: whether someone has an address, a request for a link does the same: it queues a job.
func TestSignInLinkRequestsAreAlike(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		out := smtpserver.Start(t, smtpserver.Options{})
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) { s.SMTPURL = "smtp://" + out.Address() })}
		d.addUser("Ben", "ben@example.com")
		queued := func(email string) int64 {
			before, err := d.store.Numbers(t.Context(), "SELECT COUNT(*) FROM river_job WHERE kind = 'mail-sign-in-links'")
			if err != nil {
				t.Fatal(err)
			}
			if response, page := d.browser().submit("/auth/login", url.Values{"email": {email}}); response.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s", response.Status, page)
			}
			after, err := d.store.Numbers(t.Context(), "SELECT COUNT(*) FROM river_job WHERE kind = 'mail-sign-in-links'")
			if err != nil {
				t.Fatal(err)
			}
			return after[0] - before[0]
		}
		for _, email := range []string{"ben@example.com", "no.one@example.com"} {
			if jobs := queued(email); jobs != 1 {
				t.Errorf("%s: %d jobs", email, jobs)
			}
		}
		if read, err := d.store.Numbers(t.Context(), "SELECT COUNT(*) FROM river_job WHERE CAST(args AS TEXT) LIKE '%no.one@%'"); err != nil || read[0] != 0 {
			t.Errorf("the queue can be read: %v (%v)", read, err)
		}
	})
}

// AC-16: the page of a link says whom it signs in, and asks a browser in which someone else
// is signed in, so that no one works as someone else without noticing.
func TestSignInLinkSaysWhose(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		eveID := d.addUser("Eve", "eve@example.com")
		b := d.signedIn(benID)
		made := text(d.do(adminToken, `mutation($in: CreateSignInLinkInput!) { createSignInLink(input: $in) { link } }`, input("userId", eveID)), "createSignInLink", "link")
		at, err := url.Parse(made)
		if err != nil {
			t.Fatal(err)
		}
		_, page := b.send(http.MethodGet, made, "", nil)
		if !strings.Contains(page, "Eve") || !strings.Contains(page, "eve@example.com") || !strings.Contains(page, "Someone else is signed in") || !strings.Contains(page, `name="instead" value="`+benID+`"`) {
			t.Errorf("the page says %s", page)
		}
		form := url.Values{"link": at.Query()["link"]}
		if response, page := b.submit("/auth/link", form); response.StatusCode != http.StatusOK || !strings.Contains(page, "Someone else is signed in") || b.who() != "Ben" {
			t.Errorf("not asked: %s %s", response.Status, page)
		}
		form.Set("instead", benID)
		if response, page := b.submit("/auth/link", form); response.StatusCode != http.StatusSeeOther || b.who() != "Eve" {
			t.Errorf("asked: %s %s", response.Status, page)
		}
		if response, page := b.send(http.MethodGet, made, "", nil); response.StatusCode != http.StatusBadRequest || strings.Contains(page, "Eve") {
			t.Errorf("a link that was used: %s %s", response.Status, page)
		}
		// AC-9: a cookie without the header is explained.
		got := b.ask(`{ inboxes { nodes { name } } }`, nil, map[string]string{"Parley-Session": "0"})
		if len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, `"Parley-Session: 1"`) {
			t.Errorf("without the header: %+v", got)
		}
	})
}

// AC-9: what anyone can write into the address of a provider's answer is not kept for admins.
func TestForgedRefusalIsNotKept(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		providerID := d.connect(d.first)
		lastError := func() string {
			return text(d.do(adminToken, `{ identityProviders { nodes { lastError } } }`, nil), "identityProviders", "nodes", 0, "lastError")
		}
		forge := func(b *browser, state, code string) string {
			_, page := b.send(http.MethodGet, callback+"/"+providerID+"?"+url.Values{"state": {state}, "error": {code}, "error_description": {"call +1 555 0100"}, "iss": {d.first.Issuer}}.Encode(), "", nil)
			return page
		}
		begun := func(b *browser) string {
			response, _ := b.send(http.MethodGet, "/auth/login/"+providerID, "", nil)
			at, err := url.Parse(response.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			return at.Query().Get("state")
		}
		b := d.browser()
		if forge(b, "of no one", "invalid_client"); lastError() != "" {
			t.Errorf("without a state that was begun: %q", lastError())
		}
		state := begun(b)
		if forge(d.browser(), state, "invalid_client"); lastError() != "" {
			t.Errorf("in another browser: %q", lastError())
		}
		for code, want := range map[string]string{"pay me": "the provider refused", "invalid_client": "the client is not configured correctly: invalid_client"} {
			page := forge(b, begun(b), code)
			if lastError() != want || strings.Contains(page, "555") || strings.Contains(page, "pay me") {
				t.Errorf("%q: %q, and the page says %s", code, lastError(), page)
			}
		}
	})
}

// AC-9: providers on private networks are reached only where PARLEY_OIDC_NETWORKS lets them be.
func TestProviderOnPrivateNetwork(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := make(chan struct{}, 1)
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
		t.Cleanup(server.Close)
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) { s.OIDCNetworks = nil })}
		got := d.ask(adminToken, createProvider, input("name", "Inside", "issuer", server.URL, "clientId", "x"))
		if code, field := userError(got); code != "INVALID" || field != "issuer" || len(asked) > 0 {
			t.Errorf("%s on %s, asked %d times", code, field, len(asked))
		}
	})
}

// AC-9: where there is no other way in, a user's token of everything signs in; nothing less
// does, and no token does where there is a provider.
func TestTokenSignsIn(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b := d.browser()
		if _, page := b.send(http.MethodGet, "/auth/login?return=/demo", "", nil); !strings.Contains(page, `action="/auth/token"`) {
			t.Errorf("the page says %s", page)
		}
		narrow := text(d.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token } }`, input("name", "narrow", "userId", benID, "scopes", []string{"read"})), "createApiToken", "token")
		robot := text(d.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token } }`, input("name", "robot", "scopes", []string{"*"})), "createApiToken", "token")
		access, _ := d.app("Pocket").letIn(d.signedIn(benID))
		for token, want := range map[string]int{narrow: 403, robot: 403, access: 400, "nonsense": 400, "": 400} {
			if response, page := b.submit("/auth/token", url.Values{"token": {token}}); response.StatusCode != want || b.cookies() != "" {
				t.Errorf("%.12s: %s %s", token, response.Status, page)
			}
		}
		if response, page := b.submit("/auth/token", url.Values{"token": {adminToken}, "return": {"/demo"}}); response.Header.Get("Location") != "/demo" || b.who() != "Admin" {
			t.Errorf("%s: %s", response.Status, page)
		}
	})
}

// AC-9: a provider closes that way.
func TestTokenSignsInNoMore(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		d.connect(d.first)
		if response, page := d.browser().submit("/auth/token", url.Values{"token": {adminToken}}); response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", response.Status, page)
		}
	})
}
