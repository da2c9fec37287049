package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parley/internal/clock"
)

// AC-13: a user who is invited gets a token, by the API or on the page, and no one
// needs one to accept.
func TestInvitation(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		made := a.do(adminToken, `mutation { createUser(input: {name: "Ben", email: "ben@example.com"}) { user { id } userErrors { message } } }`, nil)
		invite := func() string {
			got := a.do(adminToken, `mutation($in: InviteUserInput!) { inviteUser(input: $in) { link mailed user { name } userErrors { message } } }`,
				input("userId", text(made, "createUser", "user", "id")))
			link, err := url.Parse(text(got, "inviteUser", "link"))
			if err != nil || link.Path != "/invitation" || at(got, "inviteUser", "mailed") != false {
				t.Fatalf("got %v, %v", got, err)
			}
			return link.Query().Get("invitation")
		}
		name := func(token string) string {
			return text(a.do(token, `{ viewer { user { name } } }`, nil), "viewer", "user", "name")
		}
		const accept = `mutation($in: AcceptInvitationInput!) { acceptInvitation(input: $in) { token apiToken { name scopes expiresAt } userErrors { code field } } }`
		invitation := invite()
		got := a.do("", accept, input("invitation", invitation))
		if who := name(text(got, "acceptInvitation", "token")); who != "Ben" {
			t.Errorf("the token is of %q", who)
		}
		if code, field := userError(a.ask("", accept, input("invitation", invitation))); code != "INVALID" || field != "invitation" {
			t.Errorf("used again: %s on %s", code, field)
		}
		response, err := http.PostForm(a.url+"/invitation", url.Values{"invitation": {invite()}}) //nolint:noctx // a test's own server
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		page, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(page), "<pre>")
		token, _, _ := strings.Cut(rest, "</pre>")
		if who := name(token); who != "Ben" {
			t.Errorf("the page's token is of %q: %s", who, page)
		}
	})
}
