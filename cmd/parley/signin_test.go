package main

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket/wsjson"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// AC-9: a provider is tried before it is kept, and its secret is never shown.
func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		providerID := d.connect(d.first)
		for field, in := range map[string]map[string]any{
			"issuer":   input("name", "X", "issuer", d.first.Issuer+"/", "clientId", "x"),
			"clientId": input("name", "X", "issuer", d.first.Issuer, "clientId", d.first.ClientID),
			"name":     input("name", " ", "issuer", d.first.Issuer, "clientId", "x"),
		} {
			if _, on := userError(d.ask(adminToken, createProvider, in)); on != field {
				t.Errorf("got an error on %q, want %s", on, field)
			}
		}
		if code, on := userError(d.ask(adminToken, createProvider, input("name", "X", "issuer", "http://127.0.0.1:1", "clientId", "x"))); code != "INVALID" || on != "issuer" {
			t.Errorf("one that does not answer: %s on %s", code, on)
		}
		const update = `mutation($in: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $in) { identityProvider { name enabled allowedDomains roleClaim roleMapping { value role } } userErrors { code field message } } }`
		got := d.do(adminToken, update, input("identityProviderId", providerID, "allowedDomains", []string{"Example.com"}, "roleClaim", "groups", "roleMapping", []any{map[string]any{"value": "boss", "role": "ADMIN"}}))
		if p := at(got, "updateIdentityProvider", "identityProvider"); text(p, "allowedDomains", 0) != "example.com" || text(p, "roleMapping", 0, "role") != "ADMIN" {
			t.Errorf("got %v", p)
		}
		// AC-16: links are the only way in until there is a provider, and then the provider.
		const links = `mutation($in: UpdateAccountInput!) { updateAccount(input: $in) { account { signInLinks } userErrors { code field } } }`
		if code, on := userError(d.ask(adminToken, links, input("signInLinks", false))); code != "" {
			t.Errorf("with a provider: %s on %s", code, on)
		}
		if code, on := userError(d.ask(adminToken, update, input("identityProviderId", providerID, "enabled", false))); code != "NOT_ELIGIBLE" || on != "enabled" {
			t.Errorf("the last way in: %s on %s", code, on)
		}
		d.do(adminToken, links, input("signInLinks", true))
		const remove = `mutation($in: DeleteIdentityProviderInput!) { deleteIdentityProvider(input: $in) { deletedIdentityProviderId userErrors { code field } } }`
		d.do(adminToken, remove, input("identityProviderId", providerID))
		if code, on := userError(d.ask(adminToken, links, input("signInLinks", false))); code != "NOT_ELIGIBLE" || on != "signInLinks" {
			t.Errorf("without a provider: %s on %s", code, on)
		}
	})
}

// AC-9: whoever signs in is matched once by a verified address, and then by the provider's
// own name of them; a state and a code count once, in the browser that began.
func TestSignInByOpenID(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		d.addUser("Ben", "ben@example.com")
		d.addUser("Cleo", "cleo@example.com")
		providerID := d.connect(d.first)
		ben := d.browser()
		if _, page := ben.send(http.MethodGet, "/auth/login?return=/demo", "", nil); !strings.Contains(page, "/auth/login/"+providerID+"?return=%2fdemo") {
			t.Errorf("the page says %s", page)
		}
		back := ben.begin(d.first, providerID, "ben@example.com")
		if status, page := d.browser().finish(back); status != http.StatusBadRequest {
			t.Errorf("another browser comes back: %d %s", status, page)
		}
		response, _ := ben.send(http.MethodGet, back.String(), "", nil)
		cookie := response.Header.Get("Set-Cookie")
		if response.Header.Get("Location") != "/demo" || !strings.HasPrefix(cookie, "parley_session=parleysession_") || !strings.HasSuffix(cookie, "; HttpOnly; SameSite=Lax") {
			t.Fatalf("%s with the cookie %q", response.Status, cookie)
		}
		if status, page := ben.finish(back); status != http.StatusBadRequest {
			t.Errorf("the state again: %d %s", status, page)
		}
		if who := ben.who(); who != "Ben" {
			t.Errorf("signed in as %q", who)
		}
		// The code again, with a state of its own.
		other := d.browser()
		fresh := other.begin(d.first, providerID, "ben@example.com")
		query := fresh.Query()
		query.Set("code", back.Query().Get("code"))
		fresh.RawQuery = query.Encode()
		if status, page := other.finish(fresh); status != http.StatusForbidden {
			t.Errorf("the code again: %d %s", status, page)
		}
		d.refuses(providerID)
	})
}

