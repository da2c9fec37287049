package email_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/channel/email"
	"parley/internal/channel/email/oauth"
	"parley/internal/errs"
	"parley/internal/mail"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// granting is a post whose Dovecot takes the tokens of a real OpenID provider,
// which stands in for Google.
type granting struct {
	*post
	provider *mailserver.Provider
}

func newGranting(t *testing.T, db testkit.Database, mechanism string) *granting {
	t.Helper()
	provider := mailserver.OpenID(t, func(o *mailserver.ProviderOptions) {
		o.Accounts = []string{"support@example.com", "sales@example.com"}
	})
	p := newPost(t, db, mailserver.Options{OpenID: provider, Extra: "auth_mechanisms = plain " + mechanism + "\n"})
	return &granting{post: p, provider: provider}
}

// google has a node sign in at the provider.
func (g *granting) google(o *email.Options) {
	p := oauth.Google(g.provider.ClientID, g.provider.ClientSecret).At(g.provider.Issuer)
	p.IMAP = oauth.Server{Host: g.box.Host, Port: g.box.IMAP, Security: string(vocab.MailPlain)}
	p.SMTP = oauth.Server{Host: g.out.Host, Port: g.out.Port, Security: string(vocab.MailPlain)}
	o.Providers = map[vocab.EmailProvider]oauth.Provider{vocab.EmailGmail: p}
}

func (g *granting) gmail() email.BeginEmailChannelInput {
	return email.BeginEmailChannelInput{InboxID: g.InboxIDs[1], Provider: vocab.EmailGmail, Address: g.box.User, AcceptTerms: true}
}

// begins begins to connect, and signs in as the browser does.
func (g *granting) begins(s *email.Service, change func(*email.BeginEmailChannelInput)) email.FinishEmailChannelInput {
	g.t.Helper()
	in := g.gmail()
	if change != nil {
		change(&in)
	}
	begun := must(s.Begin(g.Admin, in))(g.t)
	if begun.Channel != nil {
		g.t.Fatal("there is a channel before anybody signed in")
	}
	return g.signsIn(begun.AuthorizationURL)
}

func (g *granting) signsIn(address string) email.FinishEmailChannelInput {
	g.t.Helper()
	back := g.provider.Login(g.t, address).Query()
	return email.FinishEmailChannelInput{State: back.Get("state"), Code: back.Get("code")}
}

// connectsGmail connects the mailbox by OAuth 2.
func (g *granting) connectsGmail(s *email.Service) *ent.EmailChannel {
	g.t.Helper()
	return must(s.Finish(g.Admin, g.begins(s, nil)))(g.t)
}

// EM-1: a sign-in is ended by the admin who began it, with the same token, once,
// in time, and for the mailbox that was named.
func TestSignIn(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		g := newGranting(t, db, "xoauth2")
		s := g.node(g.google)
		came := g.begins(s, nil)
		own := *viewer.FromContext(g.Admin)
		token, other := own, own
		token.TokenID, other.ActorID = "token_other", g.AgentIDs[0]
		for _, v := range []*viewer.Viewer{&token, &other} {
			_, err := s.Finish(viewer.NewContext(t.Context(), v), came)
			blames(t, err, errs.Invalid, "state")
		}
		_, err := s.Finish(g.Agent(1), came)
		blames(t, err, errs.Forbidden)
		_, err = s.Finish(g.Admin, email.FinishEmailChannelInput{State: "made up", Code: came.Code})
		blames(t, err, errs.Invalid, "state")
		key := "finish"
		came.IdempotencyKey = &key
		c := must(s.Finish(g.Admin, came))(t)
		if again := must(s.Finish(g.Admin, came))(t); again.ID != c.ID {
			t.Errorf("the same call again gave %s", again.ID)
		}
		came.IdempotencyKey = nil
		if c.Address != "support@example.com" || c.State != vocab.EmailConnected || c.Authentication != vocab.EmailOAuth || c.TermsAcceptedBy != g.AdminID {
			t.Errorf("got %+v", c)
		}
		if strings.Contains(c.Credentials, "refresh") {
			t.Error("the credentials are not sealed")
		}
		_, err = s.Finish(g.Admin, came)
		blames(t, err, errs.Invalid, "state")

		_, err = s.Begin(g.Admin, g.gmail())
		blames(t, err, errs.AlreadyExists, "address")
		late := g.begins(s, func(in *email.BeginEmailChannelInput) { in.Address = "sales@example.com" })
		g.clock.Advance(16 * time.Minute)
		_, err = s.Finish(g.Admin, late)
		blames(t, err, errs.Invalid, "state")
	})
}

// EM-1, EM-2: who signs in to another mailbox than they named connects neither,
// and what was connected in the meantime is refused with its name.
func TestSignInToAnother(t *testing.T) {
	t.Parallel()
	g := newGranting(t, sqlite(t), "xoauth2")
	s := g.node(g.google)
	begun := must(s.Begin(g.Admin, g.gmail()))(t)
	as := strings.Replace(begun.AuthorizationURL, "login_hint=support%40", "login_hint=sales%40", 1)
	_, err := s.Finish(g.Admin, g.signsIn(as))
	blames(t, err, errs.Invalid, "code")
	if err != nil && (!strings.Contains(err.Error(), "sales@example.com") || !strings.Contains(err.Error(), "support@example.com")) {
		t.Errorf("got %v", err)
	}

	came := g.begins(s, nil)
	g.connects(s)
	_, err = s.Finish(g.Admin, came)
	blames(t, err, errs.AlreadyExists, "address")

	g.provider.Decline(t, true)
	begun = must(s.Begin(g.Admin, email.BeginEmailChannelInput{
		InboxID: g.InboxIDs[0], Provider: vocab.EmailGmail, Address: "sales@example.com", AcceptTerms: true,
	}))(t)
	declined := g.signsIn(begun.AuthorizationURL)
	_, err = s.Finish(g.Admin, declined)
	blames(t, err, errs.Invalid, "code")
}

