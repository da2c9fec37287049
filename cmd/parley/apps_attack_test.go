package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/store"
	"parley/internal/viewer"
)

// AC-18: a code works once, for the app, address, verifier and resource that it was made
// for. A second use ends what the first gave; and who signs out meanwhile lets no one in.
func TestCodesOfApps(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b, app, other := d.signedIn(benID), d.app("Pocket"), d.app("Other")
		code := func(more ...string) string { return b.answers(app.asks(more...), "allow").Query().Get("code") }
		mine := code()
		for what, more := range map[string][]string{
			"another verifier":    {"code_verifier", strings.Repeat("w", 43)},
			"a short verifier":    {"code_verifier", "v"},
			"no verifier":         {"code_verifier", ""},
			"another address":     {"redirect_uri", "http://127.0.0.1:7778/callback"},
			"no address":          {"redirect_uri", ""},
			"another app":         {"client_id", other.id},
			"another resource":    {"resource", d.url + "/mcp"},
			"a foreign resource":  {"resource", "https://elsewhere.example"},
			"an unknown app":      {"client_id", "client_nonsense"},
			"a secret of no one":  {"client_secret", "x"},
			"another grant":       {"grant_type", "password"},
			"a code of its own":   {"code", mine + "x"},
			"implicit, with code": {"grant_type", "implicit"},
		} {
			status, said := app.usesCode(mine, more...)
			if status != http.StatusBadRequest && status != http.StatusUnauthorized || text(said, "error") == "" || said["access_token"] != nil {
				t.Errorf("%s: %d %v", what, status, said)
			}
		}
		status, made := app.usesCode(mine, "resource", d.url)
		if status != http.StatusOK {
			t.Fatalf("%d %v", status, made)
		}
		access := text(made, "access_token")
		stream := d.followWith(access)
		if status, said := other.usesCode(mine); status != http.StatusBadRequest || text(said, "error") != "invalid_grant" || d.takes(access) != http.StatusOK {
			t.Errorf("a code replayed by another app: %d %v", status, said)
		}
		if status, said := app.usesCode(mine); status != http.StatusBadRequest || text(said, "error") != "invalid_grant" {
			t.Errorf("a replayed code: %d %v", status, said)
		}
		d.ends(stream)
		if status, _ := app.refreshes(text(made, "refresh_token")); status != http.StatusBadRequest || d.takes(access) != http.StatusUnauthorized {
			t.Errorf("a replayed code leaves what it gave: %d", status)
		}
		// Of many who use a code at once, one has it at most, and none keeps it.
		mine = code()
		var group sync.WaitGroup
		got := make([]int, 4)
		for i := range got {
			group.Go(func() { got[i], _ = app.usesCode(mine) })
		}
		group.Wait()
		if n := strings.Count(fmt.Sprint(got), "200"); n != 1 {
			t.Errorf("of four who use a code at once %d have it: %v", n, got)
		}
		mine = code()
		b.submit("/auth/logout", url.Values{"everywhere": {"1"}})
		if status, said := app.usesCode(mine); status != http.StatusBadRequest {
			t.Errorf("after signing out: %d %v", status, said)
		}
		b = d.signedIn(benID)
		mine = code()
		everywhere := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
		if err := d.store.WithTx(everywhere, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE oauth_codes SET expires_at = expires_at - 60000000")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if status, _ := app.usesCode(mine); status != http.StatusBadRequest {
			t.Errorf("a minute later: %d", status)
		}
	})
}

