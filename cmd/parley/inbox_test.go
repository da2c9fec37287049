package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"parley/internal/testkit"
)

const inboxFolder = "../../docs/examples/inbox"

// buildingInbox is for one build at a time: all write the same types.
var buildingInbox sync.Mutex

// buildInbox builds the example inbox with the types of this program's schema, and
// returns where it is. Where node, its packages or a browser are missing the test is
// skipped, but in CI.
func buildInbox(t *testing.T) (node, built string) {
	t.Helper()
	node, err := exec.LookPath("node")
	_, noPackages := os.Stat(inboxFolder + "/node_modules/vite")
	_, noBrowser := os.Stat(chromium)
	if err := errors.Join(err, noPackages, noBrowser); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the example inbox must be tested here: %v (apt-get install npm chromium; scripts/clients.sh)", err)
		}
		t.Skipf("SKIPPED, the example inbox is not tested: %v (apt-get install npm chromium; scripts/clients.sh)", err)
	}
	buildingInbox.Lock()
	defer buildingInbox.Unlock()
	made := inboxFolder + "/src/gql"
	if err := os.MkdirAll(made, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, flag := range map[string][]string{"schema.graphql": nil, "possibleTypes.json": {"--possible-types"}, "typePolicies.ts": {"--type-policies"}} {
		out, err := program(t.Context(), nil, append([]string{"schema"}, flag...)...).Output()
		if err == nil {
			err = os.WriteFile(filepath.Join(made, name), out, 0o600)
		}
		if err != nil {
			t.Fatal(name, err)
		}
	}
	built = t.TempDir()
	for _, tool := range [][]string{
		{"@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.ts"},
		{"typescript/bin/tsc"},
		{"vite/bin/vite.js", "build", "--outDir", built},
	} {
		run := exec.CommandContext(t.Context(), node, append([]string{"node_modules/" + tool[0]}, tool[1:]...)...)
		run.Dir = inboxFolder
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", tool[0], err, out)
		}
	}
	return node, built
}

// DX-1: the example inbox builds with the schema as it is, and works in a browser: the
// thread, the insert menu, the right-hand column and a contact's page.
func TestExampleInbox(t *testing.T) {
	t.Parallel()
	node, built := buildInbox(t)
	s := startServer(t, "PARLEY_DATA_DIR="+t.TempDir(), "PARLEY_ADMIN_TOKEN="+adminToken, "PARLEY_ALLOWED_ORIGINS=*")
	site := s.channel()
	ana := s.do(adminToken, `mutation($in: CreateUserInput!) { createUser(input: $in) { user { id } userErrors { message } } }`, input("name", "Ana", "email", "ana@example.com"))
	anaID := text(ana, "createUser", "user", "id")
	s.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", site.inboxID, "addUserIds", []string{anaID})
	made := s.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`, input("name", "Inbox", "userId", anaID, "scopes", []string{"inbox"}))
	agent := text(made, "createApiToken", "token")
	chat := site.chat("Where is my order?")
	s.do(adminToken, `mutation {
		createProperty(input: {object: CONTACT, name: "tier", label: "Tier", kind: TEXT}) { userErrors { message } }
		hours: createLibraryItem(input: {kind: SNIPPET, name: "Opening hours", shortcut: "hours", markdown: "Dear {{contact.firstName | \"customer\"}}, we open at 9."}) { userErrors { message } }
		prices: createLibraryItem(input: {kind: LINK, name: "Price list", url: "https://shop.example/prices"}) { userErrors { message } }
	}`, nil)
	made = s.do(adminToken, `mutation { createContact(input: {firstName: "Ada", lastName: "Lovelace", emails: [{email: "ada@example.com"}], properties: [{name: "tier", text: "Gold"}]}) { contact { id } userErrors { message } } }`, nil)
	s.codes(adminToken, "linkContact", "LinkContactInput", "conversationId", chat.conversationID, "contactId", text(made, "createContact", "contact", "id"))
	made = s.do(adminToken, `mutation($in: CreateQuoteInput!) { createQuote(input: $in) { quote { id } userErrors { message } } }`,
		input("contactId", text(made, "createContact", "contact", "id"), "title", "Two lamps", "currency", "EUR", "lines", []any{map[string]any{"name": "Lamp", "unitPrice": "9.50", "quantity": "2"}}))
	s.codes(adminToken, "publishQuote", "PublishQuoteInput", "quoteId", text(made, "createQuote", "quote", "id"))

	r := s.worker(nil)
	s.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", r.site.inboxID, "addUserIds", []string{anaID})
	botChat := r.site.chat("My money back")
	if got := r.step(r.token, r.take(r.work(1)), "state", "AWAITING_APPROVAL"); got != "" {
		t.Fatal(got)
	}
	second := r.site.chat("A person, please")
	machine := s.granted(adminToken, "botId", r.id, "conversations:read", "proposals:write", "annotations:write")

	ctx, cancel := context.WithTimeout(t.Context(), browsing)
	defer cancel()
	run := exec.CommandContext(ctx, node, "--test", inboxFolder+"/test/inbox.test.mjs")
	run.Env = append(os.Environ(), "PARLEY_URL="+s.url, "PARLEY_TOKEN="+agent, "PARLEY_VISITOR_TOKEN="+chat.visitor, "PARLEY_CONVERSATION="+chat.conversationID, "INBOX_OUT="+built, "MACHINE_TOKEN="+machine, "BOT_TOKEN="+r.token, "BOT_CONVERSATION="+botChat.conversationID, "BOT_CONVERSATION_2="+second.conversationID, "CHROMIUM="+chromium)
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) { signsIn(t, db, node, built) })
}
