package mailserver_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"parley/internal/testkit/mailserver"
)

// patience bounds a wait for what comes at once.
const patience = 2 * time.Minute

// relay is where Dovecot sends what is submitted.
type relay struct{ got chan string }

// NewSession implements smtp.Backend.
func (r *relay) NewSession(*smtp.Conn) (smtp.Session, error) { return &relaySession{relay: r}, nil }

type relaySession struct {
	relay *relay
	to    string
}

func (*relaySession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *relaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}

func (s *relaySession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.relay.got <- s.to + "\n" + string(raw)
	return err
}

func (*relaySession) Reset()        {}
func (*relaySession) Logout() error { return nil }

// Who logs in may send by Dovecot, with a password and with a token.
func TestSubmission(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{got: make(chan string, 1)}
	behind := smtp.NewServer(r)
	go func() { _ = behind.Serve(listener) }()
	t.Cleanup(func() { _ = behind.Close() })
	p := mailserver.OpenID(t)
	s := mailserver.Dovecot(t, mailserver.Options{OpenID: p, Relay: listener.Addr().String()})
	token := p.Token(t, s.User, gmail).AccessToken
	submit(t, s, sasl.NewPlainClient("", s.User, s.Password))
	want(t, r)
	submit(t, s, sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: s.User, Token: token}))
	want(t, r)
}

func submit(t *testing.T, s *mailserver.Server, login sasl.Client) {
	t.Helper()
	client, err := smtp.Dial(fmt.Sprintf("%s:%d", s.Host, s.Submit))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Auth(login); err != nil {
		t.Fatal(err)
	}
	if err := client.SendMail(s.User, []string{"ada@example.org"}, strings.NewReader("Subject: hello\r\n\r\nHello\r\n")); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, r *relay) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case raw := <-r.got:
		if !strings.HasPrefix(raw, "ada@example.org\n") || !strings.Contains(raw, "Subject: hello") {
			t.Errorf("got %q", raw)
		}
	case <-ctx.Done():
		t.Fatal("nothing was relayed")
	}
}
