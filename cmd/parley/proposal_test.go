package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/testkit"
)

// program is the token of a new integration of an inbox.
func (a *api) program(inboxID string, scopes ...string) string {
	a.t.Helper()
	return a.granted(adminToken, "inboxIds", []string{inboxID}, scopes...)
}

// granted is a token with scopes of a user, a bot or a new integration.
func (a *api) granted(by, of string, id any, scopes ...string) string {
	a.t.Helper()
	made := a.do(by, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
		input("name", "Machine", of, id, "scopes", scopes))
	return text(made, "createApiToken", "token")
}

const ofProposal = `proposal { id state kind text markdown actionName action edited editedShare note basedOnNumber confidence reason sources { title url }
	createdBy { __typename } decidedBy { id } message { text author { __typename } proposal { id } } conversation { id } }`

// proposes proposes a reply, and returns it; the codes of errors where there are some.
func (a *api) proposes(token, conversationID, markdown string, more ...any) (proposed any, codes string) {
	a.t.Helper()
	return a.proposal(token, "proposeReply", "ProposeReplyInput", append([]any{"conversationId", conversationID, "markdown", markdown}, more...)...)
}

func (a *api) acts(token, conversationID, action string, in map[string]any) (proposed any, codes string) {
	a.t.Helper()
	if _, ok := in["conversationId"]; !ok {
		in["conversationId"] = conversationID
	}
	return a.proposal(token, "proposeAction", "ProposeActionInput", "conversationId", conversationID, "action", map[string]any{action: in})
}

func (a *api) accepts(token string, p any, more ...any) (accepted any, codes string) {
	a.t.Helper()
	return a.proposal(token, "acceptProposal", "AcceptProposalInput", append([]any{"proposalId", text(p, "id")}, more...)...)
}

func (a *api) proposal(token, mutation, in string, pairs ...any) (any, string) {
	a.t.Helper()
	done := a.ask(token, `mutation($in: `+in+`!) { `+mutation+`(input: $in) { `+ofProposal+` userErrors { code field message } } }`, input(pairs...))
	if len(done.Errors) > 0 {
		return done.Errors, fmt.Sprint(done.Errors[0].Extensions["code"])
	}
	var codes []string
	list, _ := at(done.Data, mutation, "userErrors").([]any)
	for _, e := range list {
		codes = append(codes, text(e, "code"))
	}
	return at(done.Data, mutation, "proposal"), strings.Join(codes, " ")
}

