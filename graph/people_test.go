package graph_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"parley/graph"
	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/channel/chat/settings"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/clock"
	"parley/internal/company"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/crm"
	"parley/internal/engagement"
	"parley/internal/event"
	"parley/internal/inbox"
	"parley/internal/job"
	"parley/internal/loader"
	"parley/internal/property"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/testkit"
	"parley/internal/testkit/desk"
	"parley/internal/timeline"
	"parley/internal/viewer"
)

// office is the API of people and inboxes on a store of its own.
type office struct {
	*testkit.Fixture
	handler http.Handler
	people  *account.Service
}

func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		keys, err := secret.Parse(secret.GenerateKey())
		if err != nil {
			t.Fatal(err)
		}
		o := &office{people: account.New(s)}
		conversations := desk.Conversations(s, conversation.Deps{Viewers: o.people})
		inboxes := inbox.New(s, o.people, conversations, desk.NoMailboxes{})
		queue := job.New(s, slog.New(slog.DiscardHandler))
		inboxes.Register(queue)
		contacts := contact.New(s)
		contacts.Register(queue)
		schema, err := graph.Schema(graph.Services{
			Accounts: o.people, Inboxes: inboxes, ChatSettings: settings.New(s, o.people, keys, "https://parley.example.com"), Conversations: conversations, Views: view.New(s),
			Events: event.New(s), Nodes: loader.New(s), Targeting: targeting.New(s), Contacts: contacts, Companies: company.New(s), Timelines: timeline.New(s), Engagements: engagement.New(s, attachment.New(s, nil, keys, o.people, "https://parley.example.com", attachment.Options{})), Records: crm.New(s), Tags: tag.New(s), Properties: property.New(s),
			Visitors: visitor.New(s, keys, nil, contacts, conversations, visitor.Options{}),
		}, graph.Federation)
		if err != nil {
			t.Fatal(err)
		}
		srv := handler.New(schema)
		srv.AddTransport(transport.POST{})
		graph.Install(srv, graph.DefaultLimits(), declaredOnly(t))
		srv.Use(graph.Batches{})
		o.handler, o.Fixture = srv, testkit.Account(t, s)
		test(t, o)
	})
}

// as runs a document in the name of whoever the token is.
func (o *office) as(t *testing.T, token, document string) string {
	t.Helper()
	v, err := o.people.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(viewer.NewContext(t.Context(), v), http.MethodPost, "/", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	return w.Body.String()
}

func (o *office) token(t *testing.T, userID string) string {
	t.Helper()
	made, err := o.people.CreateToken(o.System, account.CreateApiTokenInput{Name: "T", UserID: &userID, Scopes: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	return made.Text
}

func TestPeopleAndInboxes(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		admin, agent := o.token(t, o.AdminID), o.token(t, o.AgentIDs[0])
		for _, step := range []struct{ token, document, want string }{
			{agent, `{ viewer { kind actor { ... on User { name role } } account { name maxInboxes } } }`,
				`{"data":{"viewer":{"kind":"AGENT","actor":{"name":"Ben Agent","role":"AGENT"},"account":{"name":"Example Ltd","maxInboxes":null}}}}`},
			{admin, `mutation { createTeam(input: {name: "Night", userIds: ["` + o.AgentIDs[0] + `"]}) { team { name members { nodes { name } } } userErrors { code } } }`,
				`{"data":{"createTeam":{"team":{"name":"Night","members":{"nodes":[{"name":"Ben Agent"}]}},"userErrors":[]}}}`},
			{agent, `{ users { nodes { name teams { nodes { name } } avatarUrl deactivatedAt } } }`,
				`{"data":{"users":{"nodes":[{"name":"Ada Admin","teams":{"nodes":[]},"avatarUrl":null,"deactivatedAt":null},` +
					`{"name":"Ben Agent","teams":{"nodes":[{"name":"Night"}]},"avatarUrl":null,"deactivatedAt":null},` +
					`{"name":"Cleo Agent","teams":{"nodes":[]},"avatarUrl":null,"deactivatedAt":null}]}}}`},
			{agent, `{ inboxes { nodes { name users { nodes { name } } members { nodes { name } } teams { nodes { name } } chatChannel { kind style { title accentColor } hasIdentitySecret inbox { name } } } } }`,
				`{"data":{"inboxes":{"nodes":[{"name":"Sales","users":{"nodes":[{"name":"Ada Admin"},{"name":"Ben Agent"},{"name":"Cleo Agent"}]},` +
					`"members":{"nodes":[{"name":"Ada Admin"},{"name":"Ben Agent"},{"name":"Cleo Agent"}]},"teams":{"nodes":[]},` +
					`"chatChannel":{"kind":"CHAT","style":{"title":null,"accentColor":"#2457d6"},"hasIdentitySecret":false,"inbox":{"name":"Sales"}}}]}}}`},
			{admin, `mutation { createInbox(input: {name: "", userIds: ["x"]}) { inbox { id } userErrors { code field } } }`,
				`{"data":{"createInbox":{"inbox":null,"userErrors":[{"code":"REQUIRED","field":["name"]},{"code":"NOT_FOUND","field":["userIds","0"]}]}}}`},
			{admin, `mutation { createApiToken(input: {name: "Export", scopes: ["read"], inboxIds: ["` + o.InboxIDs[1] + `"]}) {
					apiToken { name scopes user { name } integration { name inboxes { nodes { name } } } expiresAt } userErrors { code } } }`,
				`{"data":{"createApiToken":{"apiToken":{"name":"Export","scopes":["read"],"user":null,` +
					`"integration":{"name":"Export","inboxes":{"nodes":[{"name":"Support"}]}},"expiresAt":null},"userErrors":[]}}}`},
			{admin, `mutation { updateUser(input: {userId: "` + o.AdminID + `", role: AGENT}) { user { name } userErrors { code field } } }`,
				`{"data":{"updateUser":{"user":null,"userErrors":[{"code":"LAST_ADMIN","field":["role"]}]}}}`},
			{admin, `mutation { deleteInbox(input: {inboxId: "` + o.InboxIDs[1] + `", confirmName: "Support"}) { task { kind state total done actor { ... on User { name } } } userErrors { code } } }`,
				`{"data":{"deleteInbox":{"task":{"kind":"DELETE_INBOX","state":"QUEUED","total":1,"done":0,"actor":{"name":"Ada Admin"}},"userErrors":[]}}}`},
			{admin, `{ inbox(id: "` + o.InboxIDs[1] + `") { name } }`, `{"data":{"inbox":null}}`},
			{admin, `mutation { updateAccount(input: {timeZone: "Mars"}) { account { name } userErrors { code field } } }`,
				`{"data":{"updateAccount":{"account":null,"userErrors":[{"code":"INVALID","field":["timeZone"]}]}}}`},
		} {
			if got := o.as(t, step.token, step.document); strings.TrimSpace(got) != step.want {
				t.Errorf("%s\n got %s\nwant %s", step.document, got, step.want)
			}
		}
		if got := o.as(t, agent, `mutation { createInbox(input: {name: "Mine"}) { inbox { id } userErrors { code } } }`); !strings.Contains(got, `"FORBIDDEN"`) {
			t.Errorf("an agent makes an inbox: %s", got)
		}
	})
}
