package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
)

// patience bounds a wait that something broken would not end. It is longer than a
// mailbox's first pauses after failures.
const patience = 45 * time.Second

// until waits until something holds.
func (a *api) until(what string, holds func() bool) {
	a.t.Helper()
	look, end := time.NewTicker(50*time.Millisecond), time.After(patience)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-end:
			a.t.Fatalf("it never came about that %s", what)
		}
	}
}

// google is a Parley whose Google is an OpenID provider and a Dovecot of the
// test, which hands what is submitted on to an SMTP server.
type google struct {
	*api
	provider           *mailserver.Provider
	box                *mailserver.Server
	out                *smtpserver.Server
	inboxID, channelID string
}

func newGoogle(t *testing.T, db testkit.Database) *google {
	t.Helper()
	g := &google{out: smtpserver.Start(t, smtpserver.Options{})}
	g.api = serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
		g.provider = mailserver.OpenID(t, func(o *mailserver.ProviderOptions) { o.RedirectURLs = []string{s.PublicURL + "/oauth/callback"} })
		g.box = mailserver.Dovecot(t, mailserver.Options{OpenID: g.provider, Relay: g.out.Address()})
		s.GoogleClientID, s.GoogleClientSecret, s.GoogleIssuer = g.provider.ClientID, g.provider.ClientSecret, g.provider.Issuer
		s.GoogleIMAP, s.GoogleSMTP = fmt.Sprintf("imap://%s:%d", g.box.Host, g.box.IMAP), fmt.Sprintf("smtp://%s:%d", g.box.Host, g.box.Submit)
		s.AllowedOrigins = []string{"https://app.example"}
	})
	g.inboxID = text(g.do(adminToken, `mutation { createInbox(input: {name: "Support"}) { inbox { id } userErrors { message } } }`, nil), "createInbox", "inbox", "id")
	return g
}

