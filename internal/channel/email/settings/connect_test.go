package settings_test

import (
	"strings"
	"testing"

	"parley/internal/channel/email/settings"
	"parley/internal/egress"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// EM-1: servers and credentials are tried before a channel is made, and the field
// is blamed that is wrong.
func TestConnectBlames(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{TLS: true})
		open, fenced := p.NewNode(), p.NewNode(func(o *mailroom.Options) { o.Settings.Dial = egress.New(nil).DialContext })
		wrong, strict := "wrong", smtpserver.Start(t, smtpserver.Options{Passwords: map[string]string{p.Box.User: "another"}})
		secure := smtpserver.Start(t, smtpserver.Options{TLS: true})
		for _, c := range []struct {
			name    string
			service *mailroom.Node
			change  func(*settings.BeginEmailChannelInput)
			code    errs.Code
			field   string
		}{
			{"wrong password", open, func(in *settings.BeginEmailChannelInput) { in.Password = &wrong }, errs.Invalid, "password"},
			{"no such port", open, func(in *settings.BeginEmailChannelInput) { in.IMAP.Port = 9 }, errs.Invalid, "imap"},
			{"no such host", open, func(in *settings.BeginEmailChannelInput) { in.IMAP.Host = "nowhere.invalid" }, errs.Invalid, "imap"},
			{"no host", open, func(in *settings.BeginEmailChannelInput) { in.IMAP.Host = "imaps://x" }, errs.Invalid, "imap host"},
			{"no port", open, func(in *settings.BeginEmailChannelInput) { in.SMTP.Port = 70_000 }, errs.Invalid, "smtp port"},
			{"the operator's own network", fenced, func(*settings.BeginEmailChannelInput) {}, errs.Invalid, "imap host"},
			{"a certificate of nobody", open, func(in *settings.BeginEmailChannelInput) {
				in.IMAP.Port, in.IMAP.Security = p.Box.IMAPS, vocab.MailTLS
			}, errs.Invalid, "imap security"},
			{"TLS where there is none", open, func(in *settings.BeginEmailChannelInput) { in.IMAP.Security = vocab.MailTLS }, errs.Invalid, "imap security"},
			{"SMTP's certificate", open, func(in *settings.BeginEmailChannelInput) {
				in.SMTP.Port, in.SMTP.Security = secure.Port, vocab.MailTLS
			}, errs.Invalid, "smtp security"},
			{"SMTP has no STARTTLS", open, func(in *settings.BeginEmailChannelInput) { in.SMTP.Security = vocab.MailSTARTTLS }, errs.Invalid, "smtp security"},
			{"SMTP's password", open, func(in *settings.BeginEmailChannelInput) { in.SMTP.Port = strict.Port }, errs.Invalid, "password"},
			{"no SMTP port", open, func(in *settings.BeginEmailChannelInput) { in.SMTP.Port = 9 }, errs.Invalid, "smtp"},
			{"a host of bytes", open, func(in *settings.BeginEmailChannelInput) { in.IMAP.Host = "a\x00b" }, errs.Invalid, "imap host"},
			{"no servers", open, func(in *settings.BeginEmailChannelInput) { in.IMAP, in.SMTP = nil, nil }, errs.Required, "imap"},
			{"terms", open, func(in *settings.BeginEmailChannelInput) { in.AcceptTerms = false }, errs.Required, "acceptTerms"},
			{"address", open, func(in *settings.BeginEmailChannelInput) { in.Address = "nobody" }, errs.Invalid, "address"},
			{"alias", open, func(in *settings.BeginEmailChannelInput) { in.Aliases = []string{"help@example.com", "x"} }, errs.Invalid, "aliases 1"},
			{"inbox", open, func(in *settings.BeginEmailChannelInput) { in.InboxID = p.ChannelIDs[0] }, errs.NotFound, "inboxId"},
			{"no client", open, func(in *settings.BeginEmailChannelInput) {
				in.Provider, in.IMAP, in.SMTP, in.Password = vocab.EmailGmail, nil, nil, nil
			}, errs.Invalid, "provider"},
			{"Gmail's password", open, func(in *settings.BeginEmailChannelInput) { in.Provider = vocab.EmailGmail }, errs.Invalid, "provider"},
		} {
			t.Run(c.name, func(t *testing.T) {
				in := p.Input()
				c.change(&in)
				_, err := c.service.Settings.Begin(p.Admin, in)
				check.Refused(t, err, c.code, strings.Fields(c.field)...)
				if err != nil && (strings.Contains(err.Error(), p.Box.Password) || c.name == "terms" && !strings.Contains(err.Error(), settings.Notice)) {
					t.Errorf("got %v", err)
				}
			})
		}
		_, err := open.Settings.Begin(p.Agent(1), p.Input())
		check.Refused(t, err, errs.Forbidden) // AC-5
	})
}

