package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"parley/ent"
	"parley/ent/inboundmail"
	"parley/graph"
	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/channel/chat/visitor"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/crm"
	"parley/internal/egress"
	"parley/internal/inbox"
	"parley/internal/library"
	"parley/internal/loader"
	"parley/internal/property"
	"parley/internal/quote"
	"parley/internal/remoteimage"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/testkit"
)

// mailroom is the API of an account that gets mail.
type mailroom struct {
	*testkit.Fixture
	t         *testing.T
	receiving *receive.Service
	files     *attachment.Service
	services  graph.Services
	handler   http.Handler
	// single resolves each object by itself, as gqlgen does within one list.
	single http.Handler
}

func eachMailroom(t *testing.T, test func(m *mailroom)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) { test(mailroomOn(t, st)) })
}

func mailroomOn(t *testing.T, st *store.Store) *mailroom {
	t.Helper()
	st.UseJobs(undone{})
	m := &mailroom{t: t, Fixture: testkit.Account(t, st)}
	keys, err := secret.Parse(secret.GenerateKey())
	m.ok(err)
	blobs, err := blob.Open(t.Context(), "mem://", "")
	m.ok(err)
	staff, contacts := account.New(st), contact.New(st)
	m.files = attachment.New(st, blobs, keys, staff, "https://parley.example.com", attachment.Options{})
	quiet, outbox := slog.New(slog.DiscardHandler), deliver.NewOutbox(keys)
	conversations := conversation.New(st, conversation.Deps{Viewers: staff, Outbox: outbox, Contacts: contacts, Attachments: m.files, Library: library.New(st, "https://parley.example.com"), Quotes: quote.New(st, "https://parley.example.com", nil)})
	emails := settings.New(st, keys, outbox, settings.Options{PublicURL: "https://parley.example.com", Domain: "in.example.com", Log: quiet})
	m.receiving = receive.New(st, keys, emails, contacts, conversations, m.files, blobs, receive.Options{Log: quiet})
	delivery := deliver.New(st, keys, emails, conversations, m.files, deliver.Options{Folder: t.TempDir(), Log: quiet})
	m.services = graph.Services{
		Accounts: staff, Contacts: contacts, Conversations: conversations, Views: view.New(st), Nodes: loader.New(st), Records: crm.New(st), Tags: tag.New(st), Properties: property.New(st), Library: library.New(st, "https://parley.example.com"), Quotes: quote.New(st, "https://parley.example.com", nil),
		Inboxes: inbox.New(st, staff, conversations, emails), EmailSettings: emails, EmailReceiving: m.receiving, EmailDelivery: delivery, Attachments: m.files,
		RemoteImages: remoteimage.New(st, keys, egress.New(nil).HTTPClient(), "https://parley.example.com", quiet),
		Presence:     newPresence(t, st), Visitors: visitor.New(st, keys, nil, contacts, conversations, visitor.Options{}),
	}
	schema, err := graph.Schema(m.services, graph.Federation)
	m.ok(err)
	serve := func() *handler.Server {
		srv := handler.New(schema)
		srv.AddTransport(transport.POST{})
		graph.Install(srv, graph.DefaultLimits(), declaredOnly(m.t))
		return srv
	}
	batched := serve()
	batched.Use(graph.Batches{})
	m.handler, m.single = batched, serve()
	return m
}

// undone leaves background work to the tests.
type undone struct{}

// InsertJobs forgets jobs.
func (undone) InsertJobs(context.Context, *store.Raw, []store.Job) error { return nil }

