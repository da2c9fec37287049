// Package smtpserver is a real SMTP server for tests, which misbehaves on
// order: it defers, refuses, breaks off within a mail or after it, waits, wants
// credentials and TLS, and keeps what it took.
package smtpserver

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"

	gosmtp "github.com/emersion/go-smtp"
)

// Options say what the server is like. The zero value takes everything,
// unencrypted, from everyone.
type Options struct {
	// Passwords and Tokens by user name: if there are any, mail is taken only
	// from those who sign in with one.
	Passwords, Tokens map[string]string
	// Mechanisms are the ways to sign in; empty: PLAIN if there are passwords,
	// XOAUTH2 and OAUTHBEARER if there are tokens. LOGIN must be named.
	Mechanisms []string
	// StartTLS offers STARTTLS, TLS begins with it. ClientTLS trusts either.
	StartTLS, TLS bool
	// MaxBytes is the most of a mail that is taken, and is announced; 0: no limit.
	MaxBytes int64
	// UTF8 offers SMTPUTF8.
	UTF8 bool
}

// Mail is a mail that the server has taken.
type Mail struct {
	From       string
	Recipients []string
	Raw        []byte
	// User is who signed in, TLS whether that was encrypted, UTF8 whether
	// SMTPUTF8 was asked for.
	User      string
	TLS, UTF8 bool
}

// Server is a running server. It is safe for concurrent use.
type Server struct {
	Host string
	Port int

	options Options
	ca      *authority
	ended   chan struct{}

	mu          sync.Mutex
	mails       []Mail
	arrived     chan struct{} // closed and replaced when a mail comes
	connections int
	passwords   int
	script      script
}

// Start serves until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o, ca: newAuthority(t), ended: make(chan struct{}), arrived: make(chan struct{}), script: script{recipients: map[string][]Answer{}}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(listener.Addr().String())
	s.Host, s.Port = at.Addr().String(), int(at.Port())
	if o.TLS {
		listener = tls.NewListener(listener, s.ca.server)
	}
	server := s.server()
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		close(s.ended)
		_ = server.Close()
		_ = listener.Close() // the server knows it only once it serves
		<-served
	})
	return s
}

func (s *Server) server() *gosmtp.Server {
	server := gosmtp.NewServer(gosmtp.BackendFunc(s.session))
	server.Domain, server.ErrorLog = "mail.example.net", quiet{}
	server.AllowInsecureAuth, server.EnableSMTPUTF8, server.MaxMessageBytes = true, s.options.UTF8, s.options.MaxBytes
	if s.options.StartTLS {
		server.TLSConfig = s.ca.server
	}
	return server
}

// ClientTLS trusts the server's certificate, which is for Host and localhost.
func (s *Server) ClientTLS() *tls.Config { return s.ca.client.Clone() }

// Address is host and port.
func (s *Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Connections returns how many sessions began.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// Credentials returns how many times someone sent a password or token, right
// or wrong.
func (s *Server) Credentials() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.passwords
}

// Mails returns what was taken so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Wait returns the mails as soon as there are n, or the context's error.
func (s *Server) Wait(ctx context.Context, n int) ([]Mail, error) {
	for {
		s.mu.Lock()
		mails, arrived := slices.Clone(s.mails), s.arrived
		s.mu.Unlock()
		if len(mails) >= n {
			return mails, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return mails, context.Cause(ctx)
		}
	}
}

func (s *Server) storeMail(l Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, l)
	close(s.arrived)
	s.arrived = make(chan struct{})
}

type quiet struct{}

// Printf says nothing.
func (quiet) Printf(string, ...any) {}

// Println says nothing.
func (quiet) Println(...any) {}

// session is one connection's conversation, from EHLO on.
type session struct {
	server *Server
	conn   *gosmtp.Conn
	mail   Mail
}

func (s *Server) session(c *gosmtp.Conn) (gosmtp.Session, error) {
	s.mu.Lock()
	s.connections++
	s.mu.Unlock()
	_, encrypted := c.TLSConnectionState()
	return &session{server: s, conn: c, mail: Mail{TLS: encrypted}}, nil
}

// Mail begins a mail.
func (s *session) Mail(from string, o *gosmtp.MailOptions) error {
	if len(s.server.options.Passwords)+len(s.server.options.Tokens) > 0 && s.mail.User == "" {
		return &gosmtp.SMTPError{Code: 530, EnhancedCode: gosmtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.mail.From, s.mail.UTF8 = from, o.UTF8
	return s.carryOut(s.server.nextAnswer(func(c *script) *[]Answer { return &c.mail }))
}

// Rcpt adds a recipient.
func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if err := s.carryOut(s.server.recipient(to)); err != nil {
		return err
	}
	s.mail.Recipients = append(s.mail.Recipients, to)
	return nil
}

// Data keeps the mail.
func (s *session) Data(r io.Reader) error {
	answer := s.server.nextAnswer(func(c *script) *[]Answer { return &c.data })
	if answer.kind == dropWithin {
		_, _ = io.ReadFull(r, make([]byte, 16))
		return s.carryOut(answer)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.carryOut(answer); err != nil && answer.kind != dropAfter {
		return err
	}
	mail := s.mail
	mail.Raw, mail.Recipients = raw, slices.Clone(mail.Recipients)
	s.server.storeMail(mail)
	return nil
}

// Reset forgets the mail.
func (s *session) Reset() {
	s.mail = Mail{User: s.mail.User, TLS: s.mail.TLS}
}

// Logout has nothing to do.
func (s *session) Logout() error { return nil }