// proposed are the proposals of a conversation, latest first.
func (a *api) proposed(conversationID, states string) []any {
	a.t.Helper()
	list, _ := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { proposals(states: `+states+`) { nodes { id state } } } }`, map[string]any{"id": conversationID}),
		"conversation", "proposals", "nodes").([]any)
	return list
}

// AG-3: a program proposes a reply; a person sends it as it is or edited, or dismisses it, once.
func TestProposedReply(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channel()
		c := site.chat("Where is my order?")
		program := a.program(site.inboxID, "conversations:read", "proposals:write")
		p, codes := a.proposes(program, c.conversationID, "It is **on its way**.", "confidence", 0.9, "reason", "The shop says so",
			"sources", []any{map[string]any{"title": "Order 7", "url": "https://example.com/7"}})
		if codes != "" || text(p, "state") != "WAITING" || text(p, "text") != "It is on its way." || text(p, "createdBy", "__typename") != "Integration" || text(p, "sources", 0, "title") != "Order 7" {
			t.Fatalf("%s %v", codes, p)
		}
		if _, codes := a.accepts(program, p); codes != "FORBIDDEN" {
			t.Errorf("a program accepts: %q", codes)
		}
		done, codes := a.accepts(adminToken, p, "idempotencyKey", "k")
		if codes != "" || text(done, "state") != "ACCEPTED" || text(done, "message", "text") != "It is on its way." || text(done, "message", "author", "__typename") != "User" ||
			text(done, "message", "proposal", "id") != text(p, "id") || text(done, "decidedBy", "id") == "" {
			t.Fatalf("%s %v", codes, done)
		}
		a.reads(c, "It is on its way.")
		if _, codes := a.accepts(adminToken, p, "idempotencyKey", "k"); codes != "" {
			t.Errorf("a retry: %q", codes)
		}
		if _, codes := a.accepts(adminToken, p); codes != "CONFLICT" {
			t.Errorf("accepted twice: %q", codes)
		}
		edited, _ := a.proposes(program, c.conversationID, "one two three four")
		if done, codes := a.accepts(adminToken, edited, "markdown", "one two 3 four"); codes != "" || fmt.Sprint(at(done, "editedShare"), at(done, "edited")) != "0.25 true" {
			t.Errorf("edited: %s %v", codes, done)
		}
		refused, _ := a.proposes(program, c.conversationID, "Nonsense")
		if got := a.codes(adminToken, "dismissProposal", "DismissProposalInput", "proposalId", text(refused, "id"), "note", "Wrong tone"); got != "" {
			t.Error(got)
		}
		if _, codes := a.accepts(adminToken, refused); codes != "CONFLICT" {
			t.Errorf("accepted after it was dismissed: %q", codes)
		}
		for name, want := range map[string]string{"REQUIRED": " ", "TOO_LONG": strings.Repeat("x", 1<<20)} {
			if _, codes := a.proposes(program, c.conversationID, want); codes != name {
				t.Errorf("%q, want %s", codes, name)
			}
		}
		for _, bad := range [][]any{{"confidence", 1.5}, {"basedOnNumber", 99}, {"basedOnNumber", -1}} {
			if _, codes := a.proposes(program, c.conversationID, "x", bad...); codes != "INVALID" {
				t.Errorf("%v: %q", bad, codes)
			}
		}
		log := fmt.Sprint(a.do(adminToken, `{ events(first: 500, types: [PROPOSAL_ACCEPTED, MESSAGE_CREATED]) { nodes { type actor { __typename } changes { ... on OtherFieldChange { field to } } } } }`, nil))
		if strings.Count(log, "proposedBy") != 4 {
			t.Errorf("the events do not name who proposed: %s", log)
		}
	})
}

// AG-3: a proposal that does not know the contact's last message is stale, and is refused before anything says so.
func TestStaleProposals(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		c := r.site.chat("Hello")
		stranger := a.program(a.channel().inboxID, "conversations:read", "proposals:write")
		if _, codes := a.proposes(stranger, c.conversationID, "Hi"); codes != "NOT_FOUND" {
			t.Errorf("a program of another inbox: %q", codes)
		}
		bot := a.granted(adminToken, "botId", r.id, "conversations:read", "proposals:write")
		p, codes := a.proposes(bot, c.conversationID, "Hi")
		if codes != "" {
			t.Fatal(codes)
		}
		r.writes(c, "Never mind")
		if _, codes := a.accepts(adminToken, p); codes != "CONFLICT" {
			t.Errorf("accepted while the contact had written: %q", codes)
		}
		a.until("it is stale", func() bool { return len(a.proposed(c.conversationID, "[STALE]")) == 1 })
		if _, codes := a.accepts(adminToken, p); codes != "CONFLICT" {
			t.Errorf("accepted while stale: %q", codes)
		}
		if _, codes := a.proposes(bot, c.conversationID, "Hi", "basedOnNumber", 1); codes != "CONFLICT" {
			t.Errorf("proposed from an old message: %q", codes)
		}
		for i := range 100 {
			if _, codes := a.proposes(bot, c.conversationID, fmt.Sprint("Hi ", i)); codes != "" {
				t.Fatal(codes)
			}
		}
		if _, codes := a.proposes(bot, c.conversationID, "One more"); codes != "TOO_LONG" {
			t.Errorf("101 wait: %q", codes)
		}
	})
}

// AG-3: an accepted action runs with the accepting person's rights, as the mutation itself does.
func TestProposedActions(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channel()
		annID, ann := a.agent("Ann", site.inboxID)
		c := site.chat("Hello")
		program := a.program(site.inboxID, "conversations:read", "proposals:write")
		state := func() any {
			return at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { status priority assignee { id } tags { name } snoozedUntil tickets { nodes { subject } } } }`,
				map[string]any{"id": c.conversationID}), "conversation")
		}
		for action, in := range map[string]map[string]any{
			"assignConversation": {"userId": annID}, "tagConversation": {"tags": []string{"Urgent"}}, "setConversationPriority": {"priority": "HIGH"},
			"createTicket": {"subject": "Broken"},
		} {
			p, codes := a.acts(program, c.conversationID, action, in)
			if codes != "" || text(p, "actionName") != action || !strings.Contains(text(p, "action"), `"conversationId":"`+c.conversationID) {
				t.Fatalf("%s: %s %v", action, codes, p)
			}
			if done, codes := a.accepts(ann, p); codes != "" || text(done, "state") != "ACCEPTED" {
				t.Errorf("%s: %s %v", action, codes, done)
			}
		}
		if got := state(); text(got, "assignee", "id") != annID || text(got, "priority") != "HIGH" || text(got, "tags", 0, "name") != "Urgent" || text(got, "tickets", "nodes", 0, "subject") != "Broken" {
			t.Errorf("after four actions: %v", got)
		}
		until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		snooze, codes := a.acts(program, c.conversationID, "snoozeConversation", map[string]any{"until": until})
		if codes != "" || !strings.Contains(text(snooze, "action"), until[:16]) {
			t.Errorf("%s %v", codes, snooze)
		}
		shut, _ := a.acts(program, c.conversationID, "closeConversation", map[string]any{})
		again, _ := a.proposes(program, c.conversationID, "Anything else?")
		weak := a.granted(ann, "userId", annID, "inbox")
		if done, codes := a.accepts(weak, shut); codes != "" || text(done, "state") != "ACCEPTED" || text(state(), "status") != "CLOSED" {
			t.Errorf("closed: %s %v", codes, done)
		}
		if _, codes := a.accepts(ann, again); codes != "CONVERSATION_CLOSED" {
			t.Errorf("a reply after the close: %q", codes)
		}
		ticket, _ := a.acts(program, c.conversationID, "createTicket", map[string]any{"subject": "Again"})
		narrow := a.granted(ann, "userId", annID, "conversations:read", "conversations:write")
		if _, codes := a.accepts(narrow, ticket); codes != "FORBIDDEN" || len(a.proposed(c.conversationID, "[WAITING]")) != 3 {
			t.Errorf("without contacts:write: %q", codes)
		}
		if _, codes := a.accepts(ann, ticket, "markdown", "x"); codes != "INVALID" {
			t.Errorf("an edited action: %q", codes)
		}
		other := site.chat("Another")
		for _, in := range []map[string]any{{"conversationId": other.conversationID}, {"idempotencyKey": "k"}} {
			if _, codes := a.acts(program, c.conversationID, "closeConversation", in); codes != "INVALID" {
				t.Errorf("%v: %q", in, codes)
			}
		}
		if _, codes := a.acts(program, c.conversationID, "tagConversation", map[string]any{"tags": []string{strings.Repeat("x", 1<<16)}}); codes != "TOO_LONG" {
			t.Errorf("a large action: %q", codes)
		}
	})
}

