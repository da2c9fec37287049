package smtp_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"parley/internal/mail/smtp"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a wait that a broken server would not end.
const patience = 60 * time.Second

const raw = "From: <support@example.com>\r\nSubject: Hello\r\n\r\nHi\r\n.\r\n..dots\r\n"

const ada, bob = "ada@example.net", "bob@example.net"

// open is how the server is reached without credentials and encryption.
func open(s *smtpserver.Server) smtp.Server {
	return smtp.Server{Host: s.Host, Port: s.Port, Security: vocab.MailPlain, TLS: s.ClientTLS()}
}

// outcomes are what became of each recipient, and the error's kind, in short.
func outcomes(r smtp.Result, err error) string {
	var b strings.Builder
	for _, one := range r.Recipients {
		b.WriteString(map[smtp.Outcome]string{smtp.Accepted: "accepted ", smtp.Deferred: "deferred ", smtp.Refused: "refused "}[one.Outcome])
	}
	failed := (*smtp.Error)(nil)
	switch {
	case err == nil:
		return b.String() + "ok"
	case !errors.As(err, &failed):
		return b.String() + err.Error()
	}
	b.WriteString(map[smtp.Kind]string{smtp.Temporary: "later", smtp.Permanent: "never", smtp.Authentication: "sign in"}[failed.Kind])
	if failed.Uncertain {
		b.WriteString(" uncertain")
	}
	return b.String()
}

// EM-6: what may come right is told from what never will, for each recipient.
func TestSend(t *testing.T) {
	t.Parallel()
	var (
		accept, later, never = smtpserver.Accept(), smtpserver.Defer(), smtpserver.Refuse()
		say                  = func(code int) smtpserver.Answer { return smtpserver.Say(code, code/100, 0, 0, "So be it") }
	)
	for name, c := range map[string]struct {
		order func(*smtpserver.Server)
		want  string
		taken int
	}{
		"accepted":               {func(*smtpserver.Server) {}, "accepted accepted ok", 1},
		"one refused":            {func(s *smtpserver.Server) { s.AtRecipient(ada, never) }, "refused accepted ok", 1},
		"one deferred":           {func(s *smtpserver.Server) { s.AtRecipient(bob, later) }, "accepted deferred ok", 1},
		"all refused":            {func(s *smtpserver.Server) { s.AtRecipient("", never, never) }, "refused refused never", 0},
		"all deferred":           {func(s *smtpserver.Server) { s.AtRecipient("", later, later) }, "deferred deferred later", 0},
		"refused and deferred":   {func(s *smtpserver.Server) { s.AtRecipient("", never, later) }, "refused deferred later", 0},
		"too many, as of old":    {func(s *smtpserver.Server) { s.AtRecipient(bob, say(552)) }, "accepted deferred ok", 1},
		"sender refused":         {func(s *smtpserver.Server) { s.AtMail(never) }, "refused refused never", 0},
		"sender deferred":        {func(s *smtpserver.Server) { s.AtMail(later) }, "deferred deferred later", 0},
		"sender must sign in":    {func(s *smtpserver.Server) { s.AtMail(say(530)) }, "deferred deferred sign in", 0},
		"contents refused":       {func(s *smtpserver.Server) { s.AtData(say(554)) }, "refused refused never", 0},
		"contents deferred":      {func(s *smtpserver.Server) { s.AtData(later) }, "deferred deferred later", 0},
		"refused, then deferred": {func(s *smtpserver.Server) { s.AtRecipient(ada, never); s.AtData(later) }, "refused deferred later", 0},
		"gone at the second":     {func(s *smtpserver.Server) { s.AtRecipient("", accept, smtpserver.Drop()) }, "deferred deferred later", 0},
		"refused, then gone":     {func(s *smtpserver.Server) { s.AtRecipient("", never, smtpserver.Drop()) }, "refused deferred later", 0},
		"gone after the mail":    {func(s *smtpserver.Server) { s.AtData(smtpserver.DropAfter()) }, "deferred deferred later uncertain", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtpserver.Start(t, smtpserver.Options{})
			c.order(s)
			got := outcomes(smtp.Send(t.Context(), open(s), "support@example.com", []string{ada, bob}, []byte(raw)))
			if got != c.want || len(s.Mails()) != c.taken {
				t.Errorf("%s, and %d taken; want %s, and %d", got, len(s.Mails()), c.want, c.taken)
			}
		})
	}
}

