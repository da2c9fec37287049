package email_test

import (
	"strings"
	"testing"

	"parley/internal/channel/email"
	"parley/internal/channel/email/guard"
	"parley/internal/errs"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// EM-1: servers and credentials are tried before a channel is made, and the field
// is blamed that is wrong.
func TestConnectBlames(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{TLS: true})
		open, fenced := p.node(), p.node(func(o *email.Options) { o.Dial = guard.New(nil).DialContext })
		wrong, strict := "wrong", smtpserver.Start(t, smtpserver.Options{Passwords: map[string]string{p.box.User: "another"}})
		secure := smtpserver.Start(t, smtpserver.Options{TLS: true})
		for _, c := range []struct {
			name    string
			service *email.Service
			change  func(*email.BeginEmailChannelInput)
			code    errs.Code
			field   string
		}{
			{"wrong password", open, func(in *email.BeginEmailChannelInput) { in.Password = &wrong }, errs.Invalid, "password"},
			{"no such port", open, func(in *email.BeginEmailChannelInput) { in.IMAP.Port = 9 }, errs.Invalid, "imap"},
			{"no such host", open, func(in *email.BeginEmailChannelInput) { in.IMAP.Host = "nowhere.invalid" }, errs.Invalid, "imap"},
			{"no host", open, func(in *email.BeginEmailChannelInput) { in.IMAP.Host = "imaps://x" }, errs.Invalid, "imap host"},
			{"no port", open, func(in *email.BeginEmailChannelInput) { in.SMTP.Port = 70_000 }, errs.Invalid, "smtp port"},
			{"the operator's own network", fenced, func(*email.BeginEmailChannelInput) {}, errs.Invalid, "imap host"},
			{"a certificate of nobody", open, func(in *email.BeginEmailChannelInput) {
				in.IMAP.Port, in.IMAP.Security = p.box.IMAPS, vocab.MailTLS
			}, errs.Invalid, "imap security"},
			{"TLS where there is none", open, func(in *email.BeginEmailChannelInput) { in.IMAP.Security = vocab.MailTLS }, errs.Invalid, "imap security"},
			{"SMTP's certificate", open, func(in *email.BeginEmailChannelInput) {
				in.SMTP.Port, in.SMTP.Security = secure.Port, vocab.MailTLS
			}, errs.Invalid, "smtp security"},
			{"SMTP has no STARTTLS", open, func(in *email.BeginEmailChannelInput) { in.SMTP.Security = vocab.MailSTARTTLS }, errs.Invalid, "smtp security"},
			{"SMTP's password", open, func(in *email.BeginEmailChannelInput) { in.SMTP.Port = strict.Port }, errs.Invalid, "password"},
			{"no SMTP port", open, func(in *email.BeginEmailChannelInput) { in.SMTP.Port = 9 }, errs.Invalid, "smtp"},
			{"a host of bytes", open, func(in *email.BeginEmailChannelInput) { in.IMAP.Host = "a\x00b" }, errs.Invalid, "imap host"},
			{"no servers", open, func(in *email.BeginEmailChannelInput) { in.IMAP, in.SMTP = nil, nil }, errs.Required, "imap"},
			{"terms", open, func(in *email.BeginEmailChannelInput) { in.AcceptTerms = false }, errs.Required, "acceptTerms"},
			{"address", open, func(in *email.BeginEmailChannelInput) { in.Address = "nobody" }, errs.Invalid, "address"},
			{"alias", open, func(in *email.BeginEmailChannelInput) { in.Aliases = []string{"help@example.com", "x"} }, errs.Invalid, "aliases 1"},
			{"inbox", open, func(in *email.BeginEmailChannelInput) { in.InboxID = p.ChannelIDs[0] }, errs.NotFound, "inboxId"},
			{"no client", open, func(in *email.BeginEmailChannelInput) {
				in.Provider, in.IMAP, in.SMTP, in.Password = vocab.EmailGmail, nil, nil, nil
			}, errs.Invalid, "provider"},
			{"Gmail's password", open, func(in *email.BeginEmailChannelInput) { in.Provider = vocab.EmailGmail }, errs.Invalid, "provider"},
		} {
			t.Run(c.name, func(t *testing.T) {
				in := p.input()
				c.change(&in)
				_, err := c.service.Begin(p.Admin, in)
				blames(t, err, c.code, strings.Fields(c.field)...)
				if err != nil && (strings.Contains(err.Error(), p.box.Password) || c.name == "terms" && !strings.Contains(err.Error(), email.Notice)) {
					t.Errorf("got %v", err)
				}
			})
		}
		_, err := open.Begin(p.Agent(1), p.input())
		blames(t, err, errs.Forbidden) // AC-5
	})
}

