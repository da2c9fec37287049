package mailroom

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/ent"
	"parley/ent/event"
	"parley/ent/inboundmail"
	"parley/ent/message"
	"parley/internal/attachment/blob"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/clock"
	"parley/internal/egress"
	"parley/internal/oauth"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// Patience bounds a wait that a broken service would not end.
const Patience = 2 * time.Minute

// SQLite is the database of tests for which storage does not matter.
var SQLite = testkit.Database{Name: "sqlite"}

// Post is an account without e-mail channels, a mailbox at a real Dovecot, and a
// server that sends for it. The clock begins with the machine's, as the dates of
// Dovecot's mails do.
type Post struct {
	*testkit.Fixture
	T      testing.TB
	Clock  *clock.Turned
	Keys   *secret.Keyring
	Bucket *blob.Bucket
	Jobs   *check.Jobs
	Box    *mailserver.Server
	Out    *smtpserver.Server
}

// NewPost returns a post of its own account and mailbox.
func NewPost(t testing.TB, db testkit.Database, o mailserver.Options) *Post {
	t.Helper()
	p := &Post{T: t, Clock: clock.At(clock.System{}.Now()), Jobs: &check.Jobs{}, Box: mailserver.Dovecot(t, o)}
	p.Out = smtpserver.Start(t, smtpserver.Options{Passwords: map[string]string{p.Box.User: p.Box.Password}})
	s := db.Open(t, p.Clock)
	s.UseJobs(p.Jobs)
	p.Fixture = testkit.Account(t, s)
	p.Keys = check.Must(secret.Parse(secret.GenerateKey()))(t)
	p.Bucket = check.Must(blob.Open(t.Context(), "mem://", ""))(t)
	return p
}

// NewNode returns one process's use cases. It looks after its mailboxes often.
func (p *Post) NewNode(with ...func(*Options)) *Node {
	p.T.Helper()
	return newNode(p.Store, p.Keys, p.Bucket, Options{
		Settings: settings.Options{
			PublicURL: "http://127.0.0.1", Domain: "in.parley.example", OAuth: oauth.New(http.DefaultClient, p.Clock), LeaseLife: 2 * time.Second,
			Dial: egress.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}).DialContext,
		},
		Receive: receive.Options{LookEvery: 50 * time.Millisecond, LeaseLife: 2 * time.Second, ReadEvery: time.Second},
	}.change(with))
}

// Run has a node follow mailboxes until stop, or the test's end.
func (p *Post) Run(n *Node) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.T.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.Receive.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	p.T.Cleanup(stop)
	return stop
}

// Input connects Dovecot's mailbox to the second inbox.
func (p *Post) Input() settings.BeginEmailChannelInput {
	return settings.BeginEmailChannelInput{
		InboxID: p.InboxIDs[1], Provider: vocab.EmailIMAP, Address: p.Box.User, AcceptTerms: true, Password: &p.Box.Password,
		IMAP: &settings.MailServerInput{Host: p.Box.Host, Port: p.Box.IMAP, Security: vocab.MailPlain},
		SMTP: &settings.MailServerInput{Host: p.Out.Host, Port: p.Out.Port, Security: vocab.MailPlain},
	}
}

// Connects connects the mailbox.
func (p *Post) Connects(n *Node, with ...func(*settings.BeginEmailChannelInput)) *ent.EmailChannel {
	p.T.Helper()
	in := p.Input()
	for _, change := range with {
		change(&in)
	}
	return check.Must(n.Settings.Begin(p.Admin, in))(p.T).Channel
}

// Until waits until something holds.
func (p *Post) Until(what string, holds func() bool) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.T.Context(), Patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			p.T.Fatalf("it never came about that %s", what)
		case <-ticker.C:
		}
	}
}

// Subjects are those of the mails that became messages, in order.
func (p *Post) Subjects() []string {
	p.T.Helper()
	all := check.Must(p.Store.Client(p.System).Email.Query().All(p.System))(p.T)
	list := make([]string, len(all))
	for i, e := range all {
		list[i] = e.Subject
	}
	slices.Sort(list)
	return list
}

// Has waits until mails with these subjects, and no others, are messages, each
// once, and nothing waits to be read.
func (p *Post) Has(subjects ...string) {
	p.T.Helper()
	slices.Sort(subjects)
	p.Until(fmt.Sprintf("%d mails are there", len(subjects)), func() bool { return len(p.Subjects()) >= len(subjects) && p.Waiting() == 0 })
	if got := p.Subjects(); !slices.Equal(got, subjects) {
		p.T.Fatalf("got %q, want %q", got, subjects)
	}
	incoming := check.Must(p.Store.Client(p.System).Message.Query().Where(message.InboxID(p.InboxIDs[1]), message.AuthorKindNEQ("")).Count(p.System))(p.T)
	if of := len(subjects) + 3; incoming != of { // the fixture has 3
		p.T.Fatalf("there are %d messages, want %d", incoming, of)
	}
}

// Waiting is how many mails are stored and not read.
func (p *Post) Waiting() int {
	p.T.Helper()
	return check.Must(p.Store.Client(p.System).InboundMail.Query().Where(inboundmail.StateEQ(vocab.InboundStored)).Count(p.System))(p.T)
}

// ChannelNow is the channel as it is stored.
func (p *Post) ChannelNow(c *ent.EmailChannel) *ent.EmailChannel {
	p.T.Helper()
	return check.Must(p.Store.Client(p.System).EmailChannel.Get(p.System, c.ID))(p.T)
}

// Read waits until the mailbox was read to its end after now.
func (p *Post) Read(c *ent.EmailChannel) {
	p.T.Helper()
	p.Clock.Advance(time.Second)
	now := p.Store.Now()
	p.Until("the mailbox was read", func() bool { return p.ChannelNow(c).LastSyncAt >= now })
}

// Events counts those of a type.
func (p *Post) Events(of vocab.EventType) int {
	p.T.Helper()
	return check.Must(p.Store.Client(p.System).Event.Query().Where(event.TypeEQ(of)).Count(p.System))(p.T)
}