// AC-18: a refresh token works once. Used again it ends the session, but for an app that
// lost the answer a moment ago and used nothing of it.
func TestRefreshTokensOfApps(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b, app, other := d.signedIn(benID), d.app("Pocket"), d.app("Other")
		good := func(status int, made map[string]any) (string, string) {
			t.Helper()
			if status != http.StatusOK {
				t.Fatalf("%d %v", status, made)
			}
			return text(made, "access_token"), text(made, "refresh_token")
		}
		_, first := app.letIn(b)
		if status, said := other.refreshes(first); status != http.StatusBadRequest || text(said, "error") != "invalid_grant" {
			t.Errorf("of another app: %d %v", status, said)
		}
		if status, said := app.refreshes(first, "resource", d.url+"/mcp"); status != http.StatusBadRequest || text(said, "error") != "invalid_target" {
			t.Errorf("for another resource: %d %v", status, said)
		}
		for _, scope := range []string{"conversations:read", "inbox settings:write"} {
			if status, said := app.refreshes(first, "scope", scope); status != http.StatusBadRequest || text(said, "error") != "invalid_scope" {
				t.Errorf("with the scope %q: %d %v", scope, status, said)
			}
		}
		lostAccess, lost := good(app.refreshes(first, "scope", "read proposals:write offline_access", "resource", ""))
		access, second := good(app.refreshes(first)) // the answer was lost
		if d.takes(lostAccess) != http.StatusUnauthorized || d.takes(access) != http.StatusOK {
			t.Error("of two answers the latest is good, and no other")
		}
		// Two parts of an app that come at once are no theft: the slower is refused, and no more.
		for what, token := range map[string]string{"while the new one is in use": first, "replaced": lost} {
			if status, said := app.refreshes(token); status != http.StatusBadRequest || text(said, "error") != "invalid_grant" || d.takes(access) != http.StatusOK {
				t.Errorf("%s: %d %v", what, status, said)
			}
		}
		access, _ = good(app.refreshes(second))
		d.usedEarlier(31 * time.Second)
		if status, _ := app.refreshes(lost); status != http.StatusBadRequest || d.takes(access) != http.StatusUnauthorized {
			t.Errorf("a replaced token, half a minute later: %d", status)
		}
		_, first = app.letIn(b)
		access, _ = good(app.refreshes(first))
		d.usedEarlier(31 * time.Second)
		if status, _ := app.refreshes(first); status != http.StatusBadRequest || d.takes(access) != http.StatusUnauthorized {
			t.Errorf("half a minute later: %d", status)
		}
		if status, said := other.sends("/oauth/revoke", url.Values{"token": {access}}); status != http.StatusOK && text(said, "error") != "invalid_grant" {
			t.Errorf("another app revokes: %d %v", status, said)
		}
		_, first = app.letIn(b)
		if status, said := other.sends("/oauth/revoke", url.Values{"token": {first}}); status != http.StatusBadRequest {
			t.Errorf("another app revokes: %d %v", status, said)
		}
		if status, _ := app.sends("/oauth/revoke", url.Values{"token": {"nonsense"}}); status != http.StatusOK {
			t.Errorf("a token that is not known: %d", status)
		}
		good(app.refreshes(first))
		// An app that loses each answer, or does nothing but refresh, is refused, and its session stays.
		access, first = app.letIn(b)
		for _, keeps := range []bool{false, true} {
			status, tries := http.StatusOK, 0
			for ; status == http.StatusOK && tries < 40; tries++ {
				var said map[string]any
				if status, said = app.refreshes(first); keeps && status == http.StatusOK {
					first = text(said, "refresh_token")
				}
			}
			if status != http.StatusServiceUnavailable || tries < 5 {
				t.Errorf("keeping the answers %v: %d after %d times", keeps, status, tries)
			}
			access, first = app.letIn(b)
		}
		if d.takes(access) != http.StatusOK {
			t.Error("the session ended")
		}
	})
}

