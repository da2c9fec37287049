package main

import (
	"net/http"
	"net/url"
	"testing"

	"parley/internal/clock"
)

// AC-13: a user who is invited gets a token by the API, and a session on the page, and no one
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
		// On the page it opens a session.
		d := &doors{api: a}
		b := d.browser()
		response, page := b.submit("/invitation", url.Values{"invitation": {invite()}})
		if who := b.who(); response.StatusCode != http.StatusOK || who != "Ben" {
			t.Errorf("the page signs %q in: %s", who, page)
		}
	})
}