// What comes is what was sent, dots included, from no one if that is asked.
func TestSendAsIs(t *testing.T) {
	t.Parallel()
	s := smtpserver.Start(t, smtpserver.Options{})
	if _, err := smtp.Send(t.Context(), open(s), "", []string{"o'hara+x@bücher.example", "two words@example.net"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	want := []smtpserver.Mail{{Recipients: []string{"o'hara+x@xn--bcher-kva.example", "two words@example.net"}, Raw: []byte(raw)}}
	if diff := cmp.Diff(want, s.Mails()); diff != "" {
		t.Error(diff)
	}
}

// A connection that breaks within a mail too large for the buffers on the way
// is no doubt; the mail has not come.
func TestGoneWithinTheMail(t *testing.T) {
	t.Parallel()
	s := smtpserver.Start(t, smtpserver.Options{})
	s.AtData(smtpserver.Drop())
	large := []byte(raw + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1<<19))
	if got := outcomes(smtp.Send(t.Context(), open(s), "", []string{ada}, large)); got != "deferred later" || len(s.Mails()) != 0 {
		t.Errorf("%s, and %d taken", got, len(s.Mails()))
	}
}

// The answer is told on one line, not too long.
func TestAnswerIsOneLine(t *testing.T) {
	t.Parallel()
	s := smtpserver.Start(t, smtpserver.Options{})
	s.AtRecipient(ada, smtpserver.Say(550, -1, -1, -1, "5.7.1 Blocked\n5.7.1 see https://example.net/why\t\x1b[1m"))
	s.AtRecipient(bob, smtpserver.Say(550, 5, 7, 1, strings.Repeat("é", 900)))
	r, err := smtp.Send(t.Context(), open(s), "", []string{ada, bob}, []byte(raw))
	if err == nil {
		t.Fatal("it was taken")
	}
	if got, want := r.Recipients[0].Text, "5.7.1 Blocked see https://example.net/why [1m"; got != want || r.Recipients[0].Code != 550 {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := r.Recipients[1].Text; len(got) > 510 || strings.ContainsRune(got, '�') {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

// EM-1: passwords and tokens, by every way that servers offer.
func TestSignIn(t *testing.T) {
	t.Parallel()
	bearer := func(token string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return token, nil }
	}
	passwords, tokens := map[string]string{"support@example.com": "s3cret"}, map[string]string{"support@example.com": "t0ken"}
	for name, c := range map[string]struct {
		options  smtpserver.Options
		password string
		bearer   func(context.Context) (string, error)
		want     string
	}{
		"PLAIN":             {smtpserver.Options{Passwords: passwords}, "s3cret", nil, "accepted ok"},
		"LOGIN":             {smtpserver.Options{Passwords: passwords, Mechanisms: []string{"LOGIN"}}, "s3cret", nil, "accepted ok"},
		"XOAUTH2":           {smtpserver.Options{Tokens: tokens, Mechanisms: []string{"XOAUTH2"}}, "", bearer("t0ken"), "accepted ok"},
		"OAUTHBEARER":       {smtpserver.Options{Tokens: tokens, Mechanisms: []string{"OAUTHBEARER"}}, "", bearer("t0ken"), "accepted ok"},
		"PLAIN, wrong":      {smtpserver.Options{Passwords: passwords}, "wrong", nil, "deferred sign in"},
		"LOGIN, wrong":      {smtpserver.Options{Passwords: passwords, Mechanisms: []string{"LOGIN"}}, "wrong", nil, "deferred sign in"},
		"XOAUTH2, wrong":    {smtpserver.Options{Tokens: tokens, Mechanisms: []string{"XOAUTH2"}}, "", bearer("old"), "deferred sign in"},
		"OAUTHBEARER wrong": {smtpserver.Options{Tokens: tokens, Mechanisms: []string{"OAUTHBEARER"}}, "", bearer("old"), "deferred sign in"},
		"no way":            {smtpserver.Options{Passwords: passwords, Mechanisms: []string{"GSSAPI"}}, "s3cret", nil, "deferred sign in"},
		"no token": {smtpserver.Options{Tokens: tokens}, "", func(context.Context) (string, error) {
			return "", errors.New("the provider is down")
		}, "deferred later"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtpserver.Start(t, c.options)
			to := open(s)
			to.Username, to.Password, to.Bearer = "support@example.com", c.password, c.bearer
			r, err := smtp.Send(t.Context(), to, "", []string{ada}, []byte(raw))
			if got := outcomes(r, err); got != c.want {
				t.Errorf("%s (%v), want %s", got, err, c.want)
			}
			if checked := smtp.Check(t.Context(), to); (checked == nil) != (err == nil) {
				t.Errorf("the check said %v", checked)
			}
			for _, l := range s.Mails() {
				if l.User != "support@example.com" {
					t.Errorf("it came from %q", l.User)
				}
			}
		})
	}
}

// Credentials go unencrypted to this machine alone, and not where the
// encryption that is asked for is missing or not to be trusted.
func TestEncryption(t *testing.T) {
	t.Parallel()
	passwords := map[string]string{"u": "s3cret"}
	for name, c := range map[string]struct {
		options   smtpserver.Options
		host      string
		security  vocab.MailSecurity
		distrust  bool
		want      string
		encrypted bool
	}{
		"TLS":                    {smtpserver.Options{Passwords: passwords, TLS: true}, "localhost", vocab.MailTLS, false, "accepted ok", true},
		"STARTTLS":               {smtpserver.Options{Passwords: passwords, StartTLS: true}, "127.0.0.1", vocab.MailSTARTTLS, false, "accepted ok", true},
		"none, this machine":     {smtpserver.Options{Passwords: passwords}, "127.0.0.1", vocab.MailPlain, false, "accepted ok", false},
		"none, elsewhere":        {smtpserver.Options{Passwords: passwords}, "mail.example.net", vocab.MailPlain, false, "deferred sign in", false},
		"STARTTLS not offered":   {smtpserver.Options{Passwords: passwords}, "127.0.0.1", vocab.MailSTARTTLS, false, "deferred later", false},
		"STARTTLS not trusted":   {smtpserver.Options{Passwords: passwords, StartTLS: true}, "127.0.0.1", vocab.MailSTARTTLS, true, "deferred later", false},
		"TLS not trusted":        {smtpserver.Options{Passwords: passwords, TLS: true}, "127.0.0.1", vocab.MailTLS, true, "deferred later", false},
		"TLS for another server": {smtpserver.Options{Passwords: passwords, TLS: true}, "mail.example.net", vocab.MailTLS, false, "deferred later", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtpserver.Start(t, c.options)
			to := open(s)
			to.Host, to.Security, to.Username, to.Password = c.host, c.security, "u", "s3cret"
			to.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, s.Address())
			}
			if c.distrust {
				to.TLS = nil
			}
			r, err := smtp.Send(t.Context(), to, "", []string{ada}, []byte(raw))
			if got := outcomes(r, err); got != c.want {
				t.Fatalf("%s (%v), want %s", got, err, c.want)
			}
			if err != nil {
				if s.Credentials() != 0 || strings.Contains(err.Error(), "s3cret") {
					t.Error("the password was told")
				}
				return
			}
			if s.Mails()[0].TLS != c.encrypted {
				t.Error("it is not encrypted as it should be")
			}
		})
	}
	s := smtpserver.Start(t, smtpserver.Options{})
	for _, security := range []vocab.MailSecurity{vocab.MailPlain, vocab.MailSTARTTLS} {
		err := smtp.Check(t.Context(), smtp.Server{Host: s.Host, Port: s.Port, Security: security, Username: "u"})
		if got := errors.Is(err, smtp.ErrUnencrypted); got != (security == vocab.MailSTARTTLS) {
			t.Errorf("%s: %v", security, err)
		}
	}
}

