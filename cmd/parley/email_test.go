package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
)

// mailbox is a forwarding channel of a fresh inbox.
type mailbox struct {
	*api
	inboxID, channelID, forwarding string
}

func (a *api) mailbox(address string) *mailbox {
	a.t.Helper()
	inbox := text(a.do(adminToken, `mutation { createInbox(input: {name: "Mail"}) { inbox { id } userErrors { message } } }`, nil), "createInbox", "inbox", "id")
	data := a.do(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) {
		emailChannel { id state forwardingAddress address kind inbox { id } } authorizationUrl userErrors { field message } } }`,
		map[string]any{"in": map[string]any{"inboxId": inbox, "provider": "FORWARDING", "address": address, "acceptTerms": true}})
	if state := text(data, "beginEmailChannel", "emailChannel", "state"); state != "CONNECTED" {
		a.t.Fatalf("the channel is %q: %v", state, data)
	}
	return &mailbox{a, inbox, text(data, "beginEmailChannel", "emailChannel", "id"), text(data, "beginEmailChannel", "emailChannel", "forwardingAddress")}
}

// forward sends a mail as another server forwards it.
func (m *mailbox) forward(from, raw string) {
	m.t.Helper()
	if err := smtp.SendMail(m.smtp, nil, from, []string{m.forwarding}, []byte(strings.ReplaceAll(raw, "\n", "\r\n"))); err != nil {
		m.t.Fatal(err)
	}
}

// conversations waits until a view has n conversations.
func (m *mailbox) conversations(view string, n int) []any {
	m.t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		data := m.do(adminToken, `query($in: ID!, $view: ConversationView!) { conversations(inboxId: $in, view: {builtIn: $view}, first: 5) { edges { node {
			id subject status filtered toAddress contact { name email } channel { __typename id }
			participants { nodes { name address } } tickets { nodes { id subject stage { name } } }
			messages(first: 20) { edges { node { number direction text html quotedHtml delivery deliveryError
				attachments { id fileName contentType size url inline }
				email { messageId from to subject rawUrl verdict { thread reasons { reason code } } } } } } } } } }`,
			map[string]any{"in": m.inboxID, "view": view})
		edges, _ := at(data, "conversations", "edges").([]any)
		if len(edges) == n {
			nodes := make([]any, n)
			for i, e := range edges {
				nodes[i] = at(e, "node")
			}
			return nodes
		}
		select {
		case <-deadline:
			m.t.Fatalf("%s has %d conversations, not %d: %v", view, len(edges), n, data)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// sent waits for a mail in the outbox to an address.
func (m *mailbox) sent(to string) *mail.Message {
	m.t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		files, _ := filepath.Glob(filepath.Join(m.dataDir, "outbox", "message_*.eml"))
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				m.t.Fatal(err)
			}
			if letter, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil && strings.Contains(letter.Header.Get("To"), to) {
				return letter
			}
		}
		select {
		case <-deadline:
			m.t.Fatalf("no mail to %s in the outbox", to)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

const question = `From: Ada Lovelace <ada@example.com>
To: support@shop.example
Subject: Where is my parcel?
Message-ID: <question@mail.example.com>
Date: Mon, 16 Nov 2026 09:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

It was sent a week ago. The receipt is attached.

--b
Content-Type: text/plain; name="receipt.txt"
Content-Disposition: attachment; filename="receipt.txt"

