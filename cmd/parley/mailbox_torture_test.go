package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/mail"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
)

const (
	// takeOver is within what time another process follows a dead one's mailbox.
	takeOver = time.Minute
	// mailEnd is how long mailboxes may take to settle after the last torment.
	mailEnd = 90 * time.Second
	// longTorture is the least time of torment after which all answers must have
	// gone out: what was deferred, or on its way when its process died, is tried
	// again after minutes.
	longTorture = 5 * time.Minute
	sendEnd     = 15 * time.Minute
)

// Mail comes all the time, and is answered, while the processes that follow the
// mailbox are killed, and its server dies and forgets its UIDs: each mail is one
// message in its right thread, each answer goes out, the log is whole, and no
// file lies about (EM-4, EM-5, EM-6, OP-2). It runs on one process with SQLite,
// and on two with PostgreSQL.
//
// PARLEY_TORTURE says for how long, e.g. 10m; left out: 10 s, beside what it
// takes until a dead process's mailbox is taken over.
func TestMailboxSurvives(t *testing.T) {
	t.Parallel()
	length, err := time.ParseDuration(cmp.Or(os.Getenv("PARLEY_TORTURE"), "10s"))
	if err != nil {
		t.Fatalf("PARLEY_TORTURE: %v", err)
	}
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		m := newMailroom(t, db)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var agents sync.WaitGroup
		for i := range 2 {
			agents.Go(func() { m.answer(ctx, fmt.Sprint(i)) })
		}
		m.dieAndTakeOver()
		for end, over := time.After(length), false; !over; {
			over = m.torment(end)
		}
		stop()
		agents.Wait()
		m.settle(length >= longTorture)
		m.c.api().logged("")
		t.Logf("%d mails in %d threads, %d answers, of which %d wait; %d letters went out", len(m.mails), len(m.threads), len(m.answers), len(m.unsent()), len(m.out.Mails()))
		m.noFileLiesAbout(db)
	})
}

// mailroom is a mailbox at a real Dovecot, the processes that follow it, and
// what has come and was answered.
type mailroom struct {
	t       *testing.T
	c       *cluster
	box     *mailserver.Server
	out     *smtpserver.Server
	inboxID string

	down bool // Dovecot
	// came are the mails to which replies may come; nil: to all. A server that
	// dies or forgets its UIDs gives those that are not read yet another order.
	came    map[string][]found
	threads []*mailThread
	mails   map[string]*mailThread // by Message-ID

	kills, defers int

	mu      sync.Mutex
	answers map[string]bool // texts
}

// mailThread is what a customer writes, and what was written last.
type mailThread struct {
	customer string
	last     string // Message-ID
	count    int
}

