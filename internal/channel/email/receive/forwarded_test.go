package receive_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/channel/email/listener"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/inbox"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/testkit/mailserver"
	"parley/internal/vocab"
)

// forwarding is a post whose forwarded mail a listener takes.
type forwarding struct {
	*mailroom.Post
	service *mailroom.Node
	address string
}

func newForwarding(t *testing.T, db testkit.Database) *forwarding {
	t.Helper()
	f := &forwarding{Post: mailroom.NewPost(t, db, mailserver.Options{})}
	f.service = f.NewNode()
	l := listener.New(listener.Options{
		Hostname: "in.parley.example", MaxBytes: 1 << 20, Log: slog.New(slog.DiscardHandler),
		Recipient: func(ctx context.Context, address string) (string, error) {
			channelID, err := f.service.Receive.Recipient(ctx, address)
			if err == nil && channelID == "" {
				return "", listener.ErrUnknown
			}
			return channelID, err
		},
		Deliver: func(ctx context.Context, d listener.Delivery) error {
			return f.service.Receive.StoreForwarded(ctx, receive.Arrived{ChannelIDs: d.ChannelIDs, From: d.From, Recipients: d.Recipients, Raw: d.Raw})
		},
	})
	socket := check.Must((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t)
	f.address = socket.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- l.Serve(ctx, socket) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return f
}

// forwards makes a channel in an inbox, and returns its forwarding address.
func (f *forwarding) forwards(inbox int, address string) (*ent.EmailChannel, string) {
	f.T.Helper()
	begun := check.Must(f.service.Settings.Begin(f.Admin, settings.BeginEmailChannelInput{
		InboxID: f.InboxIDs[inbox], Provider: vocab.EmailForwarding, Address: address, AcceptTerms: true,
	}))(f.T)
	return begun.Channel, check.Must(f.service.Settings.ForwardingAddress(f.Admin, begun.Channel))(f.T)
}

// refuses names a recipient to the listener, and returns the code of its answer,
// 250 if it takes mail for it.
func (f *forwarding) refuses(to string) int {
	f.T.Helper()
	client := f.client()
	defer func() { _ = client.Close() }()
	check.NoError(f.T, client.Mail("ada@client.example", nil))
	var answer *gosmtp.SMTPError
	switch err := client.Rcpt(to, nil); {
	case err == nil:
		return 250
	case errors.As(err, &answer):
		return answer.Code
	default:
		f.T.Fatal(err)
		return 0
	}
}

func (f *forwarding) client() *gosmtp.Client {
	f.T.Helper()
	client := check.Must(gosmtp.Dial(f.address))(f.T)
	check.NoError(f.T, client.Hello("client.example"))
	return client
}

// sends sends a mail, and has what was stored read.
func (f *forwarding) sends(raw string, to ...string) {
	f.T.Helper()
	client := f.client()
	check.NoError(f.T, client.SendMail("ada@client.example", to, strings.NewReader(raw)))
	check.NoError(f.T, client.Quit())
	for _, args := range f.Jobs.TakenArgs() {
		if args, ok := args.(receive.IngestArgs); ok {
			check.NoError(f.T, f.service.Receive.RunIngest(f.T.Context(), args))
		}
	}
}

// EM-1, EM-8: what is forwarded becomes a conversation, in each inbox whose address
// it comes to, and once in an inbox however often it comes.
func TestForwardedMail(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		f := newForwarding(t, db)
		c, support := f.forwards(1, "support@example.com")
		_, sales := f.forwards(0, "sales@example.com")
		raw := mailroom.MailText("forwarded")
		f.sends(raw, support, strings.ToUpper(sales), strings.Replace(support, "@", "+tag@", 1))
		f.sends(raw, support)
		client := f.Store.Client(f.System)
		for _, m := range check.Must(client.InboundMail.Query().All(f.System))(t) {
			if m.EnvelopeFrom != "ada@client.example" || len(m.EnvelopeTo) == 0 {
				t.Errorf("got from %q to %q", m.EnvelopeFrom, m.EnvelopeTo)
			}
		}
		emails := check.Must(client.Email.Query().All(f.System))(t)
		if len(emails) != 2 || emails[0].InboxID == emails[1].InboxID || emails[0].Subject != "forwarded" {
			t.Fatalf("got %d mails", len(emails))
		}
		for _, e := range emails {
			got := check.Must(client.Conversation.Get(f.System, e.ConversationID))(t)
			if e.ChannelID == c.ID && (got.Kind != vocab.Email || got.InboxID != f.InboxIDs[1] || got.ContactID == "") {
				t.Errorf("got %+v", got)
			}
		}
	})
}

// EM-1, IB-3: mail is taken for the forwarding addresses that there are, not for
// the mailboxes that they stand for, nor for a channel that was disconnected, nor
// of an inbox that was deleted.
func TestForwardingRecipients(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		f := newForwarding(t, db)
		_, kept := f.forwards(0, "kept@example.com")
		gone, disconnected := f.forwards(0, "gone@example.com")
		_, deleted := f.forwards(1, "deleted@example.com")
		for _, to := range []string{kept, disconnected, deleted} {
			if code := f.refuses(to); code != 250 {
				t.Errorf("%s: %d", to, code)
			}
		}
		_, err := f.service.Settings.Disconnect(f.Admin, settings.DisconnectEmailChannelInput{ChannelID: gone.ID})
		check.NoError(t, err)
		_, err = inbox.New(f.Store, account.New(f.Store), f.service.Desk, f.service.Settings).Delete(f.Admin, inbox.DeleteInboxInput{InboxID: f.InboxIDs[1], ConfirmName: "Support"})
		check.NoError(t, err)
		local, _, _ := strings.Cut(kept, "@")
		for _, to := range []string{
			disconnected, deleted, "kept@example.com", "nobody@in.parley.example", local + "@elsewhere.example", "+x@in.parley.example",
			f.ChannelIDs[0] + "@in.parley.example", "key-" + f.ChannelIDs[0] + "@in.parley.example",
		} {
			if code := f.refuses(to); code != 550 {
				t.Errorf("%s: %d, want 550", to, code)
			}
		}
		if code := f.refuses(kept); code != 250 {
			t.Errorf("%s: %d", kept, code)
		}
	})
}

// A mail whose channel went away after its recipient was taken is not acknowledged.
func TestForwardingChannelIsGone(t *testing.T) {
	t.Parallel()
	f := newForwarding(t, mailroom.SQLite)
	c, _ := f.forwards(1, "support@example.com")
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.EmailChannel.DeleteOneID(c.ID).Exec(ctx)
	})
	if f.service.Receive.StoreForwarded(t.Context(), receive.Arrived{ChannelIDs: []string{c.ID}, Raw: strings.NewReader(mailroom.MailText("lost"))}) == nil {
		t.Error("the mail is taken for nobody")
	}
}
