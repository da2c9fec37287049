package email_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"parley/ent/event"
	"parley/internal/channel/email"
	"parley/internal/channel/email/guard"
	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/oauth"
	"parley/internal/conversation"
	"parley/internal/mail"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// works and fails have the channel's mailbox be read to its end, or not.
func (o *office) works() {
	o.t.Helper()
	if err := email.Works(o.mail, o.System, o.support.ID); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) fails(err error) {
	o.t.Helper()
	if err := email.Fails(o.mail, o.System, o.support.ID, err); err != nil {
		o.t.Fatal(err)
	}
}

// changes counts how often a change of the channel's state was told.
func (o *office) changes() int {
	o.t.Helper()
	return must(o.Store.Client(o.System).Event.Query().Where(event.SubjectID(o.support.ID), event.TypeEQ(vocab.ChannelStateChanged)).Count(o.System))(o.t)
}

// tellsAdmins checks that the account's one admin got one letter that says what.
func (o *office) tellsAdmins(what string) mail.Letter {
	o.t.Helper()
	letters := o.letters()
	if len(letters) != 1 || !strings.Contains(letters[0].Subject, what) || !strings.Contains(letters[0].Text, "support@shop.example") {
		o.t.Fatalf("the letters are %+v, want one that says %q", letters, what)
	}
	return letters[0]
}

// EM-7, pitfall 7: one time-out disables nothing; what goes on is an error that
// admins hear of, once, and so is its end.
func TestMailboxFails(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.letters()
		down := fmt.Errorf("dial tcp 192.0.2.1:993: %w", io.ErrUnexpectedEOF)
		for range 2 {
			o.fails(down)
		}
		if c := o.channelNow(); c.State != vocab.EmailConnected || c.Failures != 2 || !c.FailingSince.IsSet() || c.NextAttemptAt != o.Store.Now().Add(15*time.Second) {
			t.Errorf("after two failures: %+v", c)
		}
		if n := o.changes(); n != 0 || len(o.letters()) != 0 {
			t.Errorf("two failures were told, %d times", n)
		}
		o.works()
		if c := o.channelNow(); c.Failures != 0 || c.FailingSince.IsSet() || c.NextAttemptAt.IsSet() || c.LastSyncAt != o.Store.Now() {
			t.Errorf("after a success: %+v", c)
		}
		for range 5 {
			o.fails(down)
		}
		c := o.channelNow()
		if c.State != vocab.EmailError || c.StateReason != vocab.EmailConnectionFailed || !strings.Contains(c.StateDetail, "192.0.2.1") || c.StateSince != o.Store.Now() {
			t.Errorf("after five failures: %+v", c)
		}
		o.tellsAdmins("does not work")
		o.clock.Advance(time.Hour)
		o.works()
		o.works()
		if c := o.channelNow(); c.State != vocab.EmailConnected || c.StateReason != "" || c.StateDetail != "" || c.StateSince != o.Store.Now() {
			t.Errorf("after its recovery: %+v", c)
		}
		o.tellsAdmins("works again")
		if n := o.changes(); n != 2 {
			t.Errorf("told %d times, want 2", n)
		}
	})
}

// EM-7: the reason tells admins what to do; what only a person can mend is not
// asked for often.
func TestReasons(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		for _, c := range []struct {
			err     error
			reason  vocab.EmailStateReason
			lasting bool
		}{
			{fmt.Errorf("refresh: %w", oauth.ErrRevoked), vocab.EmailGrantRevoked, true},
			{fmt.Errorf("log in: %w", imap.ErrAuthentication), vocab.EmailAuthenticationFailed, true},
			{fmt.Errorf("%w: certificate", imap.ErrTLS), vocab.EmailTLSFailed, true},
			{&tls.CertificateVerificationError{Err: errors.New("signed by nobody")}, vocab.EmailTLSFailed, true},
			{&guard.Error{Host: "10.0.0.1", Reason: guard.Private}, vocab.EmailHostRefused, true},
			{fmt.Errorf("%w: no such mailbox", imap.ErrRefused), vocab.EmailMailboxUnreadable, false},
			{fmt.Errorf("refresh: %w", oauth.ErrTemporary), vocab.EmailConnectionFailed, false},
			{&net.OpError{Op: "dial", Err: errors.New("timeout")}, vocab.EmailConnectionFailed, false},
		} {
			o.works()
			failures := 3
			if c.reason == vocab.EmailGrantRevoked {
				failures = 1 // nothing else will come of it
			}
			for range failures {
				o.fails(c.err)
			}
			got := o.channelNow()
			if got.State != vocab.EmailError || got.StateReason != c.reason || got.StateDetail == "" {
				t.Errorf("%v: %s %s %q", c.err, got.State, got.StateReason, got.StateDetail)
			}
			if wait := got.NextAttemptAt.Time().Sub(o.Store.Now().Time()); (wait == 15*time.Minute) != c.lasting {
				t.Errorf("%v: again in %v", c.err, wait)
			}
		}
	})
}

