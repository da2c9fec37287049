package email_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/channel/email"
	"parley/internal/channel/email/thread"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is an account whose inbox "Support" has the channel support@shop.example,
// which the second agent answers. Mail goes out into a folder.
type world struct {
	*testkit.Fixture
	t      *testing.T
	clock  *clock.Turned
	mail   *email.Service
	desk   *conversation.Service
	people *contact.Service
	keys   *secret.Keyring
	bucket *blob.Bucket
	tokens *thread.Tokens
	jobs   *jobs
	outbox string
	// options are those of the attachments.
	options attachment.Options
	// support is the channel; its inbox is InboxIDs[1].
	support *ent.EmailChannel
}

var monday = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, db testkit.Database, with ...func(*attachment.Options)) *world {
	t.Helper()
	return tracedWorld(t, db, nil, with...)
}

// tracedWorld is newWorld with a count of what is asked of the database; nil:
// nobody counts.
func tracedWorld(t *testing.T, db testkit.Database, asked *testkit.Statements, with ...func(*attachment.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: clock.At(monday), jobs: &jobs{}, outbox: t.TempDir()}
	s := db.Open(t, w.clock, func(o *store.Options) {
		if asked != nil {
			asked.Trace(o)
		}
	})
	s.UseJobs(w.jobs)
	w.Fixture = testkit.Account(t, s)
	w.keys = must(secret.Parse(secret.GenerateKey()))(t)
	w.bucket = must(blob.Open(t.Context(), "mem://", ""))(t)
	w.options.Log = slog.New(slog.DiscardHandler)
	for _, change := range with {
		change(&w.options)
	}
	w.tokens, w.people = thread.NewTokens(w.keys), contact.New(s)
	w.mail, w.desk = w.node()
	w.support = w.channel(1, "support@shop.example")
	return w
}

// node returns the use cases of one node; all nodes have one store.
func (w *world) node() (*email.Service, *conversation.Service) {
	desk := conversation.New(w.Store, nobody{})
	desk.UseContacts(w.people)
	files := attachment.New(w.Store, w.bucket, w.keys, nobody{}, "https://parley.example.com", w.options)
	return email.New(w.Store, w.keys, w.people, desk, files, w.bucket, email.Options{
		Domain: "in.parley.example", Outbox: w.outbox, TrustedAuthServ: []string{"mx.shop.example"}, Log: w.options.Log,
	}), desk
}

// eachWorld runs the test on each database.
func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { test(t, newWorld(t, db)) })
}

// channel connects an address to the i-th inbox.
func (w *world) channel(inbox int, address string, aliases ...string) *ent.EmailChannel {
	w.t.Helper()
	c := &ent.EmailChannel{ID: id.New(id.Channel)}
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		if err := tx.Client.Channel.Create().SetID(c.ID).SetInboxID(w.InboxIDs[inbox]).SetKind(vocab.Email).
			SetKey("key-" + strings.ToLower(c.ID)).SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		for _, a := range append([]string{address}, aliases...) {
			if err := tx.Client.ChannelAddress.Create().SetID(id.New("address")).SetInboxID(w.InboxIDs[inbox]).SetChannelID(c.ID).
				SetAddress(a).Exec(ctx); err != nil {
				return err
			}
		}
		var err error
		c, err = tx.Client.EmailChannel.Create().SetID(c.ID).SetInboxID(w.InboxIDs[inbox]).SetAddress(address).SetAliases(aliases).
			SetProvider(vocab.EmailForwarding).SetState(vocab.EmailConnected).SetStateSince(now).SetRouting(schema.Routing{}).
			SetTermsAcceptedAt(now).SetConnectedAt(now).SetCreatedAt(now).Save(ctx)
		return err
	})
	return c
}

// takes has channels take a mail, and returns its rows, not read yet.
func (w *world) takes(raw string, channels ...*ent.EmailChannel) []string {
	w.t.Helper()
	w.clock.Advance(time.Minute)
	a := email.Arrived{From: "", Raw: strings.NewReader(raw)}
	for _, c := range channels {
		a.ChannelIDs, a.Recipients = append(a.ChannelIDs, c.ID), append(a.Recipients, c.Address)
	}
	if err := w.mail.Deliver(w.t.Context(), a); err != nil {
		w.t.Fatal(err)
	}
	var rows []string
	for _, args := range w.jobs.take() {
		if args, ok := args.(email.IngestArgs); ok {
			rows = append(rows, args.MailID)
		}
	}
	return rows
}

// receives has channels take a mail and read it, and returns what became of it in
// each.
func (w *world) receives(raw string, channels ...*ent.EmailChannel) []*ent.InboundMail {
	w.t.Helper()
	var list []*ent.InboundMail
	for _, mailID := range w.takes(raw, channels...) {
		if err := w.ingest(mailID); err != nil {
			w.t.Fatal(err)
		}
		list = append(list, w.inbound(mailID))
	}
	return list
}

func (w *world) ingest(mailID string) error {
	return w.mail.RunIngest(w.t.Context(), email.IngestArgs{AccountID: w.AccountID, MailID: mailID})
}

// gets is receives of the one channel.
func (w *world) gets(raw string) *ent.InboundMail {
	w.t.Helper()
	return w.receives(raw, w.support)[0]
}

// sends has what waits go out, and returns the last message's mail.
func (w *world) sends() string {
	w.t.Helper()
	var raw []byte
	for _, args := range w.jobs.take() {
		if args, ok := args.(email.SendArgs); ok {
			if err := w.mail.Send(w.t.Context(), args); err != nil {
				w.t.Fatal(err)
			}
			raw = must(os.ReadFile(filepath.Join(w.outbox, args.MessageID+".eml")))(w.t)
		}
	}
	if raw == nil {
		w.t.Fatal("nothing waited to be sent")
	}
	return string(raw)
}

// answers has the agent answer in a conversation, and returns the message and
// its mail.
func (w *world) answers(conversationID, text string, cc ...string) (*ent.Message, string) {
	w.t.Helper()
	w.clock.Advance(time.Minute)
	m, _, err := w.desk.SendMessage(w.Agent(1), conversation.SendMessageInput{ConversationID: conversationID, Text: &text, Cc: cc})
	must(m, err)(w.t)
	return m, w.sends()
}

func (w *world) inbound(mailID string) *ent.InboundMail {
	w.t.Helper()
	return must(w.Store.Client(w.System).InboundMail.Get(w.System, mailID))(w.t)
}

// row returns a conversation as it is stored.
func (w *world) row(conversationID string) *ent.Conversation {
	w.t.Helper()
	return must(w.Store.Client(w.System).Conversation.Get(w.System, conversationID))(w.t)
}

func (w *world) message(messageID string) *ent.Message {
	w.t.Helper()
	return must(w.Store.Client(w.System).Message.Get(w.System, messageID))(w.t)
}

// jobs keeps what was enqueued.
type jobs struct {
	mu   sync.Mutex
	list []any
}

// InsertJobs keeps jobs.
func (j *jobs) InsertJobs(_ context.Context, _ *store.Raw, more []store.Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, job := range more {
		j.list = append(j.list, job.Args)
	}
	return nil
}

// take returns the arguments of what was enqueued since the last time.
func (j *jobs) take() []any {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := j.list
	j.list = nil
	return list
}

// nobody knows no viewer.
type nobody struct{}

// ViewerOf fails.
func (nobody) ViewerOf(context.Context, string, string) (*viewer.Viewer, error) {
	return nil, errors.New("nobody is known here")
}

// crlf ends lines as mail does.
func crlf(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

// must returns a function that returns the value, or ends the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
