package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// AC-9: a sign-in ends at the address of the provider at which it began, whoever answers
// there.
func TestProvidersEndTheirOwnSignIns(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		d.addUser("Ben", "ben@example.com")
		firstID, secondID := d.connect(d.first), d.connect(d.second, "name", "Other")
		ben := d.browser()
		for _, path := range []string{callback, callback + "/" + secondID, callback + "/x"} {
			back := ben.begin(d.first, firstID, "ben@example.com")
			if back.Path != callback+"/"+firstID {
				t.Fatalf("the provider sends browsers to %s", back.Path)
			}
			back.Path = path
			if status, page := ben.finish(back); status != http.StatusBadRequest || ben.who() != "" {
				t.Errorf("%s: %d %s", path, status, page)
			}
		}
		if who := ben.signIn(d.first, firstID, "ben@example.com").who(); who != "Ben" {
			t.Errorf("signed in as %q", who)
		}
	})
}

// AC-9: who has less than "*" gets no more by a session, nor by a provider of their own; the
// secret goes to no other issuer.
func TestSessionsAreNoWayUp(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		d.addUser("Ben", "ben@example.com")
		providerID, me := d.connect(d.first), text(d.do(adminToken, `{ viewer { user { id } } }`, nil), "viewer", "user", "id")
		less := text(d.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
			input("name", "Less", "userId", me, "scopes", []string{"people:write", "settings:write", "read"})), "createApiToken", "token")
		const update = `mutation($in: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $in) { userErrors { code field } } }`
		for document, in := range map[string]map[string]any{
			`mutation($in: CreateSignInLinkInput!) { createSignInLink(input: $in) { link userErrors { code } } }`: input("userId", me),
			`mutation($in: InviteUserInput!) { inviteUser(input: $in) { link userErrors { code } } }`:             input("userId", me),
			createProvider: input("name", "X", "issuer", d.second.Issuer, "clientId", "x"),
			update:         input("identityProviderId", providerID, "name", "Y"),
		} {
			if got := d.ask(less, document, in); !strings.Contains(fmt.Sprint(got.Errors), "FORBIDDEN") {
				t.Errorf("%s: %v %v", document, got.Data, got.Errors)
			}
		}
		if code, on := userError(d.ask(adminToken, update, input("identityProviderId", providerID, "issuer", d.second.Issuer))); code != "REQUIRED" || on != "clientSecret" {
			t.Errorf("another issuer with the old secret: %s on %s", code, on)
		}
	})
}

// AC-9, AC-16: a session ends with its provider; whoever ends all sessions of a user, or
// changes their address, ends the links that lead to one.
func TestWaysInEnd(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		benID, providerID := d.addUser("Ben", "ben@example.com"), d.connect(d.first)
		ben := d.browser().signIn(d.first, providerID, "ben@example.com")
		open := ben.follow()
		d.do(adminToken, `mutation($in: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $in) { userErrors { message } } }`, input("identityProviderId", providerID, "enabled", false))
		d.ends(open)
		if who := ben.who(); who != "" {
			t.Errorf("a session of a disabled provider is %q's", who)
		}
		for name, end := range map[string]func(){
			"sessions": func() {
				d.do(adminToken, `mutation($in: EndSessionsInput!) { endSessions(input: $in) { userErrors { message } } }`, input("userId", benID))
			},
			"address": func() {
				d.do(adminToken, `mutation($in: UpdateUserInput!) { updateUser(input: $in) { userErrors { message } } }`, input("userId", benID, "email", "benny@example.com"))
			},
		} {
			shown, err := url.Parse(text(d.do(adminToken, `mutation($in: CreateSignInLinkInput!) { createSignInLink(input: $in) { link userErrors { code } } }`, input("userId", benID)), "createSignInLink", "link"))
			if err != nil {
				t.Fatal(err)
			}
			end()
			if response, page := d.browser().submit("/auth/link", url.Values{"link": {shown.Query().Get("link")}}); response.StatusCode != http.StatusBadRequest {
				t.Errorf("after %s: %s %s", name, response.Status, page)
			}
		}
	})
}
