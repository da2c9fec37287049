package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailserver"
)

const createTeam = `mutation($in: CreateTeamInput!) { createTeam(input: $in) { team { id } userErrors { message } } }`

// AC-9: a claim, which may be in the userinfo only, decides on role and teams at each sign-in: of the teams that are
// mapped the user is in those of the claim's values, and others stay as they are.
func TestTeamsByClaim(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		team := func(name string, users ...string) string {
			return text(d.do(adminToken, createTeam, input("name", name, "userIds", users)), "createTeam", "team", "id")
		}
		ben := d.addUser("Ben", "ben@example.com")
		sales, service, gone, own := team("Sales"), team("Service", ben), team("Gone"), team("Own", ben)
		providerID := d.connect(d.first, "createUsers", true, "defaultSeat", "SERVICE", "roleClaim", "groups", "roleMapping", []any{map[string]any{"value": "bosses", "role": "ADMIN"}},
			"teamClaim", "groups", "teamMapping", []any{
				map[string]any{"value": "sellers", "teamId": sales}, map[string]any{"value": "bosses", "teamId": sales},
				map[string]any{"value": "helpers", "teamId": service}, map[string]any{"value": "sellers", "teamId": gone},
			})
		d.do(adminToken, `mutation($in: DeleteTeamInput!) { deleteTeam(input: $in) { userErrors { code } } }`, input("teamId", gone))
		is := func(role string, teams ...string) {
			t.Helper()
			now := d.userNow(t, ben)
			in := []string{}
			for i := range at(now, "teams", "nodes").([]any) {
				in = append(in, text(now, "teams", "nodes", i, "id"))
			}
			slices.Sort(in)
			slices.Sort(teams)
			check.Same(t, in, teams)
			check.Same(t, text(now, "role"), role)
		}
		d.first.Group(t, "ben@example.com", "sellers", "bosses", "others")
		d.browser().signIn(d.first, providerID, "ben@example.com")
		is("ADMIN", sales, own)
		d.first.Group(t, "ben@example.com", "helpers")
		d.browser().signIn(d.first, providerID, "ben@example.com")
		is("AGENT", service, own)
		d.first.Group(t, "ben@example.com")
		d.browser().signIn(d.first, providerID, "ben@example.com")
		is("AGENT", own)

		got := d.do(adminToken, `{ identityProviders { nodes { teamClaim defaultSeat teamMapping { value team { id name } } } } }`, nil)
		p := at(got, "identityProviders", "nodes", 0)
		if text(p, "teamClaim") != "groups" || text(p, "teamMapping", 0, "team", "name") != "Sales" || at(p, "teamMapping", 3, "team") != nil || text(p, "defaultSeat") != "SERVICE" {
			t.Errorf("the mapping is %v", p)
		}
		const update = `mutation($in: UpdateIdentityProviderInput!) { updateIdentityProvider(input: $in) { userErrors { code field } } }`
		if code, field := userError(d.ask(adminToken, update, input("identityProviderId", providerID, "teamMapping", []any{map[string]any{"value": "x", "teamId": "team_01h455vb4pex5vsknk084sn02q"}}))); code != "NOT_FOUND" || field != "teamMapping.0.teamId" {
			t.Errorf("a team that is not there: %s on %s", code, field)
		}
		if code, field := userError(d.ask(adminToken, update, input("identityProviderId", providerID, "teamClaim", nil))); code != "REQUIRED" || field != "teamClaim" {
			t.Errorf("a mapping of no claim: %s on %s", code, field)
		}
		d.first.Group(t, "stranger@example.com", "sellers")
		b := d.browser().signIn(d.first, providerID, "stranger@example.com")
		me := b.ask(`{ viewer { user { seat teams { nodes { id } } } } }`, nil, nil).Data
		if text(me, "viewer", "user", "seat") != "SERVICE" || text(me, "viewer", "user", "teams", "nodes", 0, "id") != sales {
			t.Errorf("a new user is %v", me)
		}
	})
}

// AC-9: a session uploads with its header, and not without. Another account's way in is by its id, and all of a
// user's browsers are signed out by one of them.
func TestSessionsOfBrowsers(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		benID := d.addUser("Ben", "ben@example.com")
		b := d.browser().signIn(d.first, d.connect(d.first), "ben@example.com")
		inbox := d.channel()
		d.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", inbox.inboxID, "addUserIds", []string{benID}))
		chat := inbox.chat("Hello")
		operations, err := json.Marshal(map[string]any{"query": staffUpload, "variables": map[string]any{"in": map[string]any{"file": nil, "to": map[string]any{"conversationId": chat.conversationID}}}})
		if err != nil {
			t.Fatal(err)
		}
		upload := func(header map[string]string) (*httpAnswer, string) {
			var body bytes.Buffer
			form := multipart.NewWriter(&body)
			err := errors.Join(form.WriteField("operations", string(operations)), form.WriteField("map", `{"0": ["variables.in.file"]}`))
			part, err2 := form.CreateFormFile("0", "prices.txt")
			if err = errors.Join(err, err2); err == nil {
				_, err = part.Write([]byte("Two for one"))
			}
			if err = errors.Join(err, form.Close()); err != nil {
				t.Fatal(err)
			}
			header["Content-Type"] = form.FormDataContentType()
			return b.send(http.MethodPost, "/graphql", body.String(), header)
		}
		if response, said := upload(map[string]string{"Origin": d.url}); response.StatusCode == http.StatusOK && strings.Contains(said, "attachment_") {
			t.Errorf("without the header: %s %s", response.Status, said)
		}
		if _, said := upload(map[string]string{"Parley-Session": "1"}); !strings.Contains(said, "attachment_") {
			t.Errorf("with the header: %s", said)
		}

		accountID := text(d.do(adminToken, `{ viewer { account { id } } }`, nil), "viewer", "account", "id")
		for of, want := range map[string]int{accountID: http.StatusOK, "account_01h455vb4pex5vsknk084sn02q": http.StatusNotFound, "nonsense": http.StatusNotFound} {
			if response, page := d.browser().send(http.MethodGet, "/auth/login?account="+of, "", nil); response.StatusCode != want {
				t.Errorf("the account %s: %s %s", of, response.Status, page)
			}
		}

		other := d.browser().signIn(d.first, text(d.do(adminToken, `{ identityProviders { nodes { id } } }`, nil), "identityProviders", "nodes", 0, "id"), "ben@example.com")
		stream := other.follow()
		if response, page := b.submit("/auth/logout", url.Values{"everywhere": {"1"}}); response.StatusCode >= http.StatusBadRequest {
			t.Errorf("signing out everywhere: %s %s", response.Status, page)
		}
		d.ends(stream)
		check.Same(t, b.who()+other.who(), "")
	})
}

