package email_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"parley/ent"
	"parley/ent/event"
	"parley/ent/schema"
	"parley/internal/attachment"
	"parley/internal/channel/email"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/smtp"
	"parley/internal/channel/email/thread"
	"parley/internal/conversation"
	"parley/internal/mail"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// office is a world that sends by a real SMTP server, and has an e-mail
// conversation with Dora.
type office struct {
	*world
	server *smtpserver.Server
	relay  *smtp.Server
	files  *attachment.Service
	c      *ent.Conversation
}

const question = `From: Dora Döring <dora@example.net>
To: support@shop.example
Subject: My order
Message-ID: <question@example.net>
Date: Mon, 5 Jan 2026 09:00:00 +0000

Where is it?
`

// eachOffice runs the test on both databases.
func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { test(t, newOffice(t, db, smtpserver.Options{})) })
}

func newOffice(t *testing.T, db testkit.Database, options smtpserver.Options) *office {
	t.Helper()
	o := &office{world: newWorld(t, db), server: smtpserver.Start(t, options)}
	o.relay = &smtp.Server{Host: o.server.Host, Port: o.server.Port, Security: vocab.MailPlain}
	keys, quiet := must(secret.Parse(secret.GenerateKey()))(t), slog.New(slog.DiscardHandler)
	o.tokens = thread.NewTokens(keys)
	o.files = attachment.New(o.Store, o.bucket, keys, nobody{}, "https://parley.example.com", attachment.Options{Log: quiet})
	o.desk.UseAttachments(o.files)
	o.mail = email.New(o.Store, keys, o.people, o.desk, o.files, o.bucket, email.Options{
		PublicURL: "https://parley.example.com", Domain: "in.parley.example", Relay: o.relay, TrustedAuthServ: []string{"mx.shop.example"}, Log: quiet,
	})
	o.c = o.row(o.gets(crlf(question)).ConversationID)
	return o
}

// says queues an answer to Dora, and returns it.
func (o *office) says(in conversation.SendMessageInput) *ent.Message {
	o.t.Helper()
	if in.Text == nil && in.HTML == nil {
		in.Text = new("It is on its way.")
	}
	in.ConversationID = o.c.ID
	m, _, err := o.desk.SendMessage(o.Agent(1), in)
	return must(m, err)(o.t)
}

// tries makes an attempt to send, and returns when the queue is to try again;
// 0: never.
func (o *office) tries(m *ent.Message) time.Duration {
	o.t.Helper()
	err := o.mail.Send(o.t.Context(), email.SendArgs{AccountID: o.AccountID, MessageID: m.ID})
	var again *river.JobSnoozeError
	if errors.As(err, &again) {
		return again.Duration
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return 0
}

// is checks how far the message came, and that it is told.
func (o *office) is(m *ent.Message, state vocab.DeliveryState, text ...string) {
	o.t.Helper()
	got := o.message(m.ID)
	if got.Delivery != state {
		o.t.Errorf("the message is %s (%s), want %s", got.Delivery, got.DeliveryError, state)
	}
	for _, part := range text {
		if !strings.Contains(got.DeliveryError, part) {
			o.t.Errorf("%q does not tell %q", got.DeliveryError, part)
		}
	}
}

// told counts the events of the type that are about the message.
func (o *office) told(m *ent.Message, of vocab.EventType) int {
	o.t.Helper()
	return must(o.Store.Client(o.System).Event.Query().Where(event.MessageID(m.ID), event.TypeEQ(of)).Count(o.System))(o.t)
}

func (o *office) email(m *ent.Message) *ent.Email {
	o.t.Helper()
	return must(o.Store.Client(o.System).Email.Get(o.System, m.ID))(o.t)
}

// only is the one letter that the server took, as it reads.
func (o *office) only() (smtpserver.Letter, *parse.Mail) {
	o.t.Helper()
	letters := o.server.Letters()
	if len(letters) != 1 {
		o.t.Fatalf("the server took %d letters, want 1", len(letters))
	}
	return letters[0], parse.Parse(letters[0].Raw)
}

// sets changes the channel.
func (o *office) sets(change func(*ent.EmailChannelUpdateOne)) {
	o.t.Helper()
	o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.EmailChannel.UpdateOneID(o.support.ID)
		change(update)
		return update.Exec(ctx)
	})
}

func (o *office) channelNow() *ent.EmailChannel {
	o.t.Helper()
	return must(o.Store.Client(o.System).EmailChannel.Get(o.System, o.support.ID))(o.t)
}

// letters are Parley's own mails that were posted since the last time.
func (o *office) letters() (list []mail.Letter) {
	for _, args := range o.jobs.take() {
		if l, ok := args.(mail.Letter); ok {
			list = append(list, l)
		}
	}
	return list
}

func fates(list []schema.Recipient) string {
	var all []string
	for _, r := range list {
		all = append(all, r.Address+" "+string(r.State))
	}
	return strings.Join(all, ", ")
}