// The browser comes back to pages of trusted sites alone, with what the provider
// said.
func TestReturns(t *testing.T) {
	t.Parallel()
	g := newGranting(t, sqlite(t), "xoauth2")
	s := g.node(g.google, func(o *email.Options) { o.Trusts = func(u *url.URL) bool { return u.Host == "app.example.com" } })
	for _, evil := range []string{"https://evil.example/", "//evil.example", "javascript:alert(1)", "https://app.example.com@evil.example/", "https://u:p@app.example.com/"} {
		in := g.gmail()
		in.ReturnURL = &evil
		_, err := s.Begin(g.Admin, in)
		blames(t, err, errs.Invalid, "returnUrl")
	}
	page := "https://app.example.com/settings?tab=mail"
	in := g.gmail()
	in.ReturnURL = &page
	begun := must(s.Begin(g.Admin, in))(t)
	back := g.provider.Login(t, begun.AuthorizationURL).Query()
	to := must(url.Parse(must(s.Returns(t.Context(), back))(t)))(t)
	if to.Host != "app.example.com" || to.Query().Get("tab") != "mail" || to.Query().Get("state") != back.Get("state") || to.Query().Get("code") != back.Get("code") {
		t.Errorf("got %v", to)
	}
	mixed := url.Values{"state": back["state"], "code": back["code"], "iss": {"https://evil.example"}} // RFC 9207
	if _, err := s.Returns(t.Context(), mixed); !errs.Is(err, errs.Invalid) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Returns(t.Context(), url.Values{"state": {"unknown"}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("got %v", err)
	}
}

// EM-1: by either mechanism, with tokens that the server asks the provider about;
// when one ends the next is kept before it is used, on whichever node.
func TestTokenIsRefreshed(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
				g := newGranting(t, db, mechanism)
				s := g.node(g.google)
				c := g.connectsGmail(s)
				g.box.Deliver(t, g.box.User, letter("one"))
				stop := g.run(s)
				g.has("one")
				stop()
				for _, subject := range []string{"two", "three"} { // the second refresh needs what the first one saved
					before := g.channelNow(c).Credentials
					g.clock.Advance(time.Hour)
					g.box.Deliver(t, g.box.User, letter(subject))
					stop = g.run(g.node(g.google))
					g.until("the mail is there", func() bool { return len(g.subjects()) >= map[string]int{"two": 2, "three": 3}[subject] })
					stop()
					if g.channelNow(c).Credentials == before {
						t.Error("the refreshed token is not kept")
					}
				}
				g.has("one", "two", "three")
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
		g := newGranting(t, db, "xoauth2")
		s := g.node(g.google)
		c := g.connectsGmail(s)
		g.run(s)
		g.box.Deliver(t, g.box.User, letter("one"))
		g.has("one")
		g.jobs.take()
		g.provider.Revoke(t, g.box.User)
		g.clock.Advance(time.Hour) // the access token ends
		g.until("the channel is in error", func() bool { return g.channelNow(c).State == vocab.EmailError })
		if got := g.channelNow(c); got.StateReason != vocab.EmailGrantRevoked || got.StateDetail == "" {
			t.Errorf("got %s: %q", got.StateReason, got.StateDetail)
		}
		if n := g.events(vocab.ChannelStateChanged); n != 1 {
			t.Errorf("%d events tell of it", n)
		}
		told := []string{}
		for _, args := range g.jobs.take() {
			if l, ok := args.(mail.Letter); ok {
				told = append(told, l.To)
			}
		}
		if len(told) != 1 || told[0] != "ada@example.com" {
			t.Errorf("told %q", told)
		}
		g.box.Deliver(t, g.box.User, letter("meanwhile"))

		begun := must(s.Reconnect(g.Admin, email.ReconnectEmailChannelInput{EmailChannelID: c.ID}))(t)
		other := strings.Replace(begun.AuthorizationURL, "login_hint=support%40", "login_hint=sales%40", 1)
		_, err := s.Finish(g.Admin, g.signsIn(other))
		blames(t, err, errs.Invalid, "code")
		begun = must(s.Reconnect(g.Admin, email.ReconnectEmailChannelInput{EmailChannelID: c.ID}))(t)
		back := must(s.Finish(g.Admin, g.signsIn(begun.AuthorizationURL)))(t)
		if back.ID != c.ID || back.State != vocab.EmailConnected || back.StateReason != "" {
			t.Errorf("got %+v", back)
		}
		g.has("one", "meanwhile")
		if n := g.events(vocab.ChannelStateChanged); n != 2 {
			t.Errorf("%d events tell of both", n)
		}
	})
}

// A grant that ends is noticed too where the server lets nobody in.
func TestRevokedAtRestart(t *testing.T) {
	t.Parallel()
	g := newGranting(t, sqlite(t), "oauthbearer")
	s := g.node(g.google)
	c := g.connectsGmail(s)
	g.run(s)
	g.box.Deliver(t, g.box.User, letter("one"))
	g.has("one")
	g.provider.Revoke(t, g.box.User)
	g.box.Restart(t)
	g.until("the channel is in error", func() bool {
		g.clock.Advance(time.Minute) // the token itself would be good for long
		return g.channelNow(c).State == vocab.EmailError
	})
	if got := g.channelNow(c); got.StateReason != vocab.EmailGrantRevoked || got.Failures > 3 {
		t.Errorf("got %s after %d attempts: %q", got.StateReason, got.Failures, got.StateDetail)
	}
}