// EM-2, EM-8: an address is one channel's or one person's, whatever its case; who
// has it is named to those who may see that.
func TestConnectConflicts(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		s := p.NewNode()
		_, err := s.Settings.ConnectPersonal(p.Agent(0), settings.ConnectPersonalMailboxInput{Address: "Ben@Example.com", Provider: vocab.EmailGmail})
		check.NoError(t, err)
		check.Same(t, p.Events(vocab.PersonalMailboxConnected), 1) // AC-10
		key := "once"
		first := p.Connects(s, func(in *settings.BeginEmailChannelInput) {
			in.Aliases, in.IdempotencyKey = []string{"Help@example.com"}, &key
		})
		again := p.Connects(s, func(in *settings.BeginEmailChannelInput) {
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
			_, err := s.Settings.Begin(p.Admin, settings.BeginEmailChannelInput{
				InboxID: p.InboxIDs[0], Provider: vocab.EmailForwarding, Address: c.address, Aliases: c.aliases, AcceptTerms: true,
			})
			check.Refused(t, err, errs.AlreadyExists, strings.Fields(c.field)...)
			if err != nil && !strings.Contains(err.Error(), c.has) {
				t.Errorf("%s: got %v, want the name of %s", c.address, err, c.has)
			}
		}
		for i, sees := range []bool{false, true} { // AC-3: the first agent is no member of the inbox
			_, err = s.Settings.ConnectPersonal(p.Agent(i), settings.ConnectPersonalMailboxInput{Address: "support@example.com", Provider: vocab.EmailGmail})
			check.Refused(t, err, errs.AlreadyExists, "address")
			if err != nil && strings.Contains(err.Error(), `"Support"`) != sees {
				t.Errorf("agent %d is told %v", i, err)
			}
		}
		_, err = s.Settings.Update(p.Admin, settings.UpdateEmailChannelInput{ChannelID: first.ID, Aliases: opt.List("ben@example.com")})
		check.Refused(t, err, errs.AlreadyExists, "aliases", "0")
		if got := p.ChannelNow(first).Aliases; len(got) != 1 || got[0] != "help@example.com" {
			t.Errorf("the aliases are %q", got)
		}
	})
}

// Aliases that are taken away, and addresses of a channel that is disconnected,
// are free; a channel that comes back needs its own (EM-2).
func TestAddressesAreFreed(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		s := p.NewNode()
		c := p.Connects(s, func(in *settings.BeginEmailChannelInput) { in.Aliases = []string{"help@example.com"} })
		forward := func(address string) (*settings.Begun, error) {
			return s.Settings.Begin(p.Admin, settings.BeginEmailChannelInput{
				InboxID: p.InboxIDs[0], Provider: vocab.EmailForwarding, Address: address, AcceptTerms: true,
			})
		}
		_, err := s.Settings.Update(p.Admin, settings.UpdateEmailChannelInput{ChannelID: c.ID, Aliases: opt.List("sales@example.com")})
		check.NoError(t, err)
		_, err = forward("help@example.com")
		check.NoError(t, err)
		_, err = forward("sales@example.com")
		check.Refused(t, err, errs.AlreadyExists, "address")

		gone := check.Must(s.Settings.Disconnect(p.Admin, settings.DisconnectEmailChannelInput{ChannelID: c.ID}))(t)
		if gone.State != vocab.EmailDisconnected || gone.Credentials != "" {
			t.Errorf("got %v with credentials %q", gone.State, gone.Credentials)
		}
		other := check.Must(forward("support@example.com"))(t).Channel
		_, err = s.Settings.Reconnect(p.Admin, settings.ReconnectEmailChannelInput{ChannelID: c.ID})
		check.Refused(t, err, errs.Required, "password")
		wrong := "wrong"
		_, err = s.Settings.Reconnect(p.Admin, settings.ReconnectEmailChannelInput{ChannelID: c.ID, Password: &wrong})
		check.Refused(t, err, errs.Invalid, "password")
		_, err = s.Settings.Reconnect(p.Admin, settings.ReconnectEmailChannelInput{ChannelID: c.ID, Password: &p.Box.Password})
		check.Refused(t, err, errs.AlreadyExists, "address")
		_, err = s.Settings.Disconnect(p.Admin, settings.DisconnectEmailChannelInput{ChannelID: other.ID})
		check.NoError(t, err)
		_, err = s.Settings.Reconnect(p.Agent(1), settings.ReconnectEmailChannelInput{ChannelID: c.ID, Password: &p.Box.Password})
		check.Refused(t, err, errs.Forbidden)
		back := check.Must(s.Settings.Reconnect(p.Admin, settings.ReconnectEmailChannelInput{ChannelID: c.ID, Password: &p.Box.Password}))(t).Channel
		if back.State != vocab.EmailConnected || back.Credentials == "" {
			t.Errorf("got %v", back.State)
		}
		recorded := check.Must(p.Store.Strings(t.Context(), "SELECT action FROM audit_entries WHERE subject_id = $1 AND event_sequence = 0 ORDER BY number", c.ID))(t) // AC-17
		check.Same(t, strings.Join(recorded, " "), "CHANNEL_DISCONNECTED CHANNEL_UPDATED")
		_, err = forward("sales@example.com")
		check.Refused(t, err, errs.AlreadyExists, "address")
	})
}

