package email_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/ent"
	"parley/ent/event"
	"parley/ent/inboundmail"
	"parley/ent/message"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/channel/email"
	"parley/internal/channel/email/guard"
	"parley/internal/channel/email/oauth"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// patience bounds a wait that a broken service would not end.
const patience = 2 * time.Minute

// post is an account without e-mail channels, a mailbox at a real Dovecot, and a
// server that sends for it. The clock begins with the machine's, as the dates of
// Dovecot's mails do.
type post struct {
	*testkit.Fixture
	t      testing.TB
	clock  *clock.Turned
	keys   *secret.Keyring
	bucket *blob.Bucket
	jobs   *jobs
	box    *mailserver.Server
	out    *smtpserver.Server
}

func newPost(t testing.TB, db testkit.Database, o mailserver.Options) *post {
	t.Helper()
	p := &post{t: t, clock: clock.At(clock.System{}.Now()), jobs: &jobs{}, box: mailserver.Dovecot(t, o)}
	p.out = smtpserver.Start(t, smtpserver.Options{Passwords: map[string]string{p.box.User: p.box.Password}})
	s := db.Open(t, p.clock)
	s.UseJobs(p.jobs)
	p.Fixture = testkit.Account(t, s)
	p.keys = must(secret.Parse(secret.GenerateKey()))(t)
	p.bucket = must(blob.Open(t.Context(), "mem://", ""))(t)
	return p
}

// node is one process's service. It looks after its mailboxes often.
func (p *post) node(with ...func(*email.Options)) *email.Service {
	p.t.Helper()
	quiet, people, desk := slog.New(slog.DiscardHandler), contact.New(p.Store), conversation.New(p.Store, nobody{})
	desk.UseContacts(people)
	files := attachment.New(p.Store, p.bucket, p.keys, nobody{}, "https://parley.example.com", attachment.Options{Log: quiet})
	o := email.Options{
		PublicURL: "http://127.0.0.1", Domain: "in.parley.example", OAuth: oauth.New(http.DefaultClient, p.clock), Log: quiet,
		Dial:      guard.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}).DialContext,
		LookEvery: 50 * time.Millisecond, LeaseLife: 2 * time.Second, ReadEvery: time.Second,
	}
	for _, change := range with {
		change(&o)
	}
	return email.New(p.Store, p.keys, people, desk, files, p.bucket, o)
}

// run has a node follow mailboxes until stop, or the test's end.
func (p *post) run(s *email.Service) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	p.t.Cleanup(stop)
	return stop
}

// input connects Dovecot's mailbox to the second inbox.
func (p *post) input() email.BeginEmailChannelInput {
	return email.BeginEmailChannelInput{
		InboxID: p.InboxIDs[1], Provider: vocab.EmailIMAP, Address: p.box.User, AcceptTerms: true, Password: &p.box.Password,
		IMAP: &email.MailServerInput{Host: p.box.Host, Port: p.box.IMAP, Security: vocab.MailPlain},
		SMTP: &email.MailServerInput{Host: p.out.Host, Port: p.out.Port, Security: vocab.MailPlain},
	}
}

// connects connects the mailbox.
func (p *post) connects(s *email.Service, with ...func(*email.BeginEmailChannelInput)) *ent.EmailChannel {
	p.t.Helper()
	in := p.input()
	for _, change := range with {
		change(&in)
	}
	return must(s.Begin(p.Admin, in))(p.t).Channel
}

// until waits until something holds.
func (p *post) until(what string, holds func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			p.t.Fatalf("it never came about that %s", what)
		case <-ticker.C:
		}
	}
}

// subjects are those of the mails that became messages, in order.
func (p *post) subjects() []string {
	p.t.Helper()
	all := must(p.Store.Client(p.System).Email.Query().All(p.System))(p.t)
	list := make([]string, len(all))
	for i, e := range all {
		list[i] = e.Subject
	}
	slices.Sort(list)
	return list
}

// has waits until mails with these subjects, and no others, are messages, each
// once, and nothing waits to be read.
func (p *post) has(subjects ...string) {
	p.t.Helper()
	slices.Sort(subjects)
	p.until(fmt.Sprintf("%d mails are there", len(subjects)), func() bool { return len(p.subjects()) >= len(subjects) && p.waiting() == 0 })
	if got := p.subjects(); !slices.Equal(got, subjects) {
		p.t.Fatalf("got %q, want %q", got, subjects)
	}
	incoming := must(p.Store.Client(p.System).Message.Query().Where(message.InboxID(p.InboxIDs[1]), message.AuthorKindNEQ("")).Count(p.System))(p.t)
	if of := len(subjects) + 3; incoming != of { // the fixture has 3
		p.t.Fatalf("there are %d messages, want %d", incoming, of)
	}
}

// waiting is how many mails are stored and not read.
func (p *post) waiting() int {
	p.t.Helper()
	return must(p.Store.Client(p.System).InboundMail.Query().Where(inboundmail.StateEQ(vocab.InboundStored)).Count(p.System))(p.t)
}

// channelNow is the channel as it is stored.
func (p *post) channelNow(c *ent.EmailChannel) *ent.EmailChannel {
	p.t.Helper()
	return must(p.Store.Client(p.System).EmailChannel.Get(p.System, c.ID))(p.t)
}

// read waits until the mailbox was read to its end after now.
func (p *post) read(c *ent.EmailChannel) {
	p.t.Helper()
	p.clock.Advance(time.Second)
	now := p.Store.Now()
	p.until("the mailbox was read", func() bool { return p.channelNow(c).LastSyncAt >= now })
}

// events counts those of a type.
func (p *post) events(of vocab.EventType) int {
	p.t.Helper()
	return must(p.Store.Client(p.System).Event.Query().Where(event.TypeEQ(of)).Count(p.System))(p.t)
}

// letter is a mail of its own sender, about its subject.
func letter(subject string, more ...string) string {
	return crlf(fmt.Sprintf("Message-ID: <%[1]s@client.example>\nFrom: %[1]s <%[1]s@client.example>\nTo: support@example.com\nSubject: %[1]s\n"+
		"Date: Mon, 05 Jan 2026 09:00:00 +0000\n\nText of %[1]s\n%[2]s", subject, strings.Join(more, "")))
}

// blames checks an error's code and the field that it blames.
func blames(t testing.TB, err error, code errs.Code, field ...string) {
	t.Helper()
	e := errs.Of(err)
	if e == nil || e.Code != code || !slices.Equal(e.Field, field) {
		t.Errorf("got %v on %v, want %s on %v", err, fieldOf(e), code, field)
	}
}

func fieldOf(e *errs.Error) []string {
	if e == nil {
		return nil
	}
	return e.Field
}
