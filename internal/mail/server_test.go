package mail_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	netmail "net/mail"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"parley/internal/mail"
)

// mailbox is a real SMTP server that answers as it is told and keeps what it
// takes.
type mailbox struct {
	// Errors to answer with, first to last, where there are any; then it takes.
	onMail, onRcpt, onData []error
	// password is asked for if there is one.
	password string
	taken    chan *netmail.Message
	senders  []string

	mu        sync.Mutex
	attempts  int
	passwords int // that came, right or wrong
	address   string
}

func deferred() error {
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Come back later"}
}

func refused() error {
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such person"}
}

// listen serves the mailbox until the test ends.
func (m *mailbox) listen(t *testing.T) {
	t.Helper()
	m.taken = make(chan *netmail.Message, 10)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.attempts++
		return &session{mailbox: m, in: m.password == ""}, nil
	}))
	server.AllowInsecureAuth, server.ErrorLog = true, quiet{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	m.address = listener.Addr().String()
}

func (m *mailbox) tried() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.attempts
}

func (m *mailbox) next(list *[]error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(*list) == 0 {
		return nil
	}
	err := (*list)[0]
	*list = (*list)[1:]
	return err
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type session struct {
	mailbox *mailbox
	in      bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.mailbox.mu.Lock()
		defer s.mailbox.mu.Unlock()
		s.mailbox.passwords++
		if user != "parley" || password != s.mailbox.password {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	s.mailbox.mu.Lock()
	s.mailbox.senders = append(s.mailbox.senders, from)
	s.mailbox.mu.Unlock()
	return s.mailbox.next(&s.mailbox.onMail)
}

func (s *session) Rcpt(string, *smtp.RcptOptions) error { return s.mailbox.next(&s.mailbox.onRcpt) }

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.mailbox.next(&s.mailbox.onData); err != nil {
		return err
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	s.mailbox.taken <- m
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func mailer(t *testing.T, url string, log *slog.Logger) *mail.Mailer {
	t.Helper()
	m, err := mail.New(mail.Options{URL: url, From: `"Parley of Example" <parley@example.com>`, Folder: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
