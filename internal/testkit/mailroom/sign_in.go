package mailroom

import (
	"testing"

	"parley/ent"
	"parley/internal/channel/email/settings"
	"parley/internal/oauth"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailserver"
	"parley/internal/vocab"
)

// SignIn is a post whose Dovecot takes the tokens of a real OpenID provider, which
// stands in for Google.
type SignIn struct {
	*Post
	Provider *mailserver.Provider
}

// NewSignIn returns one whose Dovecot takes tokens by the SASL mechanism.
func NewSignIn(t *testing.T, db testkit.Database, mechanism string) *SignIn {
	t.Helper()
	provider := mailserver.OpenID(t, func(o *mailserver.ProviderOptions) {
		o.Accounts = []string{"support@example.com", "sales@example.com"}
	})
	p := NewPost(t, db, mailserver.Options{OpenID: provider, Extra: "auth_mechanisms = plain " + mechanism + "\n"})
	return &SignIn{Post: p, Provider: provider}
}

// Google has a node sign in at the provider.
func (g *SignIn) Google(o *Options) {
	p := oauth.Google(g.Provider.ClientID, g.Provider.ClientSecret).At(g.Provider.Issuer)
	p.IMAP = oauth.Server{Host: g.Box.Host, Port: g.Box.IMAP, Security: string(vocab.MailPlain)}
	p.SMTP = oauth.Server{Host: g.Out.Host, Port: g.Out.Port, Security: string(vocab.MailPlain)}
	o.Settings.Providers = map[vocab.EmailProvider]oauth.Provider{vocab.EmailGmail: p}
}

// Gmail connects the mailbox by OAuth 2 to the second inbox.
func (g *SignIn) Gmail() settings.BeginEmailChannelInput {
	return settings.BeginEmailChannelInput{InboxID: g.InboxIDs[1], Provider: vocab.EmailGmail, Address: g.Box.User, AcceptTerms: true}
}

// Begins begins to connect, and signs in as the browser does.
func (g *SignIn) Begins(n *Node, change func(*settings.BeginEmailChannelInput)) settings.FinishEmailChannelInput {
	g.T.Helper()
	in := g.Gmail()
	if change != nil {
		change(&in)
	}
	begun := check.Must(n.Settings.Begin(g.Admin, in))(g.T)
	if begun.Channel != nil {
		g.T.Fatal("there is a channel before anybody signed in")
	}
	return g.SignsIn(begun.AuthorizationURL)
}

// SignsIn signs in as the browser does, at an address of the provider's.
func (g *SignIn) SignsIn(address string) settings.FinishEmailChannelInput {
	g.T.Helper()
	back := g.Provider.Login(g.T, address).Query()
	return settings.FinishEmailChannelInput{State: back.Get("state"), Code: back.Get("code")}
}

// ConnectsGmail connects the mailbox by OAuth 2.
func (g *SignIn) ConnectsGmail(n *Node) *ent.EmailChannel {
	g.T.Helper()
	return check.Must(n.Settings.Finish(g.Admin, g.Begins(n, nil)))(g.T)
}
