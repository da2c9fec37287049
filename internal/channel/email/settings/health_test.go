package settings_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/settings"
	"parley/internal/egress"
	"parley/internal/oauth"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// eachWorld runs the test on both databases.
func eachWorld(t *testing.T, test func(t *testing.T, w *mailroom.World)) {
	t.Helper()
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { test(t, mailroom.NewWorld(t, db)) })
}

// fails has the channel's mailbox not be read.
func fails(w *mailroom.World, err error) {
	w.T.Helper()
	check.NoError(w.T, w.Settings.MailboxFails(w.System, w.Support.ID, err))
}

// EM-7, pitfall 7: one time-out disables nothing; what goes on is an error that
// admins hear of, once, and so is its end.
func TestMailboxFails(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *mailroom.World) {
		w.Notices()
		down := fmt.Errorf("dial tcp 192.0.2.1:993: %w", io.ErrUnexpectedEOF)
		for range 2 {
			fails(w, down)
		}
		if c := w.ChannelNow(); c.State != vocab.EmailConnected || c.Failures != 2 || !c.FailingSince.IsSet() || c.NextAttemptAt != w.Store.Now().Add(15*time.Second) {
			t.Errorf("after two failures: %+v", c)
		}
		if n := w.StateChanges(); n != 0 || len(w.Notices()) != 0 {
			t.Errorf("two failures were told, %d times", n)
		}
		w.MailboxWorks()
		if c := w.ChannelNow(); c.Failures != 0 || c.FailingSince.IsSet() || c.NextAttemptAt.IsSet() || c.LastSyncAt != w.Store.Now() {
			t.Errorf("after a success: %+v", c)
		}
		for range 5 {
			fails(w, down)
		}
		c := w.ChannelNow()
		if c.State != vocab.EmailError || c.StateReason != vocab.EmailConnectionFailed || !strings.Contains(c.StateDetail, "192.0.2.1") || c.StateSince != w.Store.Now() {
			t.Errorf("after five failures: %+v", c)
		}
		w.AdminNotice("does not work")
		w.Clock.Advance(time.Hour)
		w.MailboxWorks()
		w.MailboxWorks()
		if c := w.ChannelNow(); c.State != vocab.EmailConnected || c.StateReason != "" || c.StateDetail != "" || c.StateSince != w.Store.Now() {
			t.Errorf("after its recovery: %+v", c)
		}
		w.AdminNotice("works again")
		if n := w.StateChanges(); n != 2 {
			t.Errorf("told %d times, want 2", n)
		}
	})
}

// EM-7: the reason tells admins what to do; what only a person can mend is not
// asked for often.
func TestReasons(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *mailroom.World) {
		for _, c := range []struct {
			err     error
			reason  vocab.EmailStateReason
			lasting bool
		}{
			{fmt.Errorf("refresh: %w", oauth.ErrRevoked), vocab.EmailGrantRevoked, true},
			{fmt.Errorf("log in: %w", imap.ErrAuthentication), vocab.EmailAuthenticationFailed, true},
			{fmt.Errorf("%w: certificate", imap.ErrTLS), vocab.EmailTLSFailed, true},
			{&tls.CertificateVerificationError{Err: errors.New("signed by nobody")}, vocab.EmailTLSFailed, true},
			{&egress.Error{Host: "10.0.0.1", Reason: egress.Private}, vocab.EmailHostRefused, true},
			{fmt.Errorf("%w: no such mailbox", imap.ErrRefused), vocab.EmailMailboxUnreadable, false},
			{fmt.Errorf("refresh: %w", oauth.ErrTemporary), vocab.EmailConnectionFailed, false},
			{&net.OpError{Op: "dial", Err: errors.New("timeout")}, vocab.EmailConnectionFailed, false},
		} {
			w.MailboxWorks()
			failures := 3
			if c.reason == vocab.EmailGrantRevoked {
				failures = 1 // nothing else will come of it
			}
			for range failures {
				fails(w, c.err)
			}
			got := w.ChannelNow()
			if got.State != vocab.EmailError || got.StateReason != c.reason || got.StateDetail == "" {
				t.Errorf("%v: %s %s %q", c.err, got.State, got.StateReason, got.StateDetail)
			}
			if wait := got.NextAttemptAt.Time().Sub(w.Store.Now().Time()); (wait == 15*time.Minute) != c.lasting {
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
		p := settings.Pause(n, vocab.EmailConnectionFailed)
		if p < last || p < 5*time.Second || p > 5*time.Minute || n > 5 && p != 5*time.Minute {
			t.Errorf("after %d failures %v, before %v", n, p, last)
		}
		last = p
	}
	if p := settings.Pause(1, vocab.EmailAuthenticationFailed); p != 5*time.Second {
		t.Errorf("after one refusal, which may be a slip of the server's, %v", p)
	}
}