// Where encryption is not required, it is used if the server offers it, and the
// mail does not go unencrypted because it fails. On this machine the certificate
// does not matter, and credentials may go without it.
func TestOpportunistic(t *testing.T) {
	t.Parallel()
	passwords := map[string]string{"u": "s3cret"}
	for name, c := range map[string]struct {
		options   smtpserver.Options
		host      string
		username  string
		distrust  bool
		want      string
		encrypted bool
	}{
		"offered":                   {smtpserver.Options{StartTLS: true}, "127.0.0.1", "", false, "accepted ok", true},
		"not offered":               {smtpserver.Options{}, "mail.example.net", "", false, "accepted ok", false},
		"not trusted":               {smtpserver.Options{StartTLS: true}, "mail.example.net", "", false, "deferred later", false},
		"not trusted, here":         {smtpserver.Options{StartTLS: true}, "127.0.0.1", "", true, "accepted ok", true},
		"credentials, here":         {smtpserver.Options{Passwords: passwords}, "127.0.0.1", "u", false, "accepted ok", false},
		"credentials, here, hidden": {smtpserver.Options{Passwords: passwords, StartTLS: true}, "127.0.0.1", "u", false, "accepted ok", true},
		"credentials, elsewhere":    {smtpserver.Options{Passwords: passwords}, "mail.example.net", "u", false, "deferred sign in", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtpserver.Start(t, c.options)
			to := open(s)
			to.Host, to.Security, to.Opportunistic, to.Username, to.Password = c.host, vocab.MailSTARTTLS, true, c.username, "s3cret"
			to.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, s.Address())
			}
			if c.distrust {
				to.TLS = nil
			}
			r, err := smtp.Send(t.Context(), to, "", []string{ada}, []byte(raw))
			if got := outcomes(r, err); got != c.want {
				t.Fatalf("got %s (%v), want %s", got, err, c.want)
			}
			letters := s.Mails()
			if err != nil && (len(letters) > 0 || s.Credentials() > 0) || err == nil && letters[0].TLS != c.encrypted {
				t.Errorf("the server got %d letters and %d credentials; want encryption: %t", len(letters), s.Credentials(), c.encrypted)
			}
		})
	}
}

