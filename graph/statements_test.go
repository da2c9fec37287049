package graph_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// Pitfall 12: what belongs to mail is read for all rows of a page at once, down
// to the addresses of files and raw mail.
func TestStatementsOfMail(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		m := mailroomOn(t, db.Open(t, clock.System{}, asked.Trace))
		channel := m.connect(m.preset(``))
		raw := func(more string) string {
			return strings.Replace(question, "<one@example.net>", fmt.Sprintf("<%s@example.net>%s", rand.Text(), more), 1)
		}
		first := strings.Replace(question, "<one@", "<first@", 1)
		conversation := m.comes(channel, first)
		page := fmt.Sprintf(`{ conversations(inboxId: %q, view: {builtIn: EMAIL}, first: 50) { edges { node { participants { nodes { address } } toAddress possiblyRelated { id } tickets { nodes { subject } }
			channel { ... on EmailChannel { address inbox { name } termsAcceptedBy { ... on User { name } } } } } } } }`, m.InboxIDs[0])
		messages := fmt.Sprintf(`{ conversation(id: %q) { messages(first: 50) { edges { node { html quotedHtml attachments { url } author { ... on Contact { email } }
			email { rawUrl verdict { thread reasons { code } } recipients { address } mailboxes { name } } } } } } }`, conversation)
		ask := func(document string, rows int) []string {
			return asked.Of(func() {
				if got := m.as(m.Agent(0), document, nil); strings.Contains(got, `"errors"`) || strings.Count(got, `{"node"`) != rows {
					t.Fatal(got)
				}
			})
		}
		few, short := ask(page, 1), ask(messages, 1)
		for range 4 {
			m.comes(channel, raw(""))
			if joined := m.comes(channel, raw("\r\nIn-Reply-To: <first@example.net>")); joined != conversation {
				t.Fatal("the answer began a conversation")
			}
		}
		if more := ask(page, 5); len(more) != len(few) {
			t.Errorf("%d statements for 5 conversations, %d for 1:\n%s", len(more), len(few), strings.Join(more, "\n"))
		}
		if more := ask(messages, 5); len(more) != len(short) {
			t.Errorf("%d statements for 5 messages, %d for 1:\n%s", len(more), len(short), strings.Join(more, "\n"))
		}
	})
}

// DX-6: what inboxes lack is read for all of them at once.
func TestStatementsOfSetup(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		m := mailroomOn(t, db.Open(t, clock.System{}, asked.Trace))
		ask := func() (statements []string, inboxes int) {
			return asked.Of(func() {
				got := m.as(m.Admin, `{ inboxes { nodes { setup { id what state text fixWith { example } } } } }`, nil)
				if strings.Contains(got, `"errors"`) {
					t.Fatal(got)
				}
				inboxes = strings.Count(got, `{"setup"`)
			}), inboxes
		}
		few, before := ask()
		for i := range 3 {
			if got := m.as(m.Admin, fmt.Sprintf(`mutation { createInbox(input: {name: "Inbox %d"}) { inbox { id } userErrors { message } } }`, i), nil); strings.Contains(got, "message") {
				t.Fatal(got)
			}
		}
		m.connect("")
		more, after := ask()
		if after < before+3 || len(more) != len(few) {
			t.Errorf("%d statements for %d inboxes, %d for %d:\n%s", len(more), after, len(few), before, strings.Join(more, "\n"))
		}
	})
}

// CO-1: what items of the library show is read for all rows of a page at once.
func TestStatementsOfLibraryItems(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		m := mailroomOn(t, db.Open(t, clock.System{}, asked.Trace))
		add := func(name string) {
			made := m.as(m.Admin, fmt.Sprintf(`mutation { createLibraryItem(input: {kind: SNIPPET, name: %q, markdown: "Nine to five", folder: "Hours"}) { libraryItem { id } userErrors { code } } }`, name), nil)
			if !strings.Contains(made, `"userErrors":[]`) {
				t.Fatal(made)
			}
		}
		ask := func(rows int) []string {
			return asked.Of(func() {
				got := m.as(m.Admin, `{ libraryItems(first: 50) { nodes { name owner { name } team { name } markdown html usageCount variants { markdown } } } }`, nil)
				if strings.Contains(got, `"errors"`) || strings.Count(got, `"usageCount"`) != rows {
					t.Fatal(got)
				}
			})
		}
		add("One")
		few := ask(1)
		for i := range 4 {
			add(fmt.Sprint("More ", i))
		}
		if more := ask(5); len(more) != len(few) {
			t.Errorf("%d statements for 5 items, %d for 1:\n%s", len(more), len(few), strings.Join(more, "\n"))
		}
	})
}

