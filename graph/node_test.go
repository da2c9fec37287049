package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/internal/id"
	"parley/internal/viewer"
)

// run runs a document in the name of a context's viewer, with other scopes if
// any are given.
func (o *office) run(ctx context.Context, t *testing.T, document string, scopes ...string) string {
	t.Helper()
	v := *viewer.FromContext(ctx)
	if len(scopes) > 0 {
		v.Scopes = scopes
	}
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(viewer.NewContext(t.Context(), &v), http.MethodPost, "/", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	return strings.TrimSpace(w.Body.String())
}

// API-13: node shows what the token may read of an object's type, and hides the
// others, also among several.
func TestNodeObeysScopes(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		node := func(nodeID, selection string) string {
			return fmt.Sprintf(`{ node(id: %q) { %s } }`, nodeID, selection)
		}
		const none = `{"data":{"node":null}}`
		for _, c := range []struct{ scopes, document, want string }{
			{"conversations:read", node(o.ConversationIDs[0], "__typename ... on Conversation { status }"), `{"data":{"node":{"__typename":"Conversation","status":"OPEN"}}}`},
			{"account:read", node(o.ConversationIDs[0], "__typename"), none},
			{"account:read", node(o.ConversationIDs[0], "id"), none},
			{"account:read", node(o.AccountID, "... on Account { name }"), `{"data":{"node":{"name":"Example Ltd"}}}`},
			{"conversations:read", node(o.AccountID, "... on Account { name }"), none},
			{"conversations:read", node(o.AgentIDs[0], "... on User { name }"), `{"data":{"node":{"name":"Ben Agent"}}}`},
			{"conversations:read", node(o.AgentIDs[0], "... on User { name role }"), none},
			{"conversations:read", node(o.AgentIDs[0], "... on User { name } ... on User { role }"), none},
			{"people:read", node(o.AgentIDs[0], "... on User { name role }"), `{"data":{"node":{"name":"Ben Agent","role":"AGENT"}}}`},
			{"conversations:read", node(o.ContactID, "... on Contact { name email }"), `{"data":{"node":{"name":"Dora Contact","email":"dora@example.net"}}}`},
			{"conversations:read", node(o.ContactID, "... on Contact { createdAt }"), none},
			{"conversations:read", node(o.InboxIDs[0], "... on Conversation { status }"), `{"data":{"node":{}}}`},
			{"people:read", node(o.InboxIDs[0], "... on Conversation { status }"), none},
			{
				"people:read", fmt.Sprintf(`{ nodes(ids: [%q, %q, %q, %q]) { id } }`, o.AgentIDs[0], o.ConversationIDs[0], o.ContactID, o.AgentIDs[1]),
				fmt.Sprintf(`{"data":{"nodes":[{"id":%q},null,null,{"id":%q}]}}`, o.AgentIDs[0], o.AgentIDs[1]),
			},
		} {
			if got := o.run(o.Agent(0), t, c.document, c.scopes); got != c.want {
				t.Errorf("%s with %s\n got %s\nwant %s", c.document, c.scopes, got, c.want)
			}
		}
	})
}