// RFC 3834: automatic mail has no sender, unless the server refuses it for every
// recipient without one.
func TestSendAutomatic(t *testing.T) {
	t.Parallel()
	never, later := smtpserver.Refuse(), smtpserver.Defer()
	for name, c := range map[string]struct {
		order func(*smtpserver.Server)
		want  string
		from  string
	}{
		"accepted":              {func(*smtpserver.Server) {}, "accepted accepted ok", ""},
		"refused":               {func(s *smtpserver.Server) { s.AtMail(never) }, "accepted accepted ok", "support@example.com"},
		"refused for recipient": {func(s *smtpserver.Server) { s.AtRecipient("", never, never) }, "accepted accepted ok", "support@example.com"},
		"refused for one":       {func(s *smtpserver.Server) { s.AtRecipient(ada, never) }, "refused accepted ok", ""},
		"refused with both":     {func(s *smtpserver.Server) { s.AtMail(never, never) }, "refused refused never", ""},
		"deferred":              {func(s *smtpserver.Server) { s.AtMail(later) }, "deferred deferred later", ""},
		"contents refused":      {func(s *smtpserver.Server) { s.AtData(never) }, "refused refused never", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtpserver.Start(t, smtpserver.Options{})
			c.order(s)
			r, err := smtp.SendAutomatic(t.Context(), open(s), "support@example.com", []string{ada, bob}, []byte(raw))
			if got := outcomes(r, err); got != c.want {
				t.Fatalf("got %s (%v), want %s", got, err, c.want)
			}
			letters := s.Mails()
			if err != nil && len(letters) > 0 || err == nil && (len(letters) != 1 || letters[0].From != c.from) {
				t.Errorf("the server has %+v, want one from %q", letters, c.from)
			}
			if n := s.Connections(); n != 1 {
				t.Errorf("got %d connections, want 1", n)
			}
		})
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]smtp.Server{
		"smtp://mail.example.com":              {Host: "mail.example.com", Port: 587, Security: vocab.MailSTARTTLS, Opportunistic: true},
		"smtp://u:p%40ss@mail.example.com:25/": {Host: "mail.example.com", Port: 25, Security: vocab.MailSTARTTLS, Username: "u", Password: "p@ss"},
		"smtp://u:p@localhost":                 {Host: "localhost", Port: 587, Security: vocab.MailSTARTTLS, Opportunistic: true, Username: "u", Password: "p"},
		"smtp://[::1]:2525":                    {Host: "::1", Port: 2525, Security: vocab.MailSTARTTLS, Opportunistic: true},
		"smtps://mail.example.com":             {Host: "mail.example.com", Port: 465, Security: vocab.MailTLS},
		"smtps://u:p@127.0.0.1:8465":           {Host: "127.0.0.1", Port: 8465, Security: vocab.MailTLS, Username: "u", Password: "p"},
	} {
		got, err := smtp.ParseURL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, *got, cmpopts.IgnoreFields(smtp.Server{}, "Bearer", "Dial", "TLS")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
}