// AC-9: a provider that stalls when a person comes back is waited for no longer than a request may take, and holds
// nothing meanwhile: with one connection of the database others are served.
func TestProviderStalls(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		stalls, free := make(chan struct{}), make(chan struct{})
		d := &doors{}
		d.api = serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
			s.RequestTimeout = 3 * time.Second
			d.first = mailserver.OpenID(t, func(o *mailserver.ProviderOptions) {
				o.RedirectURLs, o.Accounts = []string{s.PublicURL + callback + "/*"}, []string{"ben@example.com"}
			})
		})
		defer close(free)
		between := stallsAt(t, d.first.Issuer, stalls, free)
		d.addUser("Ben", "ben@example.com")
		in := input("name", "Example", "issuer", between, "clientId", d.first.ClientID, "clientSecret", d.first.ClientSecret)
		providerID := text(d.do(adminToken, createProvider, in), "createIdentityProvider", "identityProvider", "id")
		b := d.browser()
		back := b.begin(d.first, providerID, "ben@example.com")
		query := back.Query()
		query.Del("iss") // of the provider behind the one that stalls
		back.RawQuery = query.Encode()
		type said struct {
			status int
			page   string
		}
		answered := make(chan said, 1)
		go func() {
			status, page := b.finish(back)
			answered <- said{status, page}
		}()
		select {
		case <-stalls:
		case got := <-answered:
			t.Fatalf("before the provider was asked: %d %s", got.status, got.page)
		}
		d.addUser("Cleo", "cleo@example.com") // which takes the account's lock
		if got := <-answered; got.status != http.StatusServiceUnavailable || !strings.Contains(got.page, "does not answer") {
			t.Errorf("got %d %s", got.status, got.page)
		}
	})
}

// stallsAt is a provider whose endpoint of tokens never answers, and which is otherwise another one.
func stallsAt(t *testing.T, issuer string, stalls, free chan struct{}) string {
	t.Helper()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/token":
			close(stalls)
			<-free
		case "/.well-known/openid-configuration":
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"issuer": %q, "authorization_endpoint": %q, "token_endpoint": %q, "jwks_uri": %q, "id_token_signing_alg_values_supported": ["RS256"], "response_types_supported": ["code"], "subject_types_supported": ["public"]}`,
				server.URL, issuer+"/auth", server.URL+"/token", issuer+"/jwks")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// AC-9: of a claim that is missing altogether no one has a value, which is in the log; an archived team is left as it
// is; and what changes nothing writes nothing.
func TestTeamsByMissingClaim(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		lines := &logLines{}
		d := &doors{}
		d.api = serveLogged(t, db.Open(t, clock.System{}), slog.New(slog.NewJSONHandler(lines, nil)), func(s *serverSettings) {
			d.first = mailserver.OpenID(t, func(o *mailserver.ProviderOptions) {
				o.RedirectURLs, o.Accounts = []string{s.PublicURL + callback + "/*"}, []string{"ben@example.com"}
			})
		})
		ben := d.addUser("Ben", "ben@example.com")
		team := func(name string) string {
			return text(d.do(adminToken, createTeam, input("name", name, "userIds", []string{ben})), "createTeam", "team", "id")
		}
		mapped, old, own := team("Mapped"), team("Old"), team("Own")
		site := d.channel()
		d.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", site.inboxID, "addTeamIds", []string{old}))
		if got := d.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", site.shown,
			"routing", map[string]any{"rules": []any{map[string]any{"target": "TEAMS", "teamIds": []string{old}}}}); got != "" {
			t.Fatal(got)
		}
		providerID := d.connect(d.first, "teamClaim", "absent", "teamMapping", []any{map[string]any{"value": "x", "teamId": mapped}, map[string]any{"value": "x", "teamId": old}})
		d.do(adminToken, `mutation($in: DeleteTeamInput!) { deleteTeam(input: $in) { userErrors { code } } }`, input("teamId", old, "archive", true))
		changes := func() int {
			return len(at(d.do(adminToken, `{ events(first: 100, types: [TEAM_UPDATED]) { nodes { id } } }`, nil), "events", "nodes").([]any))
		}
		before := changes()
		for range 2 {
			d.browser().signIn(d.first, providerID, "ben@example.com")
			in := []string{}
			for i := range at(d.userNow(t, ben), "teams", "nodes").([]any) {
				in = append(in, text(d.userNow(t, ben), "teams", "nodes", i, "id"))
			}
			if !slices.Contains(in, own) || slices.Contains(in, mapped) {
				t.Errorf("the user is in %v", in)
			}
		}
		check.Same(t, changes(), before+1)
		if !lines.has("a claim that decides on roles or teams is missing") || !lines.has(`"claim":"absent"`) {
			t.Error("the missing claim is not in the log")
		}
	})
}
