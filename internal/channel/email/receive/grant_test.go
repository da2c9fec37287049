package receive_test

import (
	"strings"
	"testing"
	"time"

	"parley/internal/channel/email/settings"
	"parley/internal/errs"
	"parley/internal/mail"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// EM-1: by either mechanism, with tokens that the server asks the provider about;
// when one ends the next is kept before it is used, on whichever node.
func TestTokenIsRefreshed(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
				g := mailroom.NewSignIn(t, db, mechanism)
				s := g.NewNode(g.Google)
				c := g.ConnectsGmail(s)
				g.Box.Deliver(t, g.Box.User, mailroom.MailText("one"))
				stop := g.Run(s)
				g.Has("one")
				stop()
				for _, subject := range []string{"two", "three"} { // the second refresh needs what the first one saved
					before := g.ChannelNow(c).Credentials
					g.Clock.Advance(time.Hour)
					g.Box.Deliver(t, g.Box.User, mailroom.MailText(subject))
					stop = g.Run(g.NewNode(g.Google))
					g.Until("the mail is there", func() bool { return len(g.Subjects()) >= map[string]int{"two": 2, "three": 3}[subject] })
					stop()
					if g.ChannelNow(c).Credentials == before {
						t.Error("the refreshed token is not kept")
					}
				}
				g.Has("one", "two", "three")
			})
		})
	}
}

// EM-7: a grant that is taken back puts the channel into an error that the API
// tells and admins are mailed, though the connection still works; after a new
// sign-in the mail that came meanwhile is there.
func TestGrantIsRevoked(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		g := mailroom.NewSignIn(t, db, "xoauth2")
		s := g.NewNode(g.Google)
		c := g.ConnectsGmail(s)
		g.Run(s)
		g.Box.Deliver(t, g.Box.User, mailroom.MailText("one"))
		g.Has("one")
		g.Jobs.TakenArgs()
		g.Provider.Revoke(t, g.Box.User)
		g.Clock.Advance(time.Hour) // the access token ends
		g.Until("the channel is in error", func() bool { return g.ChannelNow(c).State == vocab.EmailError })
		if got := g.ChannelNow(c); got.StateReason != vocab.EmailGrantRevoked || got.StateDetail == "" {
			t.Errorf("got %s: %q", got.StateReason, got.StateDetail)
		}
		if n := g.Events(vocab.ChannelStateChanged); n != 1 {
			t.Errorf("%d events tell of it", n)
		}
		told := []string{}
		for _, args := range g.Jobs.TakenArgs() {
			if l, ok := args.(mail.Notice); ok {
				told = append(told, l.To)
			}
		}
		if len(told) != 1 || told[0] != "ada@example.com" {
			t.Errorf("told %q", told)
		}
		g.Box.Deliver(t, g.Box.User, mailroom.MailText("meanwhile"))

		begun := check.Must(s.Settings.Reconnect(g.Admin, settings.ReconnectEmailChannelInput{ChannelID: c.ID}))(t)
		other := strings.Replace(begun.AuthorizationURL, "login_hint=support%40", "login_hint=sales%40", 1)
		_, err := s.Settings.Finish(g.Admin, g.SignsIn(other))
		check.Refused(t, err, errs.Invalid, "code")
		begun = check.Must(s.Settings.Reconnect(g.Admin, settings.ReconnectEmailChannelInput{ChannelID: c.ID}))(t)
		back := check.Must(s.Settings.Finish(g.Admin, g.SignsIn(begun.AuthorizationURL)))(t)
		if back.ID != c.ID || back.State != vocab.EmailConnected || back.StateReason != "" {
			t.Errorf("got %+v", back)
		}
		g.Has("one", "meanwhile")
		if n := g.Events(vocab.ChannelStateChanged); n != 2 {
			t.Errorf("%d events tell of both", n)
		}
	})
}

// A grant that ends is noticed too where the server lets no one in.
func TestRevokedAtRestart(t *testing.T) {
	t.Parallel()
	g := mailroom.NewSignIn(t, mailroom.SQLite, "oauthbearer")
	s := g.NewNode(g.Google)
	c := g.ConnectsGmail(s)
	g.Run(s)
	g.Box.Deliver(t, g.Box.User, mailroom.MailText("one"))
	g.Has("one")
	g.Provider.Revoke(t, g.Box.User)
	g.Box.Restart(t)
	g.Until("the channel is in error", func() bool {
		g.Clock.Advance(time.Minute) // the token itself would be good for long
		return g.ChannelNow(c).State == vocab.EmailError
	})
	if got := g.ChannelNow(c); got.StateReason != vocab.EmailGrantRevoked || got.Failures > 3 {
		t.Errorf("got %s after %d attempts: %q", got.StateReason, got.Failures, got.StateDetail)
	}
}
