package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// AC-18, AG-7: a client of the Model Context Protocol that is given nothing but the address
// finds out where to sign in, registers, and works with the tools after its user signed in
// at their provider and let it in.
func TestModelSignsIn(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		d.addMember()
		providerID := d.connect(d.first)
		b := d.browser()
		var page string
		handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
			RedirectURL: appRedirect, RequestRefreshToken: true,
			DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
				ClientName: "A model's client", RedirectURIs: []string{appRedirect}, GrantTypes: []string{"authorization_code", "refresh_token"}, TokenEndpointAuthMethod: "none",
			}},
			AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
				response, _ := b.send(http.MethodGet, args.URL, "", nil)
				login := response.Header.Get("Location")
				if response.StatusCode != http.StatusSeeOther || !strings.HasPrefix(login, "/auth/login?") {
					t.Errorf("without a session: %s to %q", response.Status, login)
				}
				at, err := url.Parse(login)
				if err != nil {
					return nil, err
				}
				begun, _ := b.send(http.MethodGet, "/auth/login/"+providerID+"?"+at.RawQuery, "", nil)
				back := d.first.Login(t, begun.Header.Get("Location")+"&login_hint=ben@example.com")
				signedIn, _ := b.send(http.MethodGet, back.String(), "", nil)
				page = signedIn.Header.Get("Location")
				to := b.answers(page, "allow").Query()
				return &auth.AuthorizationResult{Code: to.Get("code"), State: to.Get("state"), Iss: to.Get("iss")}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
		session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: d.url + "/mcp", DisableStandaloneSSE: true, OAuthHandler: handler}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = session.Close() })
		m := &model{d.api, session}
		if texts, wrong := m.use("list_team", nil); wrong || !strings.Contains(strings.Join(texts, ""), "Ben") {
			t.Errorf("the tools answer %v", texts)
		}
		if !strings.HasPrefix(page, "/oauth/authorize?") {
			t.Errorf("after signing in the browser goes to %q", page)
		}
		listed := at(b.ask(`{ sessions { nodes { id kind scopes app { name redirectHosts } } } }`, nil, nil).Data, "sessions", "nodes", 0)
		if text(listed, "kind") != "MCP" || !slices.Contains([]string{"[read proposals:write]", "[proposals:write read]"}, fmt.Sprint(at(listed, "scopes"))) ||
			text(listed, "app", "name") != "A model's client" || text(listed, "app", "redirectHosts", 0) != "127.0.0.1:7777" {
			t.Errorf("the session is %v", listed)
		}
		source, err := handler.TokenSource(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		access, err := source.Token()
		if err != nil || access.RefreshToken == "" {
			t.Fatalf("got %+v (%v)", access, err)
		}
		if status := d.takes(access.AccessToken); status != http.StatusUnauthorized {
			t.Errorf("a token for the tools is taken at the API: %d", status)
		}
		// The provider's logout ends it too.
		d.browser().send(http.MethodPost, "/auth/backchannel-logout/"+providerID, url.Values{"logout_token": {d.first.LogoutToken(t, "ben@example.com", nil)}}.Encode(),
			map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
		if response, _ := d.sendsTo("/mcp", access.AccessToken); response.StatusCode != http.StatusUnauthorized || !strings.Contains(response.Header.Get("WWW-Authenticate"), `error="invalid_token", resource_metadata="`+d.url+`/.well-known/oauth-protected-resource/mcp"`) {
			t.Errorf("after the provider's logout: %s %s", response.Status, response.Header.Get("WWW-Authenticate"))
		}
	})
}

// sendsTo sends a request with a token.
func (d *doors) sendsTo(path, token string) (*httpAnswer, string) {
	return d.browser().send(http.MethodPost, path, `{"query":"{ viewer { kind } }"}`, map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + token})
}