Paid: 20 EUR
--b--
`

// EM-1, EM-3, EM-4, EM-6: a forwarded mail becomes a conversation with a ticket;
// the answer goes out with what ties the reply to it; the reply joins it; all of
// that over the public API and real SMTP.
func TestMailStory(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.mailbox("support@shop.example")
		support := at(a.do(adminToken, `{ pipelines(object: TICKET) { nodes { id } } }`, nil), "pipelines", "nodes", 0, "id")
		a.do(adminToken, `mutation($in: CreatePropertyInput!) { createProperty(input: $in) { userErrors { message } } }`,
			input("object", "TICKET", "name", "category", "kind", "CHOICE", "options", []any{map[string]any{"value": "parcels"}}))
		preset := map[string]any{"pipelineId": support, "priority": "HIGH", "definedProperties": []any{map[string]any{"property": "category", "value": "parcels"}}}
		kept := a.do(adminToken, `mutation($in: UpdateEmailChannelInput!) { updateEmailChannel(input: $in) { emailChannel { ticketPreset { definedProperties { property { name } value } problems } } userErrors { field message } } }`,
			input("channelId", m.channelID, "signature", "<p>The team</p>", "ticketPreset", preset))
		if got := fmt.Sprint(at(kept, "updateEmailChannel", "emailChannel", "ticketPreset")); got != "map[definedProperties:[map[property:map[name:category] value:parcels]] problems:[]]" {
			t.Errorf("the preset is %s", got)
		}
		m.forward("ada@example.com", question)
		c := m.conversations("UNASSIGNED", 1)[0]
		if text(c, "subject") != "Where is my parcel?" || text(c, "contact", "email") != "ada@example.com" || text(c, "toAddress") != "support@shop.example" {
			t.Errorf("the conversation is %v", c)
		}
		if text(c, "tickets", "nodes", 0, "stage", "name") != "New" {
			t.Errorf("its tickets are %v", at(c, "tickets"))
		}
		ticketed := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { tickets { nodes { definedProperties { choice { value } } } } } }`, map[string]any{"id": text(c, "id")})
		if got := fmt.Sprint(at(ticketed, "conversation", "tickets", "nodes", 0, "definedProperties")); got != "[map[choice:map[value:parcels]]]" {
			t.Errorf("it has %s", got)
		}
		first := at(c, "messages", "edges", 0, "node")
		if text(first, "attachments", 0, "fileName") != "receipt.txt" || !strings.HasPrefix(text(first, "text"), "It was sent a week ago.") {
			t.Errorf("its message is %v", first)
		}
		if body := a.fetch(text(first, "attachments", 0, "url")); body != "Paid: 20 EUR" {
			t.Errorf("the file says %q", body)
		}
		if raw := a.fetch(text(first, "email", "rawUrl")); !strings.Contains(raw, "Message-ID: <question@mail.example.com>") {
			t.Errorf("the raw mail is %q", raw)
		}

		a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { delivery } userErrors { field message } } }`,
			map[string]any{"in": map[string]any{"conversationId": text(c, "id"), "text": "It arrives tomorrow."}})
		answer := m.sent("ada@example.com")
		if got := answer.Header.Get("In-Reply-To"); got != "<question@mail.example.com>" {
			t.Errorf("In-Reply-To is %s", got)
		}
		m.forward("ada@example.com", "From: ada@example.com\nTo: support@shop.example\nSubject: AW: Where is my parcel?\nMessage-ID: <reply@mail.example.com>\n"+
			"Date: Mon, 16 Nov 2026 10:00:00 +0000\nIn-Reply-To: "+answer.Header.Get("Message-Id")+"\n\nThank you!\n\nOn Mon, 16 Nov 2026 at 09:30, Support wrote:\n> It arrives tomorrow.\n")
		for deadline := time.After(20 * time.Second); ; {
			c = m.conversations("ALL", 1)[0]
			if edges, _ := at(c, "messages", "edges").([]any); len(edges) == 3 {
				break
			}
			select {
			case <-deadline:
				t.Fatalf("the reply did not join: %v", c)
			case <-time.After(50 * time.Millisecond):
			}
		}
		reply := at(c, "messages", "edges", 2, "node")
		if text(reply, "text") != "Thank you!" || !strings.Contains(text(reply, "quotedHtml"), "It arrives tomorrow.") || text(reply, "email", "verdict", "thread") != "TOKEN" {
			t.Errorf("the reply is %v", reply)
		}
		if d := text(at(c, "messages", "edges", 1, "node"), "delivery"); d != "SENT" {
			t.Errorf("the answer is %s", d)
		}

		m.forward("news@shop.example", "From: Newsletter <newsletter@brand.example>\nTo: support@shop.example\nSubject: Sale\nMessage-ID: <n1@brand.example>\n"+
			"Date: Mon, 16 Nov 2026 11:00:00 +0000\nList-Unsubscribe: <https://brand.example/u>\n\nBuy now\n")
		filtered := m.conversations("FILTERED", 1)[0]
		if text(filtered, "messages", "edges", 0, "node", "email", "verdict", "reasons", 0, "code") == "" {
			t.Errorf("the filtered mail has no reason: %v", filtered)
		}
		if err := smtp.SendMail(a.smtp, nil, "x@example.com", []string{"nobody@in.example.com"}, []byte("Subject: x\r\n\r\nx")); err == nil || !strings.HasPrefix(err.Error(), "550") {
			t.Errorf("an unknown recipient is told %v", err)
		}
	})
}

// fetch gets a file's address as a browser does.
func (a *api) fetch(address string) string {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		a.t.Fatalf("%s: status %d, %v", address, response.StatusCode, err)
	}
	return string(body)
}