// CO-6: how far the quotes of cards have come is read for all messages of a page at once.
func TestStatementsOfQuoteCards(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		m := mailroomOn(t, db.Open(t, clock.System{}, asked.Trace))
		conversation := m.comes(m.connect(m.preset("")), question)
		send := func(name string) {
			var made struct {
				CreateQuote struct{ Quote struct{ ID string } }
			}
			m.as(m.Admin, fmt.Sprintf(`mutation { createQuote(input: {conversationId: %q, title: %q, currency: "EUR", lines: [{name: "Tea", unitPrice: "1"}]}) { quote { id } } }`, conversation, name), &made)
			sent := m.as(m.Admin, fmt.Sprintf(`mutation { publishQuote(input: {quoteId: %[1]q}) { userErrors { code } } sendMessage(input: {conversationId: %[2]q, quoteIds: [%[1]q]}) { userErrors { code } } }`,
				made.CreateQuote.Quote.ID, conversation), nil)
			if strings.Count(sent, `"userErrors":[]`) != 2 {
				t.Fatal(sent)
			}
		}
		ask := func(rows int) []string {
			return asked.Of(func() {
				got := m.as(m.Admin, fmt.Sprintf(`{ conversation(id: %q) { messages(first: 50) { nodes { cards { title state } } } } }`, conversation), nil)
				if strings.Contains(got, `"errors"`) || strings.Count(got, `"state":"PUBLISHED"`) != rows {
					t.Fatal(got)
				}
			})
		}
		send("One")
		few := ask(1)
		for i := range 4 {
			send(fmt.Sprint("More ", i))
		}
		if more := ask(5); len(more) != len(few) {
			t.Errorf("%d statements for 5 cards, %d for 1:\n%s", len(more), len(few), strings.Join(more, "\n"))
		}
	})
}

// CO-6, CO-7: a mail that begins a conversation takes quotes for its recipient, and no others.
func TestQuotesOfFirstMail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		channel := m.connect("")
		quoteFor := func(contactID string) string {
			var made struct {
				CreateQuote struct{ Quote struct{ ID string } }
			}
			m.as(m.Admin, fmt.Sprintf(`mutation { createQuote(input: {contactId: %q, title: "Tea", currency: "EUR", lines: [{name: "Tea", unitPrice: "1"}]}) { quote { id } } }`, contactID), &made)
			m.as(m.Admin, fmt.Sprintf(`mutation { publishQuote(input: {quoteId: %q}) { quote { id } } }`, made.CreateQuote.Quote.ID), nil)
			return made.CreateQuote.Quote.ID
		}
		var eve struct {
			CreateContact struct{ Contact struct{ ID string } }
		}
		m.as(m.Admin, `mutation { createContact(input: {email: "eve@example.net"}) { contact { id } } }`, &eve)
		start := func(quoteID string) string {
			return m.as(m.Admin, fmt.Sprintf(`mutation { startEmailConversation(input: {channelId: %q, to: ["eve@example.net"], subject: "Offer", text: "Hi", quoteIds: [%q]}) { message { cards { title state } } userErrors { code field } } }`, channel, quoteID), nil)
		}
		for quoteID, want := range map[string]string{
			quoteFor(eve.CreateContact.Contact.ID): `{"data":{"startEmailConversation":{"message":{"cards":[{"title":"Tea","state":"PUBLISHED"}]},"userErrors":[]}}}`,
			quoteFor(m.ContactID):                  `{"data":{"startEmailConversation":{"message":null,"userErrors":[{"code":"INVALID","field":["quoteIds","0"]}]}}}`,
		} {
			if got := start(quoteID); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		}
	})
}