// refuses tries who is not let in.
func (d *doors) refuses(providerID string) {
	d.t.Helper()
	tries := func(account string) (int, string) {
		b := d.browser()
		return b.finish(b.begin(d.first, providerID, account))
	}
	if status, page := tries("stranger@example.com"); status != http.StatusForbidden || !strings.Contains(page, "stranger@example.com") {
		d.t.Errorf("a stranger: %d %s", status, page)
	}
	// A changed address takes nobody's place, and changes nothing about who it is.
	d.first.Readdress(d.t, "ben@example.com", "cleo@example.com")
	if who := d.browser().signIn(d.first, providerID, "ben@example.com").who(); who != "Ben" {
		d.t.Errorf("Ben with Cleo's address is %q", who)
	}
	// Someone else gets the address that Ben had: he is known there already.
	d.first.Readdress(d.t, "taker@example.com", "ben@example.com")
	if status, page := tries("taker@example.com"); status != http.StatusForbidden {
		d.t.Errorf("someone with Ben's old address: %d %s", status, page)
	}
	d.first.Unverify(d.t, "cleo@example.com")
	if status, page := tries("cleo@example.com"); status != http.StatusForbidden || !strings.Contains(page, "verified") {
		d.t.Errorf("an address that is not verified: %d %s", status, page)
	}
	d.first.Decline(d.t, true)
	if status, page := tries("stranger@example.com"); status != http.StatusForbidden {
		d.t.Errorf("someone who declines: %d %s", status, page)
	}
	d.first.Decline(d.t, false)
	d.do(adminToken, `mutation($in: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $in) { userErrors { message } } }`, input("identityProviderId", providerID, "createUsers", true))
	if who := d.browser().signIn(d.first, providerID, "stranger@example.com").who(); who != "stranger@example.com" {
		d.t.Errorf("a stranger who becomes a user is %q", who)
	}
}

// AC-9: the answer of one provider is worth nothing at another, and one that promises to
// name itself must (RFC 9207). Of two who come back at once, one is signed in.
func TestProvidersAreNotMixedUp(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		d.addUser("Ben", "ben@example.com")
		first, second := d.connect(d.first), d.connect(d.second)
		b := d.browser()
		one, two := b.begin(d.first, first, "ben@example.com"), b.begin(d.second, second, "ben@example.com")
		mixed := func(change func(url.Values)) *url.URL {
			fresh := b.begin(d.first, first, "ben@example.com")
			query := fresh.Query()
			change(query)
			fresh.RawQuery = query.Encode()
			return fresh
		}
		for what, back := range map[string]*url.URL{
			"the other's code and name": mixed(func(q url.Values) { q.Set("code", two.Query().Get("code")); q.Set("iss", d.second.Issuer) }),
			"the other's code":          mixed(func(q url.Values) { q.Set("code", two.Query().Get("code")) }),
			"no name":                   mixed(func(q url.Values) { q.Del("iss") }),
		} {
			if status, page := b.finish(back); status != http.StatusForbidden {
				t.Errorf("%s: %d %s", what, status, page)
			}
		}
		results := make(chan int, 4)
		for range cap(results) {
			go func() {
				request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, one.String(), http.NoBody)
				request.Header.Set("Cookie", b.cookies())
				response, err := http.DefaultTransport.RoundTrip(request)
				if err != nil {
					results <- 0
					return
				}
				_ = response.Body.Close()
				results <- response.StatusCode
			}()
		}
		count := map[int]int{}
		for range cap(results) {
			count[<-results]++
		}
		if count[http.StatusSeeOther] != 1 || count[http.StatusBadRequest] != 3 {
			t.Errorf("at once: %v", count)
		}
	})
}