// API-4: each type that implements Node has a field of its own, which asks for the
// scope of the type, and finds nothing that is of another type or of others.
func TestTypedGetters(t *testing.T) {
	t.Parallel()
	s := schema()
	getters := map[string]string{}
	for _, f := range s.Query.Fields {
		if a := f.Arguments.ForName("id"); a != nil && len(f.Arguments) == 1 {
			getters[f.Type.Name()] = f.Name
		}
	}
	for _, def := range s.GetPossibleTypes(s.Types["Node"]) {
		switch def.Name {
		case "Account", "Contact", "Company": // viewer { account }, contact(by:), company(by:)
			continue
		case "ChatChannel", "EmailChannel", "CustomChannel":
			def = s.Types["Channel"]
		}
		if getters[def.Name] == "" && !strings.HasPrefix(def.Name, "Visitor") {
			t.Errorf("there is no field of Query for %s", def.Name)
		}
	}
	eachOffice(t, func(t *testing.T, o *office) {
		for field, ids := range map[string][2]string{
			"user": {o.AgentIDs[0], id.New(id.User)}, "inbox": {o.InboxIDs[0], o.InboxIDs[1]}, "channel": {o.ChannelIDs[0], o.ChannelIDs[1]},
			"conversation": {o.ConversationIDs[0], o.ConversationIDs[2]}, "visitor": {o.VisitorIDs[0], o.VisitorIDs[2]},
		} {
			get := func(nodeID string) string {
				return o.run(o.Agent(0), t, fmt.Sprintf(`{ %s(id: %q) { id } }`, field, nodeID), "conversations:read")
			}
			if got, want := get(ids[0]), fmt.Sprintf(`{"data":{%q:{"id":%q}}}`, field, ids[0]); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			for _, other := range []string{ids[1], o.ContactID, "", "x", field + "_x"} {
				if got, want := get(other), fmt.Sprintf(`{"data":{%q:null}}`, field); got != want {
					t.Errorf("%s(id: %q): got %s, want %s", field, other, got, want)
				}
			}
			none := fmt.Sprintf(`{"data":{%q:null}}`, field) // of an interface
			if got := o.run(o.Agent(0), t, fmt.Sprintf(`{ %s(id: %q) { id } }`, field, ids[0]), "account:read"); !strings.Contains(got, `"FORBIDDEN"`) && got != none {
				t.Errorf("%s without its scope: got %s", field, got)
			}
		}
		for _, field := range []string{"team", "integration", "bot", "apiToken", "targetedMessage", "message", "savedView", "event"} {
			for _, nodeID := range []string{o.AgentIDs[0], "x", ""} {
				if got, want := o.run(o.Admin, t, fmt.Sprintf(`{ %s(id: %q) { id } }`, field, nodeID)), fmt.Sprintf(`{"data":{%q:null}}`, field); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		}
	})
}

// API-23: the viewer shows who is calling, by kind, and what the token allows.
func TestViewerKinds(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		const staff = `{ viewer { kind user { name } integration { id } bot { id } visitor { id } token { scopes inboxIds expiresAt } } }`
		for _, c := range []struct {
			who            context.Context
			document, want string
		}{
			{o.Agent(0), staff, fmt.Sprintf(`{"data":{"viewer":{"kind":"AGENT","user":{"name":"Ben Agent"},"integration":null,"bot":null,"visitor":null,`+
				`"token":{"scopes":["conversations:read"],"inboxIds":[%q],"expiresAt":null}}}}`, o.InboxIDs[0])},
			{o.Visitor(0), `{ viewer { kind visitor { id } } }`, fmt.Sprintf(`{"data":{"viewer":{"kind":"VISITOR","visitor":{"id":%q}}}}`, o.VisitorIDs[0])},
		} {
			if got := o.run(c.who, t, c.document, "conversations:read"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		}
		for _, field := range []string{"actor { __typename }", "account { id }", "user { id }", "token { scopes }"} {
			if got := o.run(o.Visitor(0), t, `{ viewer { `+field+` } }`); !strings.Contains(got, `"FORBIDDEN"`) {
				t.Errorf("a visitor selects %s: got %s", field, got)
			}
		}
	})
}

// API-12: a visitor finds itself by node, and nothing else, whatever its id.
func TestNodeOfVisitors(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		if got, want := o.run(o.Visitor(0), t, fmt.Sprintf(`{ node(id: %q) { __typename id } }`, o.VisitorIDs[0])),
			fmt.Sprintf(`{"data":{"node":{"__typename":"Visitor","id":%q}}}`, o.VisitorIDs[0]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		others := []string{o.VisitorIDs[1], o.ContactID, o.ConversationIDs[1], o.AccountID, o.AgentIDs[0], o.InboxIDs[0], o.ChannelIDs[0], "x", ""}
		for _, other := range others {
			if got, want := o.run(o.Visitor(0), t, fmt.Sprintf(`{ node(id: %q) { __typename } }`, other)), `{"data":{"node":null}}`; got != want {
				t.Errorf("node(%q): got %s", other, got)
			}
		}
	})
}

// API-14: a bulk change asks for what its action needs of one conversation.
func TestBulkScopes(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		program := *viewer.FromContext(o.Agent(0))
		program.Kind, program.ActorID = viewer.Integration, id.New(id.Integration)
		for _, c := range []struct {
			action, scopes string
			allowed        bool
		}{
			{"CLOSE", "conversations:bulk", false},
			{"CLOSE", "conversations:bulk conversations:write", true},
			{"DELETE", "conversations:bulk conversations:write", false},
			{"DELETE", "conversations:bulk conversations:moderate", true},
			{"SPAM", "write", true},
			{"READ", "write", false},
			{"PURGE", "*", false},
			{"CLOSE", "conversations:write", false},
		} {
			got := o.run(viewer.NewContext(t.Context(), &program), t, fmt.Sprintf(`mutation { bulkChangeConversations(input: {action: %s, selection: {conversationIds: [%q]}}) { userErrors { code } } }`,
				c.action, o.ConversationIDs[0]), strings.Fields(c.scopes)...)
			if strings.Contains(got, `"FORBIDDEN"`) == c.allowed {
				t.Errorf("%s with %s: got %s", c.action, c.scopes, got)
			}
		}
	})
}