// EM-2, EM-8: an address is one channel's or one person's, whatever its case; who
// has it is named to those who may see that.
func TestConnectConflicts(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		s := p.node()
		_, err := s.ConnectPersonal(p.Agent(0), email.ConnectPersonalMailboxInput{Address: "Ben@Example.com", Provider: vocab.EmailGmail})
		mustNot(t, err)
		key := "once"
		first := p.connects(s, func(in *email.BeginEmailChannelInput) {
			in.Aliases, in.IdempotencyKey = []string{"Help@example.com"}, &key
		})
		again := p.connects(s, func(in *email.BeginEmailChannelInput) {
			in.Aliases, in.IdempotencyKey = []string{"Help@example.com"}, &key
		}) // OP-3
		if again.ID != first.ID || first.TermsAcceptedBy != p.AdminID || !first.TermsAcceptedAt.IsSet() {
			t.Errorf("got %v, and %v when it was repeated", first, again)
		}
		for _, c := range []struct {
			address string
			aliases []string
			field   string
			has     string
		}{
			{"SUPPORT@example.com", nil, "address", `the inbox "Support"`},
			{"help@example.COM", nil, "address", `the inbox "Support"`},
			{"ben@example.com", nil, "address", "Ben Agent"},
			{"other@example.com", []string{"fine@example.com", "Support@Example.com"}, "aliases 1", `the inbox "Support"`},
			{"other@example.com", []string{"ben@example.com"}, "aliases 0", "Ben Agent"},
		} {
			_, err := s.Begin(p.Admin, email.BeginEmailChannelInput{
				InboxID: p.InboxIDs[0], Provider: vocab.EmailForwarding, Address: c.address, Aliases: c.aliases, AcceptTerms: true,
			})
			blames(t, err, errs.AlreadyExists, strings.Fields(c.field)...)
			if err != nil && !strings.Contains(err.Error(), c.has) {
				t.Errorf("%s: got %v, want the name of %s", c.address, err, c.has)
			}
		}
		for i, sees := range []bool{false, true} { // AC-3: the first agent is no member of the inbox
			_, err = s.ConnectPersonal(p.Agent(i), email.ConnectPersonalMailboxInput{Address: "support@example.com", Provider: vocab.EmailGmail})
			blames(t, err, errs.AlreadyExists, "address")
			if err != nil && strings.Contains(err.Error(), `"Support"`) != sees {
				t.Errorf("agent %d is told %v", i, err)
			}
		}
		_, err = s.Update(p.Admin, email.UpdateEmailChannelInput{EmailChannelID: first.ID, Aliases: []string{"ben@example.com"}})
		blames(t, err, errs.AlreadyExists, "aliases", "0")
		if got := p.channelNow(first).Aliases; len(got) != 1 || got[0] != "help@example.com" {
			t.Errorf("the aliases are %q", got)
		}
	})
}

