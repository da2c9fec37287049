package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"parley/internal/clock"
)

// errand is something that a person asks of a model.
type errand struct {
	words string
	do    func(m *errands)
}

// errands does what a model does, and counts: calls, and the characters of answers.
type errands struct {
	*model
	calls, characters int
}

func (e *errands) ask(name string, arguments ...any) map[string]any {
	e.t.Helper()
	data, _ := e.read(name, arguments...)
	return data
}

func (e *errands) read(name string, arguments ...any) (map[string]any, string) {
	e.t.Helper()
	in := input(arguments...)["in"].(map[string]any)
	data, beside := e.get(name, in)
	e.calls++
	e.characters += len(fmt.Sprint(data)) + len(beside)
	return data, beside
}

// proposed checks that a tool proposed, and returns the proposal's id.
func (e *errands) proposed(data map[string]any) string {
	e.t.Helper()
	for _, payload := range data {
		if proposal := text(payload, "proposal", "id"); proposal != "" && at(payload, "proposal", "state") == "WAITING" {
			return proposal
		}
	}
	e.t.Errorf("nothing is proposed: %v", data)
	return ""
}

// state is what a model may not change by itself.
func (a *api) state(conversationID string) string {
	a.t.Helper()
	return fmt.Sprint(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { status revision priority snoozedUntil messageCount botState
		assignee { id } assignedTeam { id } tags { name } tickets { nodes { id } } } }`, map[string]any{"id": conversationID}))
}

// AG-3, AG-7: twenty things that a support team asks of a model, each in at most three
// calls, with a token that changes nothing by itself: what is not read is proposed, and a
// person decides. Nothing of another inbox comes out.
func TestModelsWork(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c, other := a.channel(), a.channel()
		parcel, invoice, hidden := c.chat("Where is my parcel 4711?"), c.chat("My invoice is wrong"), other.chat("SECRET of another inbox, about a parcel")
		a.do(parcel.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "jane.doe@example.com"))
		ana := text(a.do(adminToken, `mutation($in: CreateUserInput!) { createUser(input: $in) { user { id } userErrors { message } } }`, input("name", "Ana", "email", "ana@example.com")), "createUser", "user", "id")
		for _, made := range []map[string]any{
			a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", c.inboxID, "addUserIds", []string{ana})),
			a.do(adminToken, `mutation($in: CreateLibraryItemInput!) { createLibraryItem(input: $in) { userErrors { message } } }`,
				input("kind", "ARTICLE", "name", "Parcels", "markdown", "Parcels take two days.", "article", map[string]any{"state": "PUBLISHED"})),
			a.do(adminToken, `mutation($in: CreateLibraryItemInput!) { createLibraryItem(input: $in) { userErrors { message } } }`,
				input("kind", "SNIPPET", "name", "Sorry", "shortcut", "sorry", "markdown", "We are sorry.")),
			a.do(adminToken, `mutation($in: TagConversationInput!) { tagConversation(input: $in) { userErrors { message } } }`, input("conversationId", invoice.conversationID, "tags", []string{"billing"})),
		} {
			if strings.Contains(fmt.Sprint(made), "message:") {
				t.Fatal(made)
			}
		}
		before := a.state(parcel.conversationID) + a.state(invoice.conversationID)
		session := a.model(a.modelToken([]string{c.inboxID}, "read", "write", "proposals:write"))
		id := func(arguments ...any) []any {
			return append([]any{"conversationId", parcel.conversationID}, arguments...)
		}
		var reply string
		list := []errand{
			{"what did Jane write lately?", func(m *errands) {
				contact := text(m.ask("find_contacts", "query", "jane"), "contacts", "nodes", 0, "id")
				m.wants(m.ask("get_contact", "contactId", contact), parcel.conversationID)
			}},
			{"who asks about parcels?", func(m *errands) { m.wants(m.ask("find_conversations", "text", "parcel"), parcel.conversationID) }},
			{"read it to me", func(m *errands) {
				if _, words := m.read("read_conversation", id()...); !strings.Contains(words, "data> Where is my parcel 4711?") {
					m.t.Errorf("read %s", words)
				}
			}},
			{"what do I have to know before I answer?", func(m *errands) { m.wants(m.ask("get_context", id()...), "jane.doe@example.com") }},
			{"answer with what the articles say", func(m *errands) {
				number := at(m.ask("read_conversation", id()...), "conversation", "lastIncomingNumber")
				article := at(m.ask("search_knowledge", "query", "parcel"), "searchKnowledge", 0)
				reply = m.proposed(m.ask("propose_reply", id("markdown", "It takes two days.", "basedOnNumber", number, "confidence", 0.8, "sources", []any{map[string]any{"title": text(article, "title"), "url": text(article, "url")}}, "reason", "The article says so.")...))
			}},
			{"tag it", func(m *errands) { m.proposed(m.ask("tag_conversation", id("tags", []string{"delivery"})...)) }},
			{"billing is the wrong tag", func(m *errands) {
				m.proposed(m.ask("untag_conversation", "conversationId", invoice.conversationID, "tags", []string{"billing"}))
			}},
			{"remind us in the new year", func(m *errands) { m.proposed(m.ask("snooze_conversation", id("until", "2027-01-04T09:00:00Z")...)) }},
			{"Ana ought to take it", func(m *errands) {
				people := m.ask("list_team")
				m.wants(people, ana)
				m.proposed(m.ask("assign_conversation", id("userId", ana)...))
			}},
			{"make a ticket of it", func(m *errands) {
				m.proposed(m.ask("create_ticket", id("subject", "Parcel 4711 is late", "priority", "HIGH", "reason", "The customer waits.")...))
			}},
			{"is it solved? close it", func(m *errands) { m.proposed(m.ask("close_conversation", id()...)) }},
			{"give it to people", func(m *errands) { m.proposed(m.ask("hand_off_conversation", id()...)) }},
			{"does Jane have tickets?", func(m *errands) {
				contact := text(m.ask("find_contacts", "query", "jane.doe@example.com"), "contacts", "nodes", 0, "id")
				if nodes, _ := at(m.ask("find_tickets", "contactId", contact), "tickets", "nodes").([]any); len(nodes) != 0 {
					m.t.Errorf("tickets: %v", nodes)
				}
			}},
			{"say sorry as we always do", func(m *errands) {
				words := text(m.ask("find_snippets", "query", "#sorry"), "libraryItems", "nodes", 0, "markdown")
				m.proposed(m.ask("propose_reply", id("markdown", words)...))
			}},
			{"what does no one look after?", func(m *errands) {
				m.wants(m.ask("find_conversations", "view", "UNASSIGNED", "statuses", []string{"OPEN"}), invoice.conversationID)
			}},
			{"what is about billing?", func(m *errands) {
				m.wants(m.ask("find_conversations", "tags", []string{"billing"}), invoice.conversationID)
			}},
			{"go through all, one by one", func(m *errands) {
				page := m.ask("find_conversations", "first", 1)
				next := m.ask("find_conversations", "first", 1, "after", text(page, "conversations", "pageInfo", "endCursor"))
				if one, two := text(page, "conversations", "nodes", 0, "id"), text(next, "conversations", "nodes", 0, "id"); one == two || one == "" || two == "" {
					m.t.Errorf("pages: %v %v", page, next)
				}
			}},
			{"how many are unread for me?", func(m *errands) {
				m.ask("run_query", "query", `query($id: ID!) { conversation(id: $id) { firstResponseSeconds waitingSince } }`, "variables", map[string]any{"id": parcel.conversationID})
			}},
			{"who is there now?", func(m *errands) { m.wants(m.ask("list_team"), "Ana") }},
			{"what is proposed already?", func(m *errands) { m.wants(m.ask("get_context", id()...), "It takes two days.") }},
		}
		for _, errand := range list {
			m := &errands{model: session}
			errand.do(m)
			if m.calls > 3 {
				t.Errorf("%s: %d calls", errand.words, m.calls)
			}
			t.Logf("%s: %d calls, about %d characters", errand.words, m.calls, m.characters)
		}
		if after := a.state(parcel.conversationID) + a.state(invoice.conversationID); after != before {
			t.Errorf("a model changed\n%s\nto\n%s", before, after)
		}
		for _, name := range []string{"read_conversation", "get_context"} {
			if got, _ := session.get(name, map[string]any{"conversationId": hidden.conversationID}); len(got) != 0 {
				t.Errorf("%s of another inbox: %v", name, got)
			}
		}
		if got, wrong := session.use("propose_reply", map[string]any{"conversationId": hidden.conversationID, "markdown": "Hi"}); !wrong || !strings.Contains(fmt.Sprint(got), "NOT_FOUND") {
			t.Errorf("a proposal for another inbox: %v", got)
		}
		accepted := a.do(adminToken, `mutation($in: AcceptProposalInput!) { acceptProposal(input: $in) { message { text direction } proposal { state } userErrors { message } } }`, input("proposalId", reply))
		if text(accepted, "acceptProposal", "message", "text") != "It takes two days." {
			t.Errorf("accepted: %v", accepted)
		}
	})
}

// wants checks that an answer has something.
func (e *errands) wants(data map[string]any, part string) {
	e.t.Helper()
	if got := fmt.Sprint(data); part == "" || !strings.Contains(got, part) || strings.Contains(got, "SECRET") {
		e.t.Errorf("%q is not in %s", part, got)
	}
}

// AG-7: a token with `act` does at once what its other scopes allow, and proposes the rest.
func TestModelsAct(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		talk := c.chat("Hello")
		m := a.model(a.modelToken([]string{c.inboxID}, "conversations:read", "conversations:write", "proposals:write", "act"))
		if tools := m.tools(); !slices.Contains(tools, "send_reply") || !slices.Contains(tools, "add_note") {
			t.Errorf("tools: %v", tools)
		}
		in := map[string]any{"conversationId": talk.conversationID}
		if got, wrong := m.use("send_reply", map[string]any{"conversationId": talk.conversationID, "markdown": "Hi!"}); wrong {
			t.Errorf("a reply: %v", got)
		}
		a.reads(talk, "Hi!")
		if got, wrong := m.use("tag_conversation", map[string]any{"conversationId": talk.conversationID, "tags": []string{"greeting"}}); wrong || !strings.Contains(fmt.Sprint(got), `"greeting"`) {
			t.Errorf("a tag: %v", got)
		}
		if got, wrong := m.use("assign_conversation", in); wrong || !strings.Contains(fmt.Sprint(got), "WAITING") {
			t.Errorf("without conversations:assign: %v", got)
		}
		if got, wrong := m.use("close_conversation", in); wrong || !strings.Contains(fmt.Sprint(got), "CLOSED") {
			t.Errorf("a close: %v", got)
		}
	})
}

// AG-7: `parley mcp` passes on what a client that starts programs asks.
func TestModelsOverStandardInput(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		talk := c.chat("Hello")
		token := a.modelToken([]string{c.inboxID}, "conversations:read")
		command := program(t.Context(), append(os.Environ(), "PARLEY_URL="+a.url, "PARLEY_TOKEN="+token), "mcp")
		session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &mcp.CommandTransport{Command: command}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = session.Close() }()
		m := &model{a, session}
		if _, words := m.get("read_conversation", map[string]any{"conversationId": talk.conversationID}); !strings.Contains(words, "data> Hello") {
			t.Errorf("read %s", words)
		}
		if got := m.tools(); !slices.Equal(got, a.model(token).tools()) {
			t.Errorf("tools: %v", got)
		}
		if session.InitializeResult() == nil || !strings.Contains(session.InitializeResult().Instructions, "is data") {
			t.Error("without instructions")
		}
		resource, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "parley://conversation/" + talk.conversationID})
		if err != nil || !strings.Contains(resource.Contents[0].Text, "data> Hello") {
			t.Errorf("the resource: %v %v", resource, err)
		}
		wrong := program(t.Context(), append(os.Environ(), "PARLEY_URL="+a.url, "PARLEY_TOKEN=nonsense"), "mcp")
		if out, err := wrong.CombinedOutput(); err == nil || !strings.Contains(string(out), "connect to "+a.url+"/mcp") {
			t.Errorf("with a wrong token: %v %s", err, out)
		}
	})
}
