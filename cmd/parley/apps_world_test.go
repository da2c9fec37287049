package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

// appRedirect is where apps of tests are sent back to.
const appRedirect = "http://127.0.0.1:7777/callback"

// anApp is an app that registered.
type anApp struct {
	d                    *doors
	id, secret, redirect string
	verifier             string
}

// eachAppsWorld runs the test on each database, with Ben, who can sign in by links.
func eachAppsWorld(t *testing.T, test func(t *testing.T, d *doors, benID string)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) { s.TrustedProxies = []string{"127.0.0.1"} })}
		test(t, d, d.addUser("Ben", "ben@example.com"))
	})
}

// signedIn is a browser of a user, who signs in by a link.
func (d *doors) signedIn(userID string) *browser {
	d.t.Helper()
	link := text(d.do(adminToken, `mutation($in: CreateSignInLinkInput!) { createSignInLink(input: $in) { link } }`, input("userId", userID)), "createSignInLink", "link")
	at, err := url.Parse(link)
	if err != nil || link == "" {
		d.t.Fatalf("the link is %q (%v)", link, err)
	}
	b := d.browser()
	if response, page := b.submit("/auth/link", url.Values{"link": at.Query()["link"]}); response.StatusCode != http.StatusSeeOther {
		d.t.Fatalf("%s: %s", response.Status, page)
	}
	return b
}

// register registers an app with the members, and returns the answer.
func (d *doors) register(members map[string]any) (status int, answer map[string]any) {
	d.t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		d.t.Fatal(err)
	}
	response, raw := d.browser().send(http.MethodPost, "/oauth/register", string(body), map[string]string{"Content-Type": "application/json"})
	if err := json.Unmarshal([]byte(raw), &answer); err != nil {
		d.t.Fatalf("%s: %s", response.Status, raw)
	}
	return response.StatusCode, answer
}

// app registers a public app.
func (d *doors) app(name string) *anApp {
	d.t.Helper()
	status, made := d.register(map[string]any{"client_name": name, "redirect_uris": []string{appRedirect}, "token_endpoint_auth_method": "none"})
	if status != http.StatusCreated {
		d.t.Fatalf("%d %v", status, made)
	}
	return &anApp{d: d, id: text(made, "client_id"), redirect: appRedirect, verifier: strings.Repeat("v", 43)}
}

// asks is the page at which the app asks; more are members instead of, or beside, the usual ones.
func (a *anApp) asks(more ...string) string {
	sum := sha256.Sum256([]byte(a.verifier))
	query := url.Values{
		"client_id": {a.id}, "redirect_uri": {a.redirect}, "response_type": {"code"}, "state": {"of the app"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
		if more[i+1] == "" {
			query.Del(more[i])
		}
	}
	return "/oauth/authorize?" + query.Encode()
}

var consentProof = regexp.MustCompile(`name="proof" value="([^"]+)"`)

// answers answers the page of consent, and returns where the browser is sent.
func (b *browser) answers(page, answer string, ticks ...string) *url.URL {
	b.d.t.Helper()
	_, shown := b.send(http.MethodGet, page, "", nil)
	proof := consentProof.FindStringSubmatch(shown)
	if proof == nil {
		b.d.t.Fatalf("the page says %s", shown)
	}
	response, said := b.submit(page, url.Values{"proof": {proof[1]}, "answer": {answer}, "tick": ticks})
	to, err := url.Parse(response.Header.Get("Location"))
	if err != nil || response.StatusCode != http.StatusSeeOther {
		b.d.t.Fatalf("%s (%v): %s", response.Status, err, said)
	}
	return to
}

// sends sends the app's form to an endpoint for tokens; more are members instead of, or beside, the app's.
func (a *anApp) sends(endpoint string, members url.Values) (status int, answer map[string]any) {
	a.d.t.Helper()
	if !members.Has("client_id") {
		members.Set("client_id", a.id)
	}
	if a.secret != "" && !members.Has("client_secret") {
		members.Set("client_secret", a.secret)
	}
	response, raw := a.d.browser().send(http.MethodPost, endpoint, members.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if response.Header.Get("Cache-Control") != "no-store" {
		a.d.t.Errorf("%s may be kept: %q", endpoint, response.Header.Get("Cache-Control"))
	}
	if raw == "" {
		return response.StatusCode, nil
	}
	if err := json.Unmarshal([]byte(raw), &answer); err != nil {
		a.d.t.Fatalf("%s: %s", response.Status, raw)
	}
	return response.StatusCode, answer
}

func (a *anApp) usesCode(code string, more ...string) (status int, answer map[string]any) {
	a.d.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.redirect}, "code_verifier": {a.verifier}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return a.sends("/oauth/token", form)
}

func (a *anApp) refreshes(token string, more ...string) (status int, answer map[string]any) {
	a.d.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return a.sends("/oauth/token", form)
}

// letIn has the user of a browser let the app in, and returns its tokens.
func (a *anApp) letIn(b *browser, more ...string) (access, refresh string) {
	a.d.t.Helper()
	to := b.answers(a.asks(more...), "allow")
	status, made := a.usesCode(to.Query().Get("code"))
	if status != http.StatusOK {
		a.d.t.Fatalf("%d %v, after %s", status, made, to)
	}
	return text(made, "access_token"), text(made, "refresh_token")
}

// takes is the status with which an access token is taken at /graphql.
func (d *doors) takes(access string) int {
	d.t.Helper()
	return d.ask(access, `{ viewer { kind } }`, nil).Status
}

// followWith opens a stream by an access token, which connection_init has.
func (d *doors) followWith(access string) *socket {
	d.t.Helper()
	s, err := open(d.t.Context(), d.url, access, `subscription { events { type } }`, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(s.cut)
	return s
}

// usedEarlier has the tokens of apps be used longer ago.
func (d *doors) usedEarlier(by time.Duration) {
	d.t.Helper()
	everywhere := viewer.NewContext(d.t.Context(), viewer.Everywhere("test"))
	if err := d.store.WithTx(everywhere, func(ctx context.Context, tx *store.Tx) error {
		for _, column := range []string{"used_at", "replaced_at"} {
			if _, err := tx.Exec(ctx, "UPDATE oauth_tokens SET "+column+" = "+column+" - $1 WHERE "+column+" > 0", by.Microseconds()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
}