// AC-18: no browser is sent to an address that the app did not register, and the page
// of consent is for its user only.
func TestConsentIsTheUsers(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b := d.signedIn(benID)
		app := d.app("<img src=x onerror=alert(1)>\u202e evil\u200b")
		for what, more := range map[string][]string{
			"a foreign address": {"redirect_uri", "https://evil.example/"}, "another path": {"redirect_uri", "http://127.0.0.1:7777/other"},
			"a host that begins so": {"redirect_uri", "http://127.0.0.1.evil.example/callback"}, "a user": {"redirect_uri", "http://127.0.0.1:7777@evil.example/callback"},
			"a fragment": {"redirect_uri", appRedirect + "#x"}, "a query": {"redirect_uri", appRedirect + "?x=1"}, "an unknown app": {"client_id", "client_nonsense"}, "no app": {"client_id", ""},
			"another name of the machine": {"redirect_uri", "http://localhost:7777/callback"}, "a script": {"redirect_uri", "javascript:alert(1)"},
		} {
			for page := range maps.Values(map[string]string{"asked": app.asks(more...), "wrong, too": app.asks(append(more, "response_type", "token")...)}) {
				if response, said := b.send(http.MethodGet, page, "", nil); response.StatusCode < 400 || response.Header.Get("Location") != "" || !strings.Contains(said, "not connected") {
					t.Errorf("%s: %s to %q", what, response.Status, response.Header.Get("Location"))
				}
			}
		}
		for what, c := range map[string]struct {
			more []string
			want string
		}{
			"no PKCE":        {[]string{"code_challenge", ""}, "invalid_request"},
			"plain PKCE":     {[]string{"code_challenge_method", "plain"}, "invalid_request"},
			"another type":   {[]string{"response_type", "token"}, "unsupported_response_type"},
			"no page":        {[]string{"prompt", "none"}, "interaction_required"},
			"another port":   {[]string{"redirect_uri", "http://127.0.0.1:9/callback", "prompt", "none"}, "interaction_required"},
			"a fragment too": {[]string{"response_mode", "fragment"}, "invalid_request"},
		} {
			response, _ := b.send(http.MethodGet, app.asks(c.more...), "", nil)
			to, err := url.Parse(response.Header.Get("Location"))
			if err != nil || response.StatusCode != http.StatusSeeOther || to.Query().Get("error") != c.want || to.Hostname() != "127.0.0.1" || to.Query().Get("iss") != d.url {
				t.Errorf("%s: %s to %v", what, response.Status, to)
			}
		}
		if response, _ := d.browser().send(http.MethodGet, app.asks("prompt", "none"), "", nil); !strings.Contains(response.Header.Get("Location"), "interaction_required") {
			t.Errorf("no page, no session: %v", response.Header)
		}
		response, page := b.send(http.MethodGet, app.asks(), "", nil)
		policy := response.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors") || response.Header.Get("X-Frame-Options") != "DENY" || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the page's headers are %v", response.Header)
		}
		if strings.Contains(page, "<img") || strings.Contains(page, "\u202e") || !strings.Contains(page, "&lt;img src=x onerror=alert(1)&gt; evil") || !strings.Contains(page, "ben@example.com") || !strings.Contains(page, "127.0.0.1:7777") {
			t.Errorf("the page says %s", page)
		}
		// The form's answer is of this session and of this request.
		proof := consentProof.FindStringSubmatch(page)[1]
		eve := d.signedIn(d.addUser("Eve", "eve@example.com"))
		allow := url.Values{"proof": {proof}, "answer": {"allow"}}
		for what, refused := range map[string]*httpAnswer{
			"in another session": first(eve.submit(app.asks(), allow)), "to another request": first(b.submit(app.asks("scope", "*"), allow)),
			"without proof":       first(b.submit(app.asks(), url.Values{"answer": {"allow"}})),
			"from a foreign page": first(b.send(http.MethodPost, app.asks(), allow.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"})),
		} {
			if refused.StatusCode != http.StatusForbidden || refused.Header.Get("Location") != "" {
				t.Errorf("%s: %s to %q", what, refused.Status, refused.Header.Get("Location"))
			}
		}
		if to := first(d.browser().submit(app.asks(), allow)).Header.Get("Location"); !strings.HasPrefix(to, "/auth/login?") {
			t.Errorf("without a session the answer goes to %q", to)
		}
	})
}

func first(a *httpAnswer, _ string) *httpAnswer { return a }

// AC-18: anyone registers an app, so registrations are checked, bounded, and known by what
// they cannot choose. Apps with a secret must present it as they said.
func TestAppsRegister(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		for _, redirect := range []string{
			"http://app.example/cb", "https://app.example/cb#x", "https://*.example/cb", "javascript:alert(1)", "data:text/html,x", "myapp:/cb", "cursor:/cb", "vscode:x", "https://app.example/cb?state=x", "blob:https://app.example/x", "file:///x", "//app.example", "", "https://u:p@app.example/",
			"https://app.example/ x", "https://app.example;script-src/", "http://127.0.0.1.example/", "com.example.app://a;b/", "https://", strings.Repeat("https://app.example/", 30),
		} {
			if status, said := d.registerFrom("198.51.100.1", map[string]any{"redirect_uris": []string{redirect}}); status != http.StatusBadRequest || text(said, "error") != "invalid_redirect_uri" {
				t.Errorf("%q: %d %v", redirect, status, said)
			}
		}
		for what, members := range map[string]map[string]any{
			"no address": {}, "a method": {"redirect_uris": []string{appRedirect}, "token_endpoint_auth_method": "private_key_jwt"},
			"a grant": {"redirect_uris": []string{appRedirect}, "grant_types": []string{"client_credentials"}},
		} {
			if status, said := d.registerFrom("198.51.100.2", members); status != http.StatusBadRequest || text(said, "error") == "" {
				t.Errorf("%s: %d %v", what, status, said)
			}
		}
		status, made := d.register(map[string]any{"client_name": "Site", "redirect_uris": []string{"https://app.example/cb", "com.example.app:/cb"}})
		if status != http.StatusCreated || text(made, "token_endpoint_auth_method") != "client_secret_basic" || at(made, "client_secret_expires_at") != float64(0) {
			t.Fatalf("%d %v", status, made)
		}
		app := &anApp{d: d, id: text(made, "client_id"), redirect: "com.example.app:/cb", verifier: strings.Repeat("v", 43)}
		to := d.signedIn(benID).answers(app.asks(), "allow")
		if to.Scheme != "com.example.app" {
			t.Errorf("the browser goes to %s", to)
		}
		form := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {app.redirect}, "code_verifier": {app.verifier}}
		secret := text(made, "client_secret")
		for _, c := range []struct {
			id, secret string
			want       int
		}{{app.id, "wrong", 401}, {app.id, "", 401}, {"client_x", secret, 401}, {app.id, secret, 200}} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/oauth/token", strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret))
			if status, said := d.sends(request); status != c.want {
				t.Errorf("with the secret %q: %d %s", c.secret, status, said)
			}
		}
		if status, _ := app.sends("/oauth/token", form); status != http.StatusUnauthorized {
			t.Errorf("without its secret: %d", status)
		}
		kept, err := d.store.Strings(t.Context(), "SELECT COUNT(*) || '' FROM oauth_clients WHERE secret_hash = $1", []byte(secret))
		if err != nil || kept[0] != "0" {
			t.Errorf("the secret is kept (%v)", err)
		}
		var last int
		for range 25 {
			last, _ = d.registerFrom("198.51.100.3", map[string]any{"redirect_uris": []string{appRedirect}})
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("a storm of registrations: %d", last)
		}
		if status, _ := d.registerFrom("198.51.100.4", map[string]any{"redirect_uris": []string{appRedirect}}); status != http.StatusCreated {
			t.Errorf("another network: %d", status)
		}
	})
}