// begin asks for the mailbox and returns where the admin signs in.
func (g *google) begin() string {
	g.t.Helper()
	data := g.do(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) { emailChannel { id } authorizationUrl userErrors { field message } } }`,
		input("inboxId", g.inboxID, "provider", "GMAIL", "address", g.box.User, "acceptTerms", true))
	if at(data, "beginEmailChannel", "emailChannel") != nil {
		g.t.Errorf("there is a channel before the sign-in: %v", data)
	}
	return text(data, "beginEmailChannel", "authorizationUrl")
}

// browse gets the address that the provider sends a browser back to, and returns
// the page, or where it leads.
func (g *google) browse(back *url.URL) (page string, to *url.URL) {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, back.String(), nil)
	if err != nil {
		g.t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		g.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode == http.StatusSeeOther {
		to, err = response.Location()
		if err != nil {
			g.t.Fatal(err)
		}
		return "", to
	}
	return g.fetch(back.String()), nil
}

// finish ends the sign-in with what the browser was told.
func (g *google) finish(query url.Values) answer {
	g.t.Helper()
	return g.ask(adminToken, `mutation($in: FinishEmailChannelInput!) { finishEmailChannel(input: $in) { emailChannel { id state address authentication } userErrors { code field } } }`,
		input("state", query.Get("state"), "code", query.Get("code")))
}

// state reads the channel's.
func (g *google) state() (state, reason string) {
	g.t.Helper()
	data := g.do(adminToken, `query($id: ID!) { inbox(id: $id) { emailChannels { nodes { state stateReason } } } }`, map[string]any{"id": g.inboxID})
	channel := at(data, "inbox", "emailChannels", "nodes", 0)
	return text(channel, "state"), text(channel, "stateReason")
}

// deliver has a mail of Ada's come to the mailbox.
func (g *google) deliver(messageID, subject string, more ...string) {
	g.t.Helper()
	g.box.Deliver(g.t, g.box.User, crlf("Message-ID: <"+messageID+">\nFrom: Ada <ada@client.example>\nTo: "+g.box.User+"\nSubject: "+subject+
		"\nDate: Mon, 16 Nov 2026 09:00:00 +0000\n"+strings.Join(more, "")+"\nText of "+messageID+"\n"))
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

const entered = `subscription($in: ID!) { conversationView(inboxId: $in) { __typename ... on ViewSnapshot { conversations { edges { node { id } } } }
	... on ViewChanges { changes { __typename ... on ConversationEntered { conversation { id subject } } } } } }`

// hearEntered returns the next conversation that a view tells of.
func (g *google) hearEntered(view *socket) any {
	g.t.Helper()
	for {
		changes, _ := at(g.hear(view), "conversationView", "changes").([]any)
		for _, c := range changes {
			if text(c, "__typename") == "ConversationEntered" {
				return at(c, "conversation")
			}
		}
	}
}

// EM-1, EM-7: a mailbox is connected as an admin connects Gmail; mail shows up
// live, and answers go out by the same grant. When the grant is taken back the
// channel says so, and with a new one nothing is missing.
func TestConnectByOAuth(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		g := newGoogle(t, db)
		g.connect()
		view := g.listen(adminToken, entered, map[string]any{"in": g.inboxID})
		g.hear(view)
		g.deliver("question@client.example", "A question")
		c := g.hearEntered(view)
		if text(c, "subject") != "A question" {
			t.Fatalf("the view tells of %v", c)
		}
		g.answers(text(c, "id"))
		events := g.follow(adminToken, `subscription($after: Sequence!) { events(after: $after) { type inboxId subjectId changes { ... on ChannelStateChange { to: toChannelState } } } }`, nil)
		g.revoke()
		g.hearState(events, "ERROR")
		g.reconnect()
		g.hearState(events, "CONNECTED")
		if c := g.hearEntered(view); text(c, "subject") != "Meanwhile" {
			t.Errorf("after reconnecting the view tells of %v", c)
		}
		g.has(map[string]int{"A question": 3, "Meanwhile": 1})
	})
}

// connect connects the mailbox, by the page that tells what to do.
func (g *google) connect() {
	g.t.Helper()
	back := g.provider.Login(g.t, g.begin())
	page, _ := g.browse(back)
	if !strings.Contains(page, "finishEmailChannel") || !strings.Contains(page, back.Query().Get("code")) {
		g.t.Errorf("the page says %s", page)
	}
	done := g.finish(back.Query())
	made := at(done.Data, "finishEmailChannel", "emailChannel")
	if text(made, "state") != "CONNECTED" || text(made, "address") != g.box.User || text(made, "authentication") != "OAUTH" {
		g.t.Fatalf("finishEmailChannel answers %+v", done)
	}
	g.channelID = text(made, "id")
	if again := g.finish(back.Query()); text(again.Data, "finishEmailChannel", "userErrors", 0, "code") != "INVALID" {
		g.t.Errorf("a second time: %+v", again)
	}
}

// answers sends an answer, whose copy comes back to the mailbox, and gets a reply
// to it (EM-6).
func (g *google) answers(conversationID string) {
	g.t.Helper()
	g.reply(conversationID, "An answer")
	letters, err := g.out.Wait(g.t.Context(), 1)
	if err != nil {
		g.t.Fatal(err)
	}
	sent := string(letters[0].Raw)
	if letters[0].Recipients[0] != "ada@client.example" || !strings.Contains(sent, "In-Reply-To: <question@client.example>") {
		g.t.Errorf("sent to %v: %s", letters[0].Recipients, sent)
	}
	g.box.Deliver(g.t, g.box.User, sent)
	_, messageID, _ := strings.Cut(sent, "Message-Id: <")
	if messageID == "" {
		_, messageID, _ = strings.Cut(sent, "Message-ID: <")
	}
	messageID, _, _ = strings.Cut(messageID, ">")
	g.deliver("reply@client.example", "Re: A question", "In-Reply-To: <"+messageID+">\n")
	g.until("the reply has joined", func() bool { return len(g.messages(conversationID)) >= 3 })
}

// revoke has the admin take the grant back, which Dovecot, as it starts again,
// asks about. Mail comes nevertheless.
func (g *google) revoke() {
	g.t.Helper()
	g.provider.Revoke(g.t, g.box.User)
	g.box.Restart(g.t)
	g.deliver("meanwhile@client.example", "Meanwhile")
	g.until("the channel is in error", func() bool {
		state, reason := g.state()
		return state == "ERROR" && reason == "GRANT_REVOKED"
	})
	g.until("the admin has a letter", func() bool {
		files, _ := filepath.Glob(filepath.Join(g.dataDir, "outbox", "*.eml"))
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err == nil && strings.Contains(string(raw), "Subject: "+g.box.User+" does not work") {
				return true
			}
		}
		return false
	})
}

// hearState waits until the log tells that the channel entered a state.
func (g *google) hearState(events *socket, state string) {
	g.t.Helper()
	for {
		e := at(g.hear(events), "events")
		if text(e, "type") != "CHANNEL_STATE_CHANGED" {
			continue
		}
		if text(e, "inboxId") != g.inboxID || text(e, "subjectId") != g.channelID || text(e, "changes", 0, "to") != state {
			g.t.Errorf("the log tells %v in place of %s", e, state)
		}
		return
	}
}

// reconnect signs in again, by a page of the team's own.
func (g *google) reconnect() {
	g.t.Helper()
	data := g.do(adminToken, `mutation($in: ReconnectEmailChannelInput!) { reconnectEmailChannel(input: $in) { authorizationUrl userErrors { field message } } }`,
		input("channelId", g.channelID, "returnUrl", "https://app.example/mail?tab=1"))
	_, to := g.browse(g.provider.Login(g.t, text(data, "reconnectEmailChannel", "authorizationUrl")))
	if to == nil || to.Host != "app.example" || to.Path != "/mail" || to.Query().Get("tab") != "1" {
		g.t.Fatalf("the browser is sent to %v", to)
	}
	if done := g.finish(to.Query()); text(done.Data, "finishEmailChannel", "emailChannel", "id") != g.channelID {
		g.t.Errorf("finishEmailChannel answers %+v", done)
	}
}

// has checks which conversations there are, and how many messages in each.
func (g *google) has(want map[string]int) {
	g.t.Helper()
	data := g.do(adminToken, `query($in: ID!) { conversations(inboxId: $in) { edges { node { subject messages { edges { node { id } } } } } } }`, map[string]any{"in": g.inboxID})
	got := map[string]int{}
	edges, _ := at(data, "conversations", "edges").([]any)
	for _, e := range edges {
		messages, _ := at(e, "node", "messages", "edges").([]any)
		got[text(e, "node", "subject")] += len(messages)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(edges) != len(want) {
		g.t.Errorf("the inbox has %v in %d conversations, want %v", got, len(edges), want)
	}
}

// EM-2, AC-10: a user's own mailbox and an inbox's keep each other out, with the
// name of who has the address; the sign-in at a provider is not even begun.
func TestPersonalMailboxes(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.mailbox("support@shop.example")
		_, token := a.agent("Ben", m.inboxID)
		connect := func(address string) answer {
			return a.ask(token, `mutation($in: ConnectPersonalMailboxInput!) { connectPersonalMailbox(input: $in) { personalMailbox { id address } userErrors { code field message } } }`,
				input("address", address, "provider", "GMAIL"))
		}
		refused := func(got answer, mutation, who string) {
			t.Helper()
			problem := at(got.Data, mutation, "userErrors", 0)
			if text(problem, "code") != "ALREADY_EXISTS" || text(problem, "field", 0) != "address" || !strings.Contains(text(problem, "message"), who) {
				t.Errorf("%s answers %+v", mutation, got)
			}
		}
		refused(connect("Support@Shop.example"), "connectPersonalMailbox", `"Mail"`)
		mine := text(connect("ben@shop.example").Data, "connectPersonalMailbox", "personalMailbox", "id")
		begin := func() answer {
			return a.ask(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) { emailChannel { address } userErrors { code field message } } }`,
				input("inboxId", m.inboxID, "provider", "FORWARDING", "address", "BEN@shop.example", "acceptTerms", true))
		}
		refused(begin(), "beginEmailChannel", "Ben")
		const remove = `mutation($in: RemovePersonalMailboxInput!) { removePersonalMailbox(input: $in) { userErrors { code } } }`
		if got := a.ask(adminToken, remove, input("personalMailboxId", mine)); text(got.Data, "removePersonalMailbox", "userErrors", 0, "code") != "NOT_FOUND" {
			t.Errorf("somebody else removes it: %+v", got)
		}
		a.do(token, remove, input("personalMailboxId", mine))
		if got := begin(); text(got.Data, "beginEmailChannel", "emailChannel", "address") != "ben@shop.example" {
			t.Errorf("once it is removed: %+v", got)
		}
	})
}