// A password that is kept is told to no server but those that it was given for,
// or it could be found out by naming another one.
func TestPasswordStaysWithItsServers(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		s := p.NewNode()
		sender := "Sup\x00port"
		c := p.Connects(s, func(in *settings.BeginEmailChannelInput) { in.SenderName = &sender })
		if c.SenderName != "Support" { // it must fit into a header
			t.Errorf("the sender is %q", c.SenderName)
		}
		server := func(change func(*settings.MailServerInput)) *settings.MailServerInput {
			in := p.Input()
			change(in.IMAP)
			return in.IMAP
		}
		name := "another"
		for _, in := range []settings.ReconnectEmailChannelInput{
			{IMAP: server(func(m *settings.MailServerInput) { m.Host = "mail.example.org" })},
			{IMAP: server(func(m *settings.MailServerInput) { m.Port++ })},
			{IMAP: server(func(m *settings.MailServerInput) { m.Username = &name })},
			{SMTP: server(func(*settings.MailServerInput) {})},
		} {
			in.ChannelID = c.ID
			_, err := s.Settings.Reconnect(p.Admin, in)
			check.Refused(t, err, errs.Required, "password")
		}
		same := p.Input()
		_, err := s.Settings.Reconnect(p.Admin, settings.ReconnectEmailChannelInput{ChannelID: c.ID, IMAP: same.IMAP, SMTP: same.SMTP})
		check.NoError(t, err)
		empty := ""
		_, err = s.Settings.Reconnect(p.Admin, settings.ReconnectEmailChannelInput{ChannelID: c.ID, Password: &empty})
		check.Refused(t, err, errs.Invalid, "password")
	})
}

// EM-1: a forwarding address is one that no one can guess, at the server's domain.
func TestForwardingAddress(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		p := mailroom.NewPost(t, db, mailserver.Options{})
		s := p.NewNode()
		in := settings.BeginEmailChannelInput{InboxID: p.InboxIDs[0], Provider: vocab.EmailForwarding, Address: "info@example.com", AcceptTerms: true}
		c := check.Must(s.Settings.Begin(p.Admin, in))(t).Channel
		address := check.Must(s.Settings.ForwardingAddress(p.Admin, c))(t)
		local, domain, _ := strings.Cut(address, "@")
		if len(local) < 20 || domain != "in.parley.example" {
			t.Errorf("got %q", address)
		}
		in.Password = &p.Box.Password
		_, err := s.Settings.Begin(p.Admin, in)
		check.Refused(t, err, errs.Invalid, "provider")
		in.Password = nil
		_, err = p.NewNode(func(o *mailroom.Options) { o.Settings.Domain = "" }).Settings.Begin(p.Admin, in)
		check.Refused(t, err, errs.Invalid, "provider")
	})
}