// AC-9: a session needs its header, and the Origin of a page that may use it.
func TestSessionsOfForeignPages(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		d.addUser("Ben", "ben@example.com")
		ben := d.browser().signIn(d.first, d.connect(d.first), "ben@example.com")
		const query = `{ viewer { user { name } } }`
		for origin, want := range map[string]int{d.url: 200, "https://app.example": 200, "https://evil.example": 403, "https://x.example.net": 403, "null": 403} {
			if got := ben.ask(query, nil, map[string]string{"Origin": origin}); got.Status != want {
				t.Errorf("POST from %s: %d %+v", origin, got.Status, got.Errors)
			}
			if response, raw := ben.send(http.MethodGet, "/graphql?query="+url.QueryEscape(query), "", map[string]string{"Origin": origin, "Parley-Session": "1"}); response.StatusCode != want {
				t.Errorf("GET from %s: %s %s", origin, response.Status, raw)
			}
			stream := map[string]string{"Origin": origin, "Parley-Session": "1", "Accept": "text/event-stream", "Content-Type": "application/json"}
			if response, raw := ben.send(http.MethodPost, "/graphql", `{"query": "`+query+`"}`, stream); response.StatusCode != want || want == 200 && !strings.Contains(raw, "Ben") {
				t.Errorf("a stream from %s: %s %s", origin, response.Status, raw)
			}
		}
		if got := ben.ask(query, nil, map[string]string{"Parley-Session": ""}); len(got.Errors) == 0 {
			t.Errorf("without the header: %+v", got)
		}
		if response, raw := ben.send(http.MethodPost, "/graphql", `{"query": "`+query+`"}`, map[string]string{"Parley-Session": "1", "Accept": "text/event-stream", "Content-Type": "application/json"}); response.StatusCode != 403 {
			t.Errorf("a stream without an Origin: %s %s", response.Status, raw)
		}
		for origin, want := range map[string]string{d.url: "NOT_FOUND", "https://app.example": "NOT_FOUND", "": "UNAUTHENTICATED", "https://x.example.net": "UNAUTHENTICATED"} {
			s, err := ben.dial(origin, `subscription { messages(conversationId: "x") { __typename } }`)
			var got frame
			if err == nil {
				err = wsjson.Read(t.Context(), s.conn, &got)
			}
			if err != nil || !bytes.Contains(got.Payload, []byte(want)) {
				t.Errorf("a socket from %q: %s %s (%v), want %s", origin, got.Type, got.Payload, err, want)
			}
		}
		if _, err := ben.dial("https://evil.example", `subscription { events { type } }`); err == nil {
			t.Error("a socket from a foreign page is opened")
		}
		// Tokens go before sessions, and a preflight allows credentials to those named only.
		if who := text(ben.ask(query, nil, map[string]string{"Authorization": "Bearer " + adminToken}).Data, "viewer", "user", "name"); who != "Admin" {
			t.Errorf("with a token: %q", who)
		}
		for origin, want := range map[string]string{"https://app.example": "true", "https://x.example.net": ""} {
			response, _ := ben.send(http.MethodOptions, "/graphql", "", map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,parley-session"})
			if got := response.Header.Get("Access-Control-Allow-Credentials"); got != want {
				t.Errorf("a preflight from %s allows credentials: %q", origin, got)
			}
		}
		if response, _ := ben.send(http.MethodPost, "/auth/logout", "", map[string]string{"Origin": "https://evil.example"}); response.StatusCode != 403 || ben.who() != "Ben" {
			t.Errorf("a foreign page signs Ben out: %s", response.Status)
		}
	})
}

// AC-9, AC-11: a session ends where it is signed out, by its user, by an admin, by the
// provider and with the user; what it has open closes. A restart ends none.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		benID, providerID := d.addUser("Ben", "ben@example.com"), d.connect(d.first)
		in := func() *browser { return d.browser().signIn(d.first, providerID, "ben@example.com") }
		one, two := in(), in()
		listed, _ := at(one.ask(`{ sessions { nodes { id current userAgent } } }`, nil, nil).Data, "sessions", "nodes").([]any)
		if len(listed) != 2 || at(listed, 0, "current") != false || at(listed, 1, "current") != true || text(listed, 0, "userAgent") != "Firefox on Linux" {
			t.Errorf("the list says %v", listed)
		}
		stream := two.follow()
		if got := one.ask(`mutation($in: EndSessionInput!) { endSession(input: $in) { session { endedAt } userErrors { code } } }`, input("sessionId", text(listed, 0, "id")), nil); len(got.Errors) > 0 {
			t.Errorf("got %+v", got)
		}
		d.ends(stream)
		if got := two.ask(`{ viewer { kind } }`, nil, nil); got.Status != http.StatusUnauthorized {
			t.Errorf("an ended session: %+v", got)
		}
		stream = one.follow()
		if response, page := one.submit("/auth/logout", url.Values{}); response.StatusCode != http.StatusNoContent {
			t.Errorf("signing out: %s %s", response.Status, page)
		}
		d.ends(stream)
		d.endedByProvider(in, providerID)
		two = in()
		stream = two.follow()
		d.do(adminToken, `mutation($in: EndSessionsInput!) { endSessions(input: $in) { user { id } userErrors { code } } }`, input("userId", benID))
		d.ends(stream)
		two = in()
		again := &doors{api: serveTest(t, d.store)}
		restarted := again.browser()
		to, _ := url.Parse(again.url)
		from, _ := url.Parse(d.url)
		restarted.jar.SetCookies(to, two.jar.Cookies(from))
		if who := restarted.who(); who != "Ben" {
			t.Errorf("after a restart: %q", who)
		}
		stream = restarted.follow()
		again.do(adminToken, `mutation($in: DeactivateUserInput!) { deactivateUser(input: $in) { user { id } userErrors { code } } }`, input("userId", benID))
		again.ends(stream)
	})
}