// Aliases that are taken away, and addresses of a channel that is disconnected,
// are free; a channel that comes back needs its own (EM-2).
func TestAddressesAreFreed(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		s := p.node()
		c := p.connects(s, func(in *email.BeginEmailChannelInput) { in.Aliases = []string{"help@example.com"} })
		forward := func(address string) (*email.Begun, error) {
			return s.Begin(p.Admin, email.BeginEmailChannelInput{
				InboxID: p.InboxIDs[0], Provider: vocab.EmailForwarding, Address: address, AcceptTerms: true,
			})
		}
		_, err := s.Update(p.Admin, email.UpdateEmailChannelInput{EmailChannelID: c.ID, Aliases: []string{"sales@example.com"}})
		mustNot(t, err)
		_, err = forward("help@example.com")
		mustNot(t, err)
		_, err = forward("sales@example.com")
		blames(t, err, errs.AlreadyExists, "address")

		gone := must(s.Disconnect(p.Admin, email.DisconnectEmailChannelInput{EmailChannelID: c.ID}))(t)
		if gone.State != vocab.EmailDisconnected || gone.Credentials != "" {
			t.Errorf("got %v with credentials %q", gone.State, gone.Credentials)
		}
		other := must(forward("support@example.com"))(t).Channel
		_, err = s.Reconnect(p.Admin, email.ReconnectEmailChannelInput{EmailChannelID: c.ID})
		blames(t, err, errs.Required, "password")
		wrong := "wrong"
		_, err = s.Reconnect(p.Admin, email.ReconnectEmailChannelInput{EmailChannelID: c.ID, Password: &wrong})
		blames(t, err, errs.Invalid, "password")
		_, err = s.Reconnect(p.Admin, email.ReconnectEmailChannelInput{EmailChannelID: c.ID, Password: &p.box.Password})
		blames(t, err, errs.AlreadyExists, "address")
		_, err = s.Disconnect(p.Admin, email.DisconnectEmailChannelInput{EmailChannelID: other.ID})
		mustNot(t, err)
		_, err = s.Reconnect(p.Agent(1), email.ReconnectEmailChannelInput{EmailChannelID: c.ID, Password: &p.box.Password})
		blames(t, err, errs.Forbidden)
		back := must(s.Reconnect(p.Admin, email.ReconnectEmailChannelInput{EmailChannelID: c.ID, Password: &p.box.Password}))(t).Channel
		if back.State != vocab.EmailConnected || back.Credentials == "" {
			t.Errorf("got %v", back.State)
		}
		_, err = forward("sales@example.com")
		blames(t, err, errs.AlreadyExists, "address")
	})
}

// A password that is kept is told to no server but those that it was given for,
// or it could be found out by naming another one.
func TestPasswordStaysWithItsServers(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		s := p.node()
		sender := "Sup\x00port"
		c := p.connects(s, func(in *email.BeginEmailChannelInput) { in.SenderName = &sender })
		if c.SenderName != "Support" { // it must fit into a header
			t.Errorf("the sender is %q", c.SenderName)
		}
		server := func(change func(*email.MailServerInput)) *email.MailServerInput {
			in := p.input()
			change(in.IMAP)
			return in.IMAP
		}
		name := "another"
		for _, in := range []email.ReconnectEmailChannelInput{
			{IMAP: server(func(m *email.MailServerInput) { m.Host = "mail.example.org" })},
			{IMAP: server(func(m *email.MailServerInput) { m.Port++ })},
			{IMAP: server(func(m *email.MailServerInput) { m.Username = &name })},
			{SMTP: server(func(*email.MailServerInput) {})},
		} {
			in.EmailChannelID = c.ID
			_, err := s.Reconnect(p.Admin, in)
			blames(t, err, errs.Required, "password")
		}
		same := p.input()
		_, err := s.Reconnect(p.Admin, email.ReconnectEmailChannelInput{EmailChannelID: c.ID, IMAP: same.IMAP, SMTP: same.SMTP})
		mustNot(t, err)
		empty := ""
		_, err = s.Reconnect(p.Admin, email.ReconnectEmailChannelInput{EmailChannelID: c.ID, Password: &empty})
		blames(t, err, errs.Invalid, "password")
	})
}

// EM-1: a forwarding address is one that nobody can guess, at the server's domain.
func TestForwardingAddress(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := newPost(t, db, mailserver.Options{})
		s := p.node()
		in := email.BeginEmailChannelInput{InboxID: p.InboxIDs[0], Provider: vocab.EmailForwarding, Address: "info@example.com", AcceptTerms: true}
		c := must(s.Begin(p.Admin, in))(t).Channel
		address := must(s.ForwardingAddress(p.Admin, c))(t)
		local, domain, _ := strings.Cut(address, "@")
		if len(local) < 20 || domain != "in.parley.example" {
			t.Errorf("got %q", address)
		}
		in.Password = &p.box.Password
		_, err := s.Begin(p.Admin, in)
		blames(t, err, errs.Invalid, "provider")
		in.Password = nil
		_, err = p.node(func(o *email.Options) { o.Domain = "" }).Begin(p.Admin, in)
		blames(t, err, errs.Invalid, "provider")
	})
}

// mustNot ends the test with an error.
func mustNot(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