// AG-1, AG-3, AG-5: a bot that waits for approval goes on with the decision, and the reply goes out in its name.
func TestBotsHearDecisions(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		proposes := a.granted(adminToken, "botId", r.id, "conversations:read", "proposals:write")
		c := r.site.chat("My money back")
		s := a.listen(r.token, `subscription { botWork(atOnce: 3) { runId turn reason leaseUntil conversation { id } proposal { state note } } }`, nil)
		asks := r.take(s)
		p, codes := a.proposes(proposes, c.conversationID, "You get it back.")
		if got := codes + r.step(r.token, asks, "state", "AWAITING_APPROVAL"); got != "" {
			t.Fatal(got)
		}
		r.becomes(c.conversationID, "AWAITING_APPROVAL", "ACTIVE")
		if got := a.codes(adminToken, "dismissProposal", "DismissProposalInput", "proposalId", text(p, "id"), "note", "Too friendly"); got != "" {
			t.Fatal(got)
		}
		item := at(r.hear(s), "botWork")
		if text(item, "reason") != "REFUSED" || text(item, "proposal", "note") != "Too friendly" || text(item, "leaseUntil") == "" {
			t.Fatalf("refused: %v", item)
		}
		// A person may be quicker than the step that awaits them.
		p, _ = a.proposes(proposes, c.conversationID, "No.")
		done, codes := a.accepts(adminToken, p)
		if codes != "" || text(done, "message", "author", "__typename") != "Bot" {
			t.Fatalf("%s %v", codes, done)
		}
		item = at(r.hear(s), "botWork")
		if text(item, "reason") != "APPROVED" || text(item, "proposal", "state") != "ACCEPTED" {
			t.Fatalf("approved: %v", item)
		}
		a.reads(c, "No.")
		again := assignment{runID: text(item, "runId"), turn: asks.turn}
		if shown := r.run(c.conversationID); text(shown, "botState") != "ACTIVE" {
			t.Errorf("an accepted reply took the chat over: %v", shown)
		}
		if got := r.step(r.token, again, "state", "AWAITING_CONTACT"); got != "" {
			t.Fatal(got)
		}
		r.becomes(c.conversationID, "AWAITING_CONTACT", "ACTIVE")
		r.writes(c, "And now?")
		r.expect(s, "CONTACT_WROTE", c.conversationID)
	})
}

