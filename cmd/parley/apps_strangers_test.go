package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// AC-18: anyone registers an app at any site, so before the user has answered no browser is
// sent there by itself, and no site learns who is signed in here; only one that the account
// has connected does.
func TestStrangersAppsAreSentNothing(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		_, made := d.register(map[string]any{"client_name": "Evil", "redirect_uris": []string{"https://evil.example/cb?a=%20"}, "token_endpoint_auth_method": "none"})
		app := &anApp{d: d, id: text(made, "client_id"), redirect: "https://evil.example/cb?a=%20", verifier: strings.Repeat("v", 43)}
		b := d.signedIn(benID)
		pages := map[string]string{}
		for who, of := range map[string]*browser{"Ben": b, "no one": d.browser()} {
			for _, more := range [][]string{{"prompt", "none"}, {"response_type", "x"}, {"scope", "nonsense"}} {
				response, page := of.send(http.MethodGet, app.asks(more...), "", nil)
				if response.StatusCode != http.StatusBadRequest || response.Header.Get("Location") != "" || !strings.Contains(page, `href="https://evil.example/cb?a=%20&amp;error=`) || !strings.Contains(page, "back to evil.example") {
					t.Errorf("%s, %v: %s to %q: %s", who, more, response.Status, response.Header.Get("Location"), page)
				}
				if other := pages[more[0]]; other != "" && other != page {
					t.Errorf("%v: the page says who is signed in: %s", more, page)
				}
				pages[more[0]] = page
			}
		}
		// Once it is let in, it is answered.
		app.letIn(b)
		response, _ := b.send(http.MethodGet, app.asks("prompt", "none"), "", nil)
		if to := response.Header.Get("Location"); !strings.HasPrefix(to, "https://evil.example/cb?a=%20&error=consent_required") {
			t.Errorf("an app of the account is sent to %q", to)
		}
	})
}

// AC-18: whatever characters an app has in its request, the user can answer.
func TestConsentOfAnyState(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b, app := d.signedIn(benID), d.app("Pocket")
		page := strings.Replace(app.asks(), "state=of+the+app", "state=a(1)!*'|{x}^`~\\", 1)
		_, shown := b.send(http.MethodGet, page, "", nil)
		action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(shown)
		if action == nil {
			t.Fatalf("the page says %s", shown)
		}
		response, said := b.submit(html.UnescapeString(action[1]), url.Values{"proof": {consentProof.FindStringSubmatch(shown)[1]}, "answer": {"allow"}})
		to, err := url.Parse(response.Header.Get("Location"))
		if err != nil || to.Query().Get("code") == "" || to.Query().Get("state") != "a(1)!*'|{x}^`~\\" {
			t.Errorf("%s to %q: %s", response.Status, to, said)
		}
	})
}

// AC-18: an app that left its only redirect address out, one with a secret that sends it
// otherwise than it registered, and one with addresses of which not all are good.
func TestAppsAsTheyAre(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b := d.signedIn(benID)
		_, made := d.register(map[string]any{"redirect_uris": []string{appRedirect}})
		app := &anApp{d: d, id: text(made, "client_id"), secret: text(made, "client_secret"), redirect: appRedirect, verifier: strings.Repeat("v", 43)}
		for _, given := range []string{"", appRedirect} {
			code := b.answers(app.asks("redirect_uri", ""), "allow").Query().Get("code")
			if status, said := app.usesCode(code, "redirect_uri", "http://127.0.0.1:7777/other"); status != http.StatusBadRequest {
				t.Errorf("with another address: %d %v", status, said)
			}
			if status, said := app.usesCode(code, "redirect_uri", given); status != http.StatusOK {
				t.Errorf("with the address %q: %d %v", given, status, said)
			}
		}
		// What Cursor sends.
		cursor := []any{"cursor://anysphere.cursor-mcp/oauth/callback", "https://www.cursor.com/agents/mcp/oauth/callback", "http://localhost:8787/callback"}
		status, made := d.register(map[string]any{
			"client_name": "Cursor", "redirect_uris": append([]any{"unknown://x/cb", "javascript:alert(1)"}, cursor...), "grant_types": []string{"authorization_code", "refresh_token"},
			"response_types": []string{"code"}, "token_endpoint_auth_method": "none", "application_type": "native",
		})
		if status != http.StatusCreated || fmt.Sprint(made["redirect_uris"]) != fmt.Sprint(cursor) {
			t.Fatalf("%d %v", status, made)
		}
		app = &anApp{d: d, id: text(made, "client_id"), redirect: cursor[0].(string), verifier: strings.Repeat("v", 43)}
		if to := b.answers(app.asks("resource", d.url+"/mcp"), "allow"); to.Scheme != "cursor" || to.Host != "anysphere.cursor-mcp" {
			t.Errorf("the browser goes to %s", to)
		}
	})
}

// AC-18: a user's sessions in one app are bounded; those that are used least lately end.
func TestAppSessionsAreBounded(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b, app, other := d.signedIn(benID), d.app("Pocket"), d.app("Other")
		of, _ := other.letIn(b)
		oldest, _ := app.letIn(b)
		second, _ := app.letIn(b)
		for range 9 {
			app.letIn(b)
		}
		if d.takes(oldest) != http.StatusUnauthorized || d.takes(second) != http.StatusOK || d.takes(of) != http.StatusOK {
			t.Errorf("of eleven the oldest ends, and of another app none: %d, %d, %d", d.takes(oldest), d.takes(second), d.takes(of))
		}
	})
}

// AC-18: in a browser, "Allow" leads to the app wherever its callback goes on to, and
// whatever characters are in the request.
func TestConsentInBrowser(t *testing.T) {
	t.Parallel()
	const folder = "../../internal/channel/chat/widget/browser"
	node, err := exec.LookPath("node")
	_, noDriver := os.Stat(folder + "/node_modules/playwright-core")
	_, noBrowser := os.Stat(chromium)
	if err := errors.Join(err, noDriver, noBrowser); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the page of consent must be tested here: %v (apt-get install npm chromium; scripts/widget.sh)", err)
		}
		t.Skipf("SKIPPED, the page of consent is not tested in a browser: %v (apt-get install npm chromium; scripts/widget.sh)", err)
	}
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		done := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, "<!doctype html><title>done</title><p>state %s</p>", html.EscapeString(r.URL.Query().Get("state")))
		}))
		t.Cleanup(done.Close)
		elsewhere := strings.Replace(done.URL, "127.0.0.1", "localhost", 1)
		callback := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere+"/done?"+r.URL.RawQuery, http.StatusFound)
		}))
		t.Cleanup(callback.Close)
		_, made := d.register(map[string]any{"client_name": "Pocket", "redirect_uris": []string{callback.URL + "/callback"}, "token_endpoint_auth_method": "none"})
		app := &anApp{d: d, id: text(made, "client_id"), redirect: callback.URL + "/callback", verifier: strings.Repeat("v", 43)}
		link := text(d.do(adminToken, `mutation($in: CreateSignInLinkInput!) { createSignInLink(input: $in) { link } }`, input("userId", benID)), "createSignInLink", "link")
		ctx, cancel := context.WithTimeout(t.Context(), browsing)
		defer cancel()
		run := exec.CommandContext(ctx, node, "--test", folder+"/consent.test.mjs")
		page := strings.Replace(app.asks("resource", d.url+"/mcp", "scope", "read proposals:write conversations:write act"), "state=of+the+app", "state=a(1)|{x}'", 1)
		run.Env = append(os.Environ(), "LINK="+link, "PAGE="+d.url+page, "DONE="+elsewhere, "CHROMIUM="+chromium)
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
