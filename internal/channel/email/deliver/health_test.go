package deliver_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"parley/internal/channel/email/deliver"
	"parley/internal/conversation"
	"parley/internal/mail"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// EM-6, EM-7: where mail cannot be sent it waits, and the channel is in error,
// without the password in its detail, until mail goes out; then all goes at once.
func TestCannotSend(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		o := newOffice(t, db, smtpserver.Options{Passwords: map[string]string{"shop": "right"}})
		o.relay.Username, o.relay.Password = "shop", "wr0ng-s3cret"
		first, second := o.says(conversation.SendMessageInput{}), o.says(conversation.SendMessageInput{})
		o.Notices()
		for n := range 6 {
			if c := o.ChannelNow(); (c.State == vocab.EmailError) != (n >= 3) {
				t.Errorf("after %d attempts the channel is %s", n, c.State)
			}
			o.Clock.Advance(max(o.tries(first), o.tries(second)))
			o.MailboxWorks() // reading works all the while
		}
		o.is(first, vocab.DeliveryQueued)
		c := o.ChannelNow()
		if c.State != vocab.EmailError || c.StateReason != vocab.EmailAuthenticationFailed || !strings.Contains(c.StateDetail, "cannot be sent") {
			t.Errorf("the channel is %s %s %q", c.State, c.StateReason, c.StateDetail)
		}
		if l := o.AdminNotice("does not work"); strings.Contains(l.Text+c.StateDetail+o.email(first).Recipients[0].Detail, "s3cret") {
			t.Error("the password was told")
		}
		if wait := o.tries(second); wait < time.Hour {
			t.Fatalf("the second waits for %v", wait)
		}
		o.relay.Password = "right"
		if wait := o.tries(first); wait != 0 {
			t.Fatalf("it is not sent with the right password, and again in %v", wait)
		}
		o.is(first, vocab.DeliverySent)
		if c := o.ChannelNow(); c.State != vocab.EmailConnected || c.StateDetail != "" {
			t.Errorf("the channel is %s %q", c.State, c.StateDetail)
		}
		hurried := 0
		for _, args := range o.Jobs.TakenArgs() {
			switch args := args.(type) {
			case deliver.SendArgs:
				hurried++
				o.tries(o.Message(args.MessageID))
			case mail.Notice:
				contains(t, args.Subject, "works again")
			}
		}
		if o.is(second, vocab.DeliverySent); hurried != 1 || o.StateChanges() != 2 {
			t.Errorf("%d mails were brought forward, %d changes told", hurried, o.StateChanges())
		}
	})
}

// EM-7: a server that will not have one mail works all the same.
func TestOneMailIsNoFailure(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		for range 5 {
			o.server.AtData(smtpserver.Drop())
		}
		m := o.says(conversation.SendMessageInput{})
		for range 5 {
			o.Clock.Advance(o.tries(m))
		}
		if c := o.ChannelNow(); c.State != vocab.EmailConnected {
			t.Errorf("the channel is %s: %s", c.State, c.StateDetail)
		}
		o.tries(m)
		o.is(m, vocab.DeliverySent)
	})
}

// EM-7: a server that is gone is an error of the channel's too.
func TestServerIsGone(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		listener := check.Must((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t)
		_ = listener.Close()
		o.relay.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, listener.Addr().String())
		}
		m := o.says(conversation.SendMessageInput{})
		for range 3 {
			o.Clock.Advance(o.tries(m))
		}
		if c := o.ChannelNow(); c.State != vocab.EmailError || c.StateReason != vocab.EmailConnectionFailed {
			t.Errorf("the channel is %s %s", c.State, c.StateReason)
		}
		o.relay.Dial = nil
		o.tries(m)
		o.is(m, vocab.DeliverySent)
		if c := o.ChannelNow(); c.State != vocab.EmailConnected {
			t.Errorf("the channel is %s %s", c.State, c.StateDetail)
		}
	})
}