// AC-18: an app of one's own has a session: with the scopes that its user granted, never
// more than the user may, refreshed with a new token each time, and ended at once.
func TestAppSession(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b, app := d.signedIn(benID), d.app("Pocket")
		to := b.answers(app.asks("scope", "conversations:read people:read people:write settings:write"), "allow", "people:write", "settings:write")
		_, made := app.usesCode(to.Query().Get("code"))
		access, refresh := text(made, "access_token"), text(made, "refresh_token")
		got := d.ask(access, `{ viewer { kind user { name } token { scopes expiresAt } } sessions { nodes { current kind } } }`, nil)
		if text(got.Data, "viewer", "user", "name") != "Ben" || at(got.Data, "sessions", "nodes", 0, "current") != true || text(got.Data, "sessions", "nodes", 0, "kind") != "APP" {
			t.Errorf("got %+v", got)
		}
		for query, why := range map[string]string{
			`{ contacts { nodes { id } } }`: "a scope that was not granted",
			`mutation { createInbox(input: {name: "x"}) { inbox { name } userErrors { code } } }`:          "what only admins may",
			`mutation { updateAccount(input: {name: "x"}) { userErrors { code } } }`:                       "the account",
			`mutation { inviteUser(input: {userId: "` + benID + `"}) { userErrors { code } } }`:            "an invitation",
			`mutation { createSignInLink(input: {userId: "` + benID + `"}) { link userErrors { code } } }`: "a link",
		} {
			if got := d.ask(access, query, nil); len(got.Errors) == 0 {
				t.Errorf("an app gets %s: %+v", why, got)
			}
		}
		// No credentials are made by an app, for oneself neither: they would outlive it.
		if code, on := userError(d.ask(access, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { code field } } }`,
			input("name", "x", "userId", benID, "scopes", []string{"people:read"}))); code != "INVALID" || on != "scopes.0" {
			t.Errorf("a token of one's own: %s on %s", code, on)
		}
		if response, said := d.sendsTo("/mcp", access); response.StatusCode == http.StatusUnauthorized {
			t.Errorf("a token for the API at /mcp: %s %s", response.Status, said)
		}
		status, next := app.refreshes(refresh)
		if status != http.StatusOK || text(next, "token_type") != "Bearer" || at(next, "expires_in") != float64(3600) || text(next, "scope") != "conversations:read people:read people:write settings:write" {
			t.Fatalf("%d %v", status, next)
		}
		if d.takes(access) != http.StatusOK || d.takes(text(next, "access_token")) != http.StatusOK {
			t.Error("after a refresh both access tokens are good until they expire")
		}
		stream := d.followWith(text(next, "access_token"))
		if got := b.ask(`mutation { endSessions(input: {}) { userErrors { code } } }`, nil, nil); len(got.Errors) > 0 {
			t.Errorf("got %+v", got)
		}
		d.ends(stream)
		if status, _ := app.refreshes(text(next, "refresh_token")); status != http.StatusBadRequest || d.takes(text(next, "access_token")) != http.StatusUnauthorized {
			t.Errorf("signed out everywhere, and yet: %d", status)
		}
		// An app signs out by either token, and deactivation ends what is open.
		b = d.signedIn(benID)
		access, _ = app.letIn(b)
		if status, _ := app.sends("/oauth/revoke", url.Values{"token": {access}}); status != http.StatusOK || d.takes(access) != http.StatusUnauthorized {
			t.Errorf("signing out: %d", status)
		}
		access, refresh = app.letIn(b)
		stream = d.followWith(access)
		d.do(adminToken, `mutation($in: DeactivateUserInput!) { deactivateUser(input: $in) { user { id } userErrors { code } } }`, input("userId", benID))
		d.ends(stream)
		if status, said := app.refreshes(refresh); status != http.StatusBadRequest || text(said, "error") != "invalid_grant" {
			t.Errorf("a deactivated user's app: %d %v", status, said)
		}
	})
}

// AC-18: `act`, `act_as` and `*` are granted only if the user ticks them, and at the tools
// nothing beyond proposals is without `act`.
func TestAppAsksForMore(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b, app := d.signedIn(benID), d.app("Pocket")
		granted := func(ask []string, ticks ...string) string {
			to := b.answers(app.asks(ask...), "allow", ticks...)
			if to.Query().Get("error") != "" {
				return to.Query().Get("error")
			}
			status, made := app.usesCode(to.Query().Get("code"))
			if status != http.StatusOK {
				t.Fatalf("%d %v", status, made)
			}
			return text(made, "scope")
		}
		tools := d.url + "/mcp"
		for _, c := range []struct {
			ask, ticks []string
			want       string
		}{
			{nil, nil, "read proposals:write"},
			{[]string{"resource", d.url}, nil, "inbox"},
			{[]string{"scope", "read offline_access"}, nil, "read"},
			{[]string{"scope", "offline_access"}, nil, "read proposals:write"},
			{[]string{"scope", "read openid email"}, nil, "read"},
			{[]string{"scope", "openid email"}, nil, "invalid_scope"},
			{[]string{"scope", "write people:write settings:write read"}, nil, "read"},
			{[]string{"scope", "write"}, []string{"write"}, "write"},
			{[]string{"scope", "read act act_as"}, nil, "read"},
			{[]string{"scope", "read act act_as"}, []string{"act", "conversations:write", "*"}, "read act"},
			{[]string{"scope", "*"}, nil, "access_denied"},
			{[]string{"scope", "*"}, []string{"*"}, "*"},
			{[]string{"resource", tools}, nil, "read proposals:write"},
			{[]string{"resource", tools, "scope", "conversations:read"}, nil, "conversations:read"},
			{[]string{"resource", tools, "scope", "conversations:read conversations:write act"}, []string{"act"}, "conversations:read conversations:write act"},
			{[]string{"resource", tools, "scope", "conversations:read conversations:write act"}, nil, "conversations:read"},
			{[]string{"resource", tools, "scope", "write"}, nil, "account:read people:read settings:read audit:read contacts:read conversations:read proposals:write events:read"},
			{[]string{"resource", tools, "scope", "contacts:write conversations:write"}, nil, "invalid_scope"},
			{[]string{"resource", tools, "scope", "write act"}, []string{"act"}, "act"},
			{[]string{"resource", tools, "scope", "read contacts:read inbox act"}, nil, "read"},
			{[]string{"resource", tools, "scope", "read write act"}, []string{"act", "write"}, "read write act"},
			{[]string{"resource", "https://elsewhere.example/mcp"}, nil, "invalid_target"},
			{[]string{"resource", d.url + "/auth"}, nil, "invalid_target"},
			{[]string{"resource", strings.Replace(tools, "127.0.0.1", "localhost", 1)}, nil, "read proposals:write"},
		} {
			if strings.HasPrefix(c.want, "invalid_") {
				response, _ := b.send(http.MethodGet, app.asks(c.ask...), "", nil)
				to, _ := url.Parse(response.Header.Get("Location"))
				if to.Query().Get("error") != c.want || to.Query().Get("state") != "of the app" || to.Query().Get("iss") != d.url || to.Host != "127.0.0.1:7777" {
					t.Errorf("%v leads to %s", c.ask, to)
				}
				continue
			}
			if got := granted(c.ask, c.ticks...); got != c.want {
				t.Errorf("%v, ticked %v: got %q, want %q", c.ask, c.ticks, got, c.want)
			}
		}
		to := b.answers(app.asks(), "deny").Query()
		if to.Get("error") != "access_denied" || to.Get("code") != "" || to.Get("state") != "of the app" {
			t.Errorf("denied: %v", to)
		}
	})
}

// AC-18: admins see which apps there are, and remove them with what they may; a switch
// keeps out those that are new.
func TestAppsOfAccount(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		b, app := d.signedIn(benID), d.app("Pocket")
		access, _ := app.letIn(b)
		const list = `{ oauthApps { nodes { id name clientId redirectHosts sessionCount } } }`
		listed := at(d.do(adminToken, list, nil), "oauthApps", "nodes")
		if text(listed, 0, "name") != "Pocket" || text(listed, 0, "clientId") != app.id || at(listed, 0, "sessionCount") != float64(1) {
			t.Errorf("the list says %v", listed)
		}
		if got := b.ask(list, nil, nil); len(got.Errors) == 0 {
			t.Error("an agent lists the apps")
		}
		const settings = `mutation($in: UpdateAccountInput!) { updateAccount(input: $in) { account { newApps } userErrors { code } } }`
		d.do(adminToken, settings, input("newApps", false))
		app.letIn(b) // it is there already
		other := d.app("Other")
		if response, page := b.send(http.MethodGet, other.asks(), "", nil); response.StatusCode != http.StatusForbidden || !strings.Contains(page, "switched off") {
			t.Errorf("a new app: %s %s", response.Status, page)
		}
		const remove = `mutation($in: DeleteOauthAppInput!) { deleteOauthApp(input: $in) { deletedOauthAppId userErrors { code field } } }`
		stream := d.followWith(access)
		if got := d.do(adminToken, remove, input("oauthAppId", text(listed, 0, "id"))); text(got, "deleteOauthApp", "deletedOauthAppId") == "" {
			t.Errorf("got %v", got)
		}
		d.ends(stream)
		if d.takes(access) != http.StatusUnauthorized {
			t.Error("the app's session goes on")
		}
		if response, _ := b.send(http.MethodGet, app.asks(), "", nil); response.StatusCode != http.StatusForbidden {
			t.Errorf("a removed app is let in again: %s", response.Status)
		}
		if code, field := userError(d.ask(adminToken, remove, input("oauthAppId", text(listed, 0, "id")))); code != "NOT_FOUND" || field != "oauthAppId" {
			t.Errorf("again: %s on %s", code, field)
		}
		types, err := d.store.Strings(t.Context(), "SELECT type FROM events WHERE type LIKE 'OAUTH%' OR type LIKE 'SIGNED%' ORDER BY sequence")
		if err != nil || strings.Join(types, " ") != "SIGNED_IN OAUTH_APP_CREATED SIGNED_IN SIGNED_IN OAUTH_APP_DELETED SIGNED_OUT SIGNED_OUT" {
			t.Errorf("the log has %v (%v)", types, err)
		}
	})
}