// AG-3: outcomes are the same again for a past time, also as NDJSON.
func TestProposalOutcomes(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now().Add(-time.Hour))
		a := serveTest(t, db.Open(t, turned))
		site := a.channel()
		c := site.chat("Hello")
		program := a.program(site.inboxID, "conversations:read", "proposals:write")
		from := turned.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		sent, _ := a.proposes(program, c.conversationID, "Hi there")
		_, _ = a.proposes(program, c.conversationID, "Hi")
		turned.Advance(time.Minute)
		early := turned.Now().UTC().Format(time.RFC3339Nano)
		turned.Advance(time.Minute)
		if _, codes := a.accepts(adminToken, sent); codes != "" {
			t.Fatal(codes)
		}
		shut, _ := a.acts(program, c.conversationID, "closeConversation", map[string]any{})
		if _, codes := a.accepts(adminToken, shut); codes != "" {
			t.Fatal(codes)
		}
		turned.Advance(time.Minute)
		a.do(adminToken, `mutation($in: ReopenConversationInput!) { reopenConversation(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
		turned.Advance(time.Minute)
		to := turned.Now().UTC().Format(time.RFC3339)
		outcomes := func(asOf string) string {
			vars := map[string]any{"from": from, "to": to}
			if asOf != "" {
				vars["asOf"] = asOf
			}
			var all []string
			list, _ := at(a.do(adminToken, `query($from: Time!, $to: Time!, $asOf: Time) { proposalOutcomes(from: $from, to: $to, asOf: $asOf) { nodes { state editedShare reopenedAt proposal { kind } } } }`, vars),
				"proposalOutcomes", "nodes").([]any)
			for _, o := range list {
				all = append(all, fmt.Sprintf("%s %s %v %t", text(o, "proposal", "kind"), text(o, "state"), at(o, "editedShare"), text(o, "reopenedAt") != ""))
			}
			return strings.Join(all, ", ")
		}
		if got := outcomes(early); got != "REPLY WAITING <nil> false, REPLY WAITING <nil> false" {
			t.Errorf("at first: %s", got)
		}
		a.until("the reopening is noted", func() bool {
			return outcomes("") == "REPLY ACCEPTED 0 true, REPLY WAITING <nil> false, ACTION ACCEPTED <nil> true"
		})
		export := func() string {
			made := at(a.do(adminToken, `mutation($in: ExportProposalOutcomesInput!) { exportProposalOutcomes(input: $in) { url userErrors { code } } }`, input("from", from, "to", to, "asOf", early)), "exportProposalOutcomes")
			return a.fetch(text(made, "url"))
		}
		if first := export(); first != export() || strings.Count(first, "\n") != 2 || strings.Contains(first, "ACCEPTED") {
			t.Errorf("the export: %q", first)
		}
		if got := a.codes(adminToken, "exportProposalOutcomes", "ExportProposalOutcomesInput", "from", to, "to", from); got != "INVALID" {
			t.Errorf("a period that ends before it begins: %q", got)
		}
	})
}

// AG-3: after a kill a proposal is either accepted with its message, or waits without one.
func TestAcceptanceSurvivesAKill(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		env := serverEnv(t, db, secret.GenerateKey())
		server := startServer(t, env...)
		a := &server.api
		site := a.channel()
		c := site.chat("Hello")
		program := a.program(site.inboxID, "conversations:read", "proposals:write")
		const replies = 8
		var ids []string
		for i := range replies {
			p, codes := a.proposes(program, c.conversationID, fmt.Sprint("Reply ", i))
			if codes != "" {
				t.Fatal(codes)
			}
			ids = append(ids, text(p, "id"))
		}
		first := make(chan struct{})
		for i, proposalID := range ids {
			go func() {
				body := fmt.Sprintf(`{"query": "mutation { acceptProposal(input: {proposalId: \"%s\"}) { userErrors { code } } }"}`, proposalID)
				request, _ := http.NewRequest(http.MethodPost, a.url+"/graphql", strings.NewReader(body)) //nolint:noctx // it ends with the server
				request.Header.Set("Authorization", "Bearer "+adminToken)
				request.Header.Set("Content-Type", "application/json")
				if response, err := http.DefaultClient.Do(request); err == nil {
					_, _ = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
				if i == 0 {
					close(first)
				}
			}()
		}
		<-first
		server.kill()
		a = &startServer(t, env...).api
		messages := fmt.Sprint(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages(first: 50) { nodes { text } } } }`, map[string]any{"id": c.conversationID}))
		list, _ := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { proposals(first: 50) { nodes { state text message { text } } } } }`, map[string]any{"id": c.conversationID}),
			"conversation", "proposals", "nodes").([]any)
		for _, p := range list {
			if sent := strings.Count(messages, text(p, "text")); sent > 1 || (text(p, "state") == "ACCEPTED") != (sent == 1) || (text(p, "message", "text") != "") != (sent == 1) {
				t.Errorf("%v was sent %d times", p, sent)
			}
		}
	})
}
