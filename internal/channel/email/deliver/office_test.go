package deliver_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"parley/ent"
	"parley/ent/event"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/parse"
	"parley/internal/conversation"
	"parley/internal/mail/smtp"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// office is a world that sends by a real SMTP server, and has an e-mail
// conversation with Dora.
type office struct {
	*mailroom.World
	server *smtpserver.Server
	relay  *smtp.Server
	c      *ent.Conversation
}

// eachOffice runs the test on both databases.
func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { test(t, newOffice(t, db, smtpserver.Options{})) })
}

func newOffice(t *testing.T, db testkit.Database, options smtpserver.Options) *office {
	t.Helper()
	o := &office{server: smtpserver.Start(t, options)}
	o.relay = &smtp.Server{Host: o.server.Host, Port: o.server.Port, Security: vocab.MailPlain}
	o.World = mailroom.NewWorld(t, db, func(n *mailroom.Options) { n.Settings.Relay = o.relay })
	o.c = o.Row(o.Gets(mailroom.CRLF(mailroom.Question)).ConversationID)
	return o
}

// says queues an answer to Dora, and returns it.
func (o *office) says(in conversation.SendMessageInput) *ent.Message {
	o.T.Helper()
	if in.Text == nil && in.HTML == nil {
		in.Text = new("It is on its way.")
	}
	in.ConversationID = o.c.ID
	m, _, err := o.Desk.SendMessage(o.Agent(1), in)
	return check.Must(m, err)(o.T)
}

// tries makes an attempt to send, and returns when the queue is to try again;
// 0: never.
func (o *office) tries(m *ent.Message) time.Duration {
	o.T.Helper()
	err := o.Deliver.Send(o.T.Context(), deliver.SendArgs{AccountID: o.AccountID, MessageID: m.ID})
	var again *river.JobSnoozeError
	if errors.As(err, &again) {
		return again.Duration
	}
	if err != nil {
		o.T.Fatal(err)
	}
	return 0
}

// is checks how far the message came, and that it is told.
func (o *office) is(m *ent.Message, state vocab.DeliveryState, text ...string) {
	o.T.Helper()
	got := o.Message(m.ID)
	if got.Delivery != state {
		o.T.Errorf("the message is %s (%s), want %s", got.Delivery, got.DeliveryError, state)
	}
	for _, part := range text {
		if !strings.Contains(got.DeliveryError, part) {
			o.T.Errorf("%q does not tell %q", got.DeliveryError, part)
		}
	}
}

// told counts the events of the type that are about the message.
func (o *office) told(m *ent.Message, of vocab.EventType) int {
	o.T.Helper()
	return check.Must(o.Store.Client(o.System).Event.Query().Where(event.MessageID(m.ID), event.TypeEQ(of)).Count(o.System))(o.T)
}

func (o *office) email(m *ent.Message) *ent.Email {
	o.T.Helper()
	return check.Must(o.Store.Client(o.System).Email.Get(o.System, m.ID))(o.T)
}

// only is the one mail that the server took, as it reads.
func (o *office) only() (smtpserver.Mail, *parse.Mail) {
	o.T.Helper()
	letters := o.server.Mails()
	if len(letters) != 1 {
		o.T.Fatalf("the server took %d letters, want 1", len(letters))
	}
	return letters[0], parse.Parse(letters[0].Raw)
}

// sets changes the channel.
func (o *office) sets(change func(*ent.EmailChannelUpdateOne)) {
	o.T.Helper()
	o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.EmailChannel.UpdateOneID(o.Support.ID)
		change(update)
		return update.Exec(ctx)
	})
}

func fates(list []vocab.Recipient) string {
	var all []string
	for _, r := range list {
		all = append(all, r.Address+" "+string(r.State))
	}
	return strings.Join(all, ", ")
}