// endedByProvider has the provider end sessions (OpenID Connect Back-Channel Logout 1.0).
func (d *doors) endedByProvider(in func() *browser, providerID string) {
	d.t.Helper()
	send := func(token string) int {
		response, _ := d.browser().send(http.MethodPost, "/auth/backchannel-logout/"+providerID, url.Values{"logout_token": {token}}.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
		return response.StatusCode
	}
	one, two := in(), in()
	stream := one.follow()
	names, err := d.store.Strings(d.t.Context(), "SELECT provider_session FROM sessions WHERE ended_at = 0 ORDER BY id")
	if err != nil || len(names) != 2 || names[0] == "" || names[0] == names[1] {
		d.t.Fatalf("the provider's names of the sessions are %v (%v)", names, err)
	}
	for what, more := range map[string]url.Values{"with a nonce": {"nonce": {"x"}}, "about something else": {"event": {"x"}}} {
		if status := send(d.first.LogoutToken(d.t, "ben@example.com", more)); status != http.StatusBadRequest {
			d.t.Errorf("a logout token %s: %d", what, status)
		}
	}
	if status := send(d.second.LogoutToken(d.t, "ben@example.com", nil)); status != http.StatusBadRequest {
		d.t.Errorf("the logout token of another provider: %d", status)
	}
	token := d.first.LogoutToken(d.t, "ben@example.com", url.Values{"sid": {names[0]}})
	if first, again := send(token), send(token); first != http.StatusOK || again != http.StatusBadRequest {
		d.t.Errorf("a logout token: %d, and again: %d", first, again)
	}
	d.ends(stream)
	if two.who() != "Ben" {
		d.t.Error("the other session ended too")
	}
	stream = two.follow()
	if status := send(d.first.LogoutToken(d.t, "ben@example.com", nil)); status != http.StatusOK {
		d.t.Errorf("a logout of the person: %d", status)
	}
	d.ends(stream)
}

// AC-9: a provider that is slow or down gives a clear page in time.
func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		hangs, free := make(chan struct{}), make(chan struct{})
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
			s.RequestTimeout = 2 * time.Second
			s.OIDCIssuer, s.OIDCClientID, s.OIDCClientSecret = slowIssuer(t, hangs, free), "parley", "secret"
		})}
		defer close(free)
		got := d.do(adminToken, `{ identityProviders { nodes { id name fromEnvironment lastError } } }`, nil)
		p := at(got, "identityProviders", "nodes", 0)
		if at(p, "fromEnvironment") != true {
			t.Fatalf("the settings' provider: %v", got)
		}
		response, page := d.browser().send(http.MethodGet, "/auth/login/"+text(p, "id"), "", nil)
		if response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(page, "does not answer") {
			t.Errorf("%s: %s", response.Status, page)
		}
		<-hangs
		p = at(d.do(adminToken, `{ identityProviders { nodes { lastError } } }`, nil), "identityProviders", "nodes", 0)
		if text(p, "lastError") == "" {
			t.Error("admins do not see why")
		}
		const update = `mutation($in: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $in) { identityProvider { name } userErrors { code field } } }`
		id := text(got, "identityProviders", "nodes", 0, "id")
		if code, field := userError(d.ask(adminToken, update, input("identityProviderId", id, "clientId", "x"))); code != "NOT_ELIGIBLE" || field != "clientId" {
			t.Errorf("the settings' client: %s on %s", code, field)
		}
		d.do(adminToken, update, input("identityProviderId", id, "name", "Ours", "createUsers", true))
	})
}
