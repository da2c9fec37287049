package settings_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/internal/channel/email/settings"
	"parley/internal/errs"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// EM-1: a sign-in is ended by the admin who began it, with the same token, once,
// in time, and for the mailbox that was named.
func TestSignIn(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		g := mailroom.NewSignIn(t, db, "xoauth2")
		s := g.NewNode(g.Google)
		came := g.Begins(s, nil)
		own := *viewer.FromContext(g.Admin)
		token, other := own, own
		token.TokenID, other.ActorID = "token_other", g.AgentIDs[0]
		for _, v := range []*viewer.Viewer{&token, &other} {
			_, err := s.Settings.Finish(viewer.NewContext(t.Context(), v), came)
			check.Refused(t, err, errs.Invalid, "state")
		}
		_, err := s.Settings.Finish(g.Agent(1), came)
		check.Refused(t, err, errs.Forbidden)
		_, err = s.Settings.Finish(g.Admin, settings.FinishEmailChannelInput{State: "made up", Code: came.Code})
		check.Refused(t, err, errs.Invalid, "state")
		key := "finish"
		came.IdempotencyKey = &key
		c := check.Must(s.Settings.Finish(g.Admin, came))(t)
		if again := check.Must(s.Settings.Finish(g.Admin, came))(t); again.ID != c.ID {
			t.Errorf("the same call again gave %s", again.ID)
		}
		came.IdempotencyKey = nil
		if c.Address != "support@example.com" || c.State != vocab.EmailConnected || c.Authentication != vocab.EmailOAuth || c.TermsAcceptedBy != g.AdminID {
			t.Errorf("got %+v", c)
		}
		if strings.Contains(c.Credentials, "refresh") {
			t.Error("the credentials are not sealed")
		}
		_, err = s.Settings.Finish(g.Admin, came)
		check.Refused(t, err, errs.Invalid, "state")

		_, err = s.Settings.Begin(g.Admin, g.Gmail())
		check.Refused(t, err, errs.AlreadyExists, "address")
		late := g.Begins(s, func(in *settings.BeginEmailChannelInput) { in.Address = "sales@example.com" })
		g.Clock.Advance(16 * time.Minute)
		_, err = s.Settings.Finish(g.Admin, late)
		check.Refused(t, err, errs.Invalid, "state")
	})
}

// EM-1, EM-2: who signs in to another mailbox than they named connects neither,
// and what was connected in the meantime is refused with its name.
func TestSignInToAnother(t *testing.T) {
	t.Parallel()
	g := mailroom.NewSignIn(t, mailroom.SQLite, "xoauth2")
	s := g.NewNode(g.Google)
	begun := check.Must(s.Settings.Begin(g.Admin, g.Gmail()))(t)
	as := strings.Replace(begun.AuthorizationURL, "login_hint=support%40", "login_hint=sales%40", 1)
	_, err := s.Settings.Finish(g.Admin, g.SignsIn(as))
	check.Refused(t, err, errs.Invalid, "code")
	if err != nil && (!strings.Contains(err.Error(), "sales@example.com") || !strings.Contains(err.Error(), "support@example.com")) {
		t.Errorf("got %v", err)
	}

	came := g.Begins(s, nil)
	g.Connects(s)
	_, err = s.Settings.Finish(g.Admin, came)
	check.Refused(t, err, errs.AlreadyExists, "address")

	g.Provider.Decline(t, true)
	begun = check.Must(s.Settings.Begin(g.Admin, settings.BeginEmailChannelInput{
		InboxID: g.InboxIDs[0], Provider: vocab.EmailGmail, Address: "sales@example.com", AcceptTerms: true,
	}))(t)
	declined := g.SignsIn(begun.AuthorizationURL)
	_, err = s.Settings.Finish(g.Admin, declined)
	check.Refused(t, err, errs.Invalid, "code")
}

// The browser comes back to pages of trusted sites alone, with what the provider
// said.
func TestReturns(t *testing.T) {
	t.Parallel()
	g := mailroom.NewSignIn(t, mailroom.SQLite, "xoauth2")
	s := g.NewNode(g.Google, func(o *mailroom.Options) {
		o.Settings.Trusts = func(u *url.URL) bool { return u.Host == "app.example.com" }
	})
	for _, evil := range []string{"https://evil.example/", "//evil.example", "javascript:alert(1)", "https://app.example.com@evil.example/", "https://u:p@app.example.com/"} {
		in := g.Gmail()
		in.ReturnURL = &evil
		_, err := s.Settings.Begin(g.Admin, in)
		check.Refused(t, err, errs.Invalid, "returnUrl")
	}
	page := "https://app.example.com/settings?tab=mail"
	in := g.Gmail()
	in.ReturnURL = &page
	begun := check.Must(s.Settings.Begin(g.Admin, in))(t)
	back := g.Provider.Login(t, begun.AuthorizationURL).Query()
	to := check.Must(url.Parse(check.Must(s.Settings.Returns(t.Context(), back))(t)))(t)
	if to.Host != "app.example.com" || to.Query().Get("tab") != "mail" || to.Query().Get("state") != back.Get("state") || to.Query().Get("code") != back.Get("code") {
		t.Errorf("got %v", to)
	}
	mixed := url.Values{"state": back["state"], "code": back["code"], "iss": {"https://evil.example"}} // RFC 9207
	if _, err := s.Settings.Returns(t.Context(), mixed); !errs.Is(err, errs.Invalid) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Settings.Returns(t.Context(), url.Values{"state": {"unknown"}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("got %v", err)
	}
}