func newMailroom(t *testing.T, db testkit.Database) *mailroom {
	t.Helper()
	m := &mailroom{t: t, box: mailserver.Dovecot(t, mailserver.Options{}), mails: map[string]*mailThread{}, answers: map[string]bool{}}
	m.out = smtpserver.Start(t, smtpserver.Options{Passwords: map[string]string{m.box.User: m.box.Password}})
	m.c = &cluster{t: t, env: append(serverEnv(t, db, secret.GenerateKey()), "PARLEY_MAIL_NETWORKS=127.0.0.0/8"), addrs: []string{freeAddress(t)}}
	if db.URL() != "" {
		m.c.addrs = append(m.c.addrs, freeAddress(t))
		bus := newTestBus(t)
		m.c.env = append(m.c.env, "PARLEY_NATS_URL="+bus.url)
	}
	m.c.nodes = make([]*server, len(m.c.addrs))
	for i := range m.c.addrs {
		m.c.start(i)
	}
	a := m.c.api()
	m.inboxID = text(a.do(adminToken, `mutation { createInbox(input: {name: "Support"}) { inbox { id } userErrors { message } } }`, nil), "createInbox", "inbox", "id")
	server := func(port int) map[string]any {
		return map[string]any{"host": m.box.Host, "port": port, "security": "NONE"}
	}
	a.do(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) { emailChannel { id } userErrors { field message } } }`,
		input("inboxId", m.inboxID, "provider", "IMAP", "address", m.box.User, "password", m.box.Password, "acceptTerms", true,
			"imap", server(m.box.IMAP), "smtp", server(m.out.Port)))
	return m
}

// write has a mail come: the first of a customer, or one more of a thread.
func (m *mailroom) write() {
	m.t.Helper()
	thread := &mailThread{customer: fmt.Sprintf("customer%d@client.example", len(m.threads))}
	if n := len(m.threads); n > 0 && rand.IntN(2) == 0 {
		if old := m.threads[rand.IntN(n)]; old.count < 4 && (m.came == nil || len(m.came[old.last]) > 0) {
			thread = old
		}
	}
	m.mail(thread)
}

func (m *mailroom) mail(thread *mailThread) {
	m.t.Helper()
	if thread.count == 0 {
		m.threads = append(m.threads, thread)
	}
	thread.count++
	messageID := fmt.Sprintf("%d.%s", thread.count, thread.customer)
	var headers string
	if thread.last != "" {
		answered := cmp.Or(m.letterTo(thread.customer), thread.last)
		headers = fmt.Sprintf("In-Reply-To: <%s>\nReferences: <%s>\n", answered, answered)
	}
	body := "Content-Type: text/plain\n\nText of " + messageID + "\n"
	if len(m.mails)%3 == 0 {
		body = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nText of " + messageID +
			"\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"note.txt\"\n\nA file of " + messageID + "\n--b--\n"
	}
	raw := crlf(fmt.Sprintf("Message-ID: <%s>\nFrom: %s\nTo: %s\nSubject: Question of %s\nDate: Mon, 16 Nov 2026 09:00:00 +0000\nMIME-Version: 1.0\n%s%s",
		messageID, thread.customer, m.box.User, thread.customer, headers, body))
	thread.last, m.mails[messageID] = messageID, thread
	if m.down {
		m.box.Put(m.t, m.box.User, raw)
		return
	}
	m.box.Deliver(m.t, m.box.User, raw)
}

// letterTo is the id of an answer that the customer got; "": none yet.
func (m *mailroom) letterTo(customer string) string {
	for _, l := range m.out.Mails() {
		if l.Recipients[0] != customer {
			continue
		}
		if letter, err := mail.ReadMessage(bytes.NewReader(l.Raw)); err == nil {
			return strings.Trim(letter.Header.Get("Message-Id"), "<>")
		}
	}
	return ""
}

// writeFor has some mails come, as quick as torment has it.
func (m *mailroom) writeFor(n int) {
	m.t.Helper()
	for range n {
		m.write()
		_ = pause(m.t.Context(), time.Duration(rand.Int64N(int64(200*time.Millisecond))))
	}
}

// kill kills the process in the middle of a burst of mail.
func (m *mailroom) kill(i int) {
	m.t.Helper()
	for range 10 {
		m.write()
	}
	m.c.nodes[i].kill()
	m.kills++
}

// dieAndTakeOver kills the process that follows the mailbox: the other one, or
// the next, goes on where it was.
func (m *mailroom) dieAndTakeOver() {
	m.t.Helper()
	m.mail(&mailThread{customer: "first@client.example"})
	m.wait("the first mail is there", takeOver, func() bool { return len(m.read()) > 0 })
	m.deferSome(2)
	m.writeFor(20)
	m.kill(0)
	if len(m.c.nodes) == 1 {
		m.c.start(0)
	}
	m.writeFor(20)
	waited := len(m.mails)
	m.wait("the mailbox is taken over", takeOver, func() bool { return len(m.read()) == waited })
	if len(m.c.nodes) > 1 {
		m.c.start(0)
	}
}

// deferSome has the server that sends answer "later" to the next mails.
func (m *mailroom) deferSome(n int) {
	for range n {
		m.out.AtRecipient("", smtpserver.Defer())
	}
	m.defers += n
}

// torment does the mailbox's server harm in all ways, one after the other, and
// reports whether it is the end.
func (m *mailroom) torment(end <-chan time.Time) (over bool) {
	m.t.Helper()
	for _, harm := range []func(){
		func() {
			m.box.Crash()
			m.down = true
			m.writeFor(5)
			m.box.Start(m.t)
			m.down = false
		},
		func() { m.box.ResetUIDs(m.t, m.box.User) },
		func() {
			last := len(m.c.nodes) - 1
			m.kill(last)
			m.c.start(last)
		},
	} {
		m.came = m.read()
		m.writeFor(15)
		harm()
		m.writeFor(5)
	}
	select {
	case <-end:
		return true
	default:
		return false
	}
}

// answer has an agent answer conversations until ctx ends.
func (m *mailroom) answer(ctx context.Context, agent string) {
	for i := 0; pause(ctx, time.Second) == nil; i++ {
		data := m.ask("conversations", `query($in: ID!) { conversations(inboxId: $in, first: 50) { edges { node { id } } } }`, map[string]any{"in": m.inboxID})
		edges, _ := at(data, "edges").([]any)
		if len(edges) == 0 {
			continue
		}
		words := fmt.Sprintf("Answer %s-%d", agent, i)
		m.mu.Lock()
		m.answers[words] = true
		m.mu.Unlock()
		m.c.mutate(adminToken, "sendMessage", input("conversationId", text(edges[rand.IntN(len(edges))], "node", "id"), "text", words, "idempotencyKey", words))
	}
}

// ask asks any process until one answers.
func (m *mailroom) ask(field, query string, variables map[string]any) any {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		m.t.Error(err)
		return nil
	}
	for {
		if data, ok := m.c.try(adminToken, field, body); ok {
			return data
		}
		if pause(m.t.Context(), 20*time.Millisecond) != nil {
			return nil
		}
	}
}

// wait waits until something holds, but not longer than it may take.
func (m *mailroom) wait(what string, patience time.Duration, holds func() bool) {
	m.t.Helper()
	look, end := time.NewTicker(500*time.Millisecond), time.After(patience)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-end:
			m.t.Fatalf("it never came about that %s: %d of %d mails are there", what, len(m.read()), len(m.mails))
		}
	}
}