func (m *mailroom) ok(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// as runs a document, and decodes what it answers with into a value, if there is one.
func (m *mailroom) as(ctx context.Context, document string, into any) string {
	m.t.Helper()
	return m.askOf(ctx, m.handler, document, into)
}

func (m *mailroom) askOf(ctx context.Context, h http.Handler, document string, into any) string {
	m.t.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	m.ok(err)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer := strings.TrimSpace(w.Body.String())
	if into != nil {
		m.ok(json.Unmarshal([]byte(answer), &struct{ Data any }{into}))
	}
	return answer
}

// fileTokens are what lets a browser load a file.
var fileTokens = regexp.MustCompile(`token=[^"&\\ ]+`)

// secrets are what differs from run to run: ids, and the tokens of addresses.
var secrets = regexp.MustCompile(`(attachment|inboundmail|conversation|message|ticket|channel|mailbox)_[0-9a-z]{26}|token=[^"&\\ ]+|[a-z0-9]{26}@in\.example\.com`)

// wants compares an answer without its secrets.
func (m *mailroom) wants(ctx context.Context, document, want string) {
	m.t.Helper()
	got := secrets.ReplaceAllString(m.as(ctx, document, nil), "${1}_")
	if got != want {
		m.t.Errorf("%s\n got %s\nwant %s", document, got, want)
	}
}

// connect connects a forwarding address to the first inbox and returns its channel's id.
func (m *mailroom) connect(more string) string {
	m.t.Helper()
	return m.connectTo(m.InboxIDs[0], more)
}

// preset is the preset of a channel's tickets: the first pipeline, and more.
func (m *mailroom) preset(more string) string {
	m.t.Helper()
	var answer struct {
		Pipelines struct{ Nodes []struct{ ID string } }
	}
	m.as(m.Admin, `{ pipelines(object: TICKET) { nodes { id } } }`, &answer)
	return fmt.Sprintf(`, ticketPreset: {pipelineId: %q%s}`, answer.Pipelines.Nodes[0].ID, more)
}

func (m *mailroom) connectTo(inboxID, more string) string {
	m.t.Helper()
	var answer struct {
		BeginEmailChannel struct{ EmailChannel struct{ ID string } }
	}
	got := m.as(m.Admin, fmt.Sprintf(`mutation { beginEmailChannel(input: {inboxId: %q, provider: FORWARDING, address: "Support@Example.com", acceptTerms: true %s})
		{ emailChannel { id } userErrors { message field } } }`, inboxID, more), &answer)
	if answer.BeginEmailChannel.EmailChannel.ID == "" {
		m.t.Fatal(got)
	}
	return answer.BeginEmailChannel.EmailChannel.ID
}

// comes has a mail come to a channel and returns its conversation's id.
func (m *mailroom) comes(channelID, raw string) string {
	m.t.Helper()
	m.ok(m.receiving.StoreForwarded(m.t.Context(), receive.Arrived{
		ChannelIDs: []string{channelID}, From: "ada@example.net", Recipients: []string{"support@example.com"}, Raw: strings.NewReader(raw),
	}))
	newest := m.Store.Client(m.System).InboundMail.Query().Order(ent.Desc(inboundmail.FieldID))
	stored, err := newest.First(m.System)
	m.ok(err)
	m.ok(m.receiving.RunIngest(m.t.Context(), receive.IngestArgs{AccountID: m.AccountID, MailID: stored.ID}))
	stored, err = m.Store.Client(m.System).InboundMail.Get(m.System, stored.ID)
	m.ok(err)
	return stored.ConversationID
}

// question is a mail with an image that its HTML shows, a file, and a quote.
var question = strings.ReplaceAll(`From: Ada Example <Ada@example.net>
To: support@example.com
Cc: Bob <bob@example.net>
Subject: Where is my parcel?
Message-ID: <one@example.net>
Date: Sun, 22 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html; charset=utf-8

<p>Hello <img src="cid:logo"></p><div class="gmail_quote"><div class="gmail_attr">On Sat, 21 Nov 2026 at 10:00, Support &lt;support@example.com&gt; wrote:<br></div><blockquote class="gmail_quote">Your order</blockquote></div>
--r
Content-Type: image/png; name=logo.png
Content-ID: <logo>
Content-Disposition: inline; filename=logo.png
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
--r--
--m
Content-Type: text/plain; name=order.txt
Content-Disposition: attachment; filename=order.txt

Order 17
--m--
`, "\n", "\r\n")