// EM-7: pauses grow to five minutes.
func TestPause(t *testing.T) {
	t.Parallel()
	var last time.Duration
	for n := 1; n < 100; n++ {
		p := email.Pause(n, vocab.EmailConnectionFailed)
		if p < last || p < 5*time.Second || p > 5*time.Minute || n > 5 && p != 5*time.Minute {
			t.Errorf("after %d failures %v, before %v", n, p, last)
		}
		last = p
	}
	if p := email.Pause(1, vocab.EmailAuthenticationFailed); p != 5*time.Second {
		t.Errorf("after one refusal, which may be a slip of the server's, %v", p)
	}
}

// EM-6, EM-7: where mail cannot be sent it waits, and the channel is in error,
// without the password in its detail, until mail goes out; then all goes at once.
func TestCannotSend(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		o := newOffice(t, db, smtpserver.Options{Passwords: map[string]string{"shop": "right"}})
		o.relay.Username, o.relay.Password = "shop", "wr0ng-s3cret"
		first, second := o.says(conversation.SendMessageInput{}), o.says(conversation.SendMessageInput{})
		o.letters()
		for n := range 6 {
			if c := o.channelNow(); (c.State == vocab.EmailError) != (n >= 3) {
				t.Errorf("after %d attempts the channel is %s", n, c.State)
			}
			o.clock.Advance(max(o.tries(first), o.tries(second)))
			o.works() // reading works all the while
		}
		o.is(first, vocab.DeliveryQueued)
		c := o.channelNow()
		if c.State != vocab.EmailError || c.StateReason != vocab.EmailAuthenticationFailed || !strings.Contains(c.StateDetail, "cannot be sent") {
			t.Errorf("the channel is %s %s %q", c.State, c.StateReason, c.StateDetail)
		}
		if l := o.tellsAdmins("does not work"); strings.Contains(l.Text+c.StateDetail+o.email(first).Recipients[0].Detail, "s3cret") {
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
		if c := o.channelNow(); c.State != vocab.EmailConnected || c.StateDetail != "" {
			t.Errorf("the channel is %s %q", c.State, c.StateDetail)
		}
		hurried := 0
		for _, args := range o.jobs.take() {
			switch args := args.(type) {
			case email.SendArgs:
				hurried++
				o.tries(o.message(args.MessageID))
			case mail.Letter:
				contains(t, args.Subject, "works again")
			}
		}
		if o.is(second, vocab.DeliverySent); hurried != 1 || o.changes() != 2 {
			t.Errorf("%d mails were brought forward, %d changes told", hurried, o.changes())
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
			o.clock.Advance(o.tries(m))
		}
		if c := o.channelNow(); c.State != vocab.EmailConnected {
			t.Errorf("the channel is %s: %s", c.State, c.StateDetail)
		}
		o.tries(m)
		o.is(m, vocab.DeliverySent)
	})
}

// EM-7: a server that is gone is an error of the channel's too.
func TestServerIsGone(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		listener := must((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t)
		_ = listener.Close()
		o.relay.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, listener.Addr().String())
		}
		m := o.says(conversation.SendMessageInput{})
		for range 3 {
			o.clock.Advance(o.tries(m))
		}
		if c := o.channelNow(); c.State != vocab.EmailError || c.StateReason != vocab.EmailConnectionFailed {
			t.Errorf("the channel is %s %s", c.State, c.StateReason)
		}
		o.relay.Dial = nil
		o.tries(m)
		o.is(m, vocab.DeliverySent)
		if c := o.channelNow(); c.State != vocab.EmailConnected {
			t.Errorf("the channel is %s %s", c.State, c.StateDetail)
		}
	})
}

// EM-7: a dead mailbox server is an error, and what came meanwhile is there after.
func TestMailboxRecovers(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		s := p.node()
		c := p.connects(s)
		p.run(s)
		p.until("the mailbox was read", func() bool { return p.channelNow(c).LastSyncAt.IsSet() })
		p.box.Stop(t)
		for n := range 3 {
			p.until(fmt.Sprintf("failure %d was noted", n+1), func() bool { return p.channelNow(c).Failures > n })
			if n < 2 {
				p.clock.Advance(time.Minute)
			}
		}
		if got := p.channelNow(c); got.State != vocab.EmailError || got.StateReason != vocab.EmailConnectionFailed {
			t.Errorf("it is %s %s", got.State, got.StateReason)
		}
		p.box.Put(t, p.box.User, letter("meanwhile"))
		p.box.Start(t)
		p.clock.Advance(5 * time.Minute)
		p.has("meanwhile")
		p.until("the channel works", func() bool { return p.channelNow(c).State == vocab.EmailConnected })
	})
}