// A server that is not there, or does not answer, is tried again; whoever stops
// waiting is told why.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().(*net.TCPAddr)
	to := smtp.Server{Host: "127.0.0.1", Port: at.Port, Security: vocab.MailPlain}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	go func() {
		conn, err := listener.Accept() // and say nothing
		cancel(enough)
		if err == nil {
			defer conn.Close()
		}
	}()
	if got, err := smtp.Send(ctx, to, "", []string{ada}, []byte(raw)); outcomes(got, err) != "deferred later" || !errors.Is(err, enough) {
		t.Errorf("%s: %v", outcomes(got, err), err)
	}
	_ = listener.Close()
	if got := outcomes(smtp.Send(t.Context(), to, "", []string{ada}, []byte(raw))); got != "deferred later" {
		t.Error(got)
	}
}

// A slow server ends when its caller does.
func TestSlow(t *testing.T) {
	t.Parallel()
	s := smtpserver.Start(t, smtpserver.Options{})
	release := make(chan struct{})
	s.AtRecipient("", smtpserver.Wait(release))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan string)
	go func() { done <- outcomes(smtp.Send(ctx, open(s), "", []string{ada}, []byte(raw))) }()
	close(release)
	if got := <-done; got != "accepted ok" {
		t.Error(got)
	}
	if _, err := s.Wait(ctx, 1); err != nil {
		t.Error(err)
	}
}

// Addresses that are not of ASCII need a server that takes them; others in the
// same mail do not suffer from it.
func TestInternationalAddresses(t *testing.T) {
	t.Parallel()
	const elsewhere = "用户@example.net"
	international := strings.Replace(raw, "Subject", "To: <"+elsewhere+">\r\nSubject", 1)
	for name, c := range map[string]struct {
		utf8 bool
		raw  string
		want string
	}{
		"not taken, unnamed": {false, raw, "accepted refused ok"},
		"not taken, named":   {false, international, "refused refused never"},
		"taken":              {true, international, "accepted accepted ok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtpserver.Start(t, smtpserver.Options{UTF8: c.utf8})
			if got := outcomes(smtp.Send(t.Context(), open(s), "", []string{ada, elsewhere}, []byte(c.raw))); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			for _, l := range s.Mails() {
				if l.UTF8 != c.utf8 {
					t.Error("SMTPUTF8 is asked for where it is needed")
				}
			}
		})
	}
}

// Nothing is sent to a server that says beforehand that it will not take it, or
// for addresses that are none.
func TestSendRefuses(t *testing.T) {
	t.Parallel()
	s := smtpserver.Start(t, smtpserver.Options{MaxBytes: 50})
	if got := outcomes(smtp.Send(t.Context(), open(s), "", []string{ada}, []byte(raw))); got != "refused never" {
		t.Error(got)
	}
	s = smtpserver.Start(t, smtpserver.Options{})
	for _, address := range []string{"", "ada", "@example.net", "ada@", "ada@exa mple.net", "ada@example.net>\r\nRCPT TO:<x@y", "a\x00@b.c"} {
		if got := outcomes(smtp.Send(t.Context(), open(s), "", []string{address}, []byte(raw))); got != "refused never" {
			t.Errorf("%q: %s", address, got)
		}
	}
	if got := outcomes(smtp.Send(t.Context(), open(s), "", nil, []byte(raw))); got != "never" || len(s.Mails()) != 0 {
		t.Error(got)
	}
	if got := outcomes(smtp.Send(t.Context(), open(s), "nobody", []string{ada}, []byte(raw))); got != "refused never" {
		t.Error(got)
	}
}

// EM-6: a server that is down for four days loses nothing.
func TestBackoff(t *testing.T) {
	t.Parallel()
	var all, last time.Duration
	for attempt := 1; attempt < smtp.MaxAttempts; attempt++ {
		pause := smtp.Backoff(attempt)
		if pause < last || pause > 6*time.Hour {
			t.Errorf("%v after %v", pause, last)
		}
		all, last = all+pause, pause
	}
	if all < 4*24*time.Hour || all > 6*24*time.Hour || smtp.Backoff(1) > time.Minute || smtp.Backoff(0) <= 0 || smtp.Backoff(1<<40) != last {
		t.Errorf("given up after %v", all)
	}
}