// registerFrom registers an app from a network.
func (d *doors) registerFrom(network string, members map[string]any) (status int, answer map[string]any) {
	d.t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		d.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url+"/oauth/register", strings.NewReader(string(body)))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Forwarded-For", network)
	status, said := d.sends(request)
	if err := json.Unmarshal([]byte(said), &answer); err != nil {
		d.t.Fatalf("%d %s", status, said)
	}
	return status, answer
}

// AC-18: what programs read first, and that pages of any origin may, without credentials.
func TestAppsDiscover(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, _ string) {
		read := func(path string) (document map[string]any) {
			response, raw := d.browser().send(http.MethodGet, path, "", map[string]string{"Origin": "https://page.example"})
			if response.StatusCode != http.StatusOK || response.Header.Get("Access-Control-Allow-Origin") != "*" || response.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: %s %v", path, response.Status, response.Header)
			}
			if err := json.Unmarshal([]byte(raw), &document); err != nil {
				t.Errorf("%s: %s", path, raw)
			}
			return document
		}
		for path, resource := range map[string]string{"": d.url, "/mcp": d.url + "/mcp"} {
			if got := read("/.well-known/oauth-protected-resource" + path); text(got, "resource") != resource || text(got, "authorization_servers", 0) != d.url || strings.Contains(fmt.Sprint(at(got, "scopes_supported")), "act") {
				t.Errorf("%s says %v", path, got)
			}
			got := read("/.well-known/oauth-authorization-server" + path)
			if _, there := got["jwks_uri"]; there || text(got, "issuer") != d.url || fmt.Sprint(at(got, "scopes_supported")) != "[read proposals:write inbox offline_access]" || text(got, "code_challenge_methods_supported", 0) != "S256" || text(got, "token_endpoint") != d.url+"/oauth/token" {
				t.Errorf("%s says %v", path, got)
			}
		}
		for _, path := range []string{"/oauth/token", "/oauth/register", "/oauth/revoke"} {
			response, _ := d.browser().send(http.MethodOptions, path, "", map[string]string{"Origin": "https://page.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,mcp-protocol-version"})
			if response.Header.Get("Access-Control-Allow-Origin") != "*" || response.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("a preflight of %s: %s %v", path, response.Status, response.Header)
			}
			if response, _ := d.browser().send(http.MethodGet, path, "", nil); response.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("GET %s: %s", path, response.Status)
			}
		}
		if response, _ := d.browser().send(http.MethodOptions, "/oauth/authorize", "", map[string]string{"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}); response.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a page of others may answer for the user: %v", response.Header)
		}
		response, _ := d.browser().send(http.MethodPost, "/mcp", `{}`, map[string]string{"Content-Type": "application/json"})
		if want := `Bearer resource_metadata="` + d.url + `/.well-known/oauth-protected-resource/mcp", scope="read proposals:write"`; response.StatusCode != http.StatusUnauthorized || response.Header.Get("WWW-Authenticate") != want {
			t.Errorf("%s %q", response.Status, response.Header.Get("WWW-Authenticate"))
		}
		if response, _ := d.browser().send(http.MethodPost, "/oauth/token", `{"grant_type":"refresh_token"}`, map[string]string{"Content-Type": "application/json"}); response.StatusCode != http.StatusBadRequest {
			t.Errorf("a token by JSON: %s", response.Status)
		}
	})
}
