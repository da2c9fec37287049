package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"parley/internal/vocab"
)

// Server is a mail server that takes mail on.
type Server struct {
	Host     string
	Port     int
	Security vocab.MailSecurity
	// Opportunistic: a server that does not offer STARTTLS takes the mail
	// unencrypted, and on this machine it may have any certificate. It is for
	// Security MailSTARTTLS.
	Opportunistic bool
	// Username is empty where the server takes mail without knowing who sends
	// it. Credentials leave unencrypted only for this machine.
	Username, Password string
	// Bearer gives an access token, which is used instead of Password. nil: none.
	Bearer func(context.Context) (string, error)
	// Dial opens connections; nil: as net.Dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is how the server is verified; nil: by the machine's roots.
	TLS *tls.Config
}

const (
	dialTimeout = 30 * time.Second
	// answerTimeout is how long a server may take to answer, and
	// acceptTimeout how long over a mail, which it may search for viruses first.
	answerTimeout = time.Minute
	acceptTimeout = 5 * time.Minute
	// goodbyeTimeout is short: the mail has been taken.
	goodbyeTimeout = 5 * time.Second
	// attemptTimeout bounds everything together.
	attemptTimeout = 10 * time.Minute
)

// Check connects and signs in, and sends nothing. Its errors are of type *Error.
func Check(ctx context.Context, s Server) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	client, failed := s.connect(ctx)
	if failed != nil {
		return failed
	}
	quitSession(client)
	return nil
}

// connect returns a client that is signed in, and is closed when the context
// ends. A server that will not talk now may do so later, whatever its code.
func (s Server) connect(ctx context.Context) (*gosmtp.Client, *Error) {
	if s.Username != "" && (s.Security == vocab.MailPlain || s.Opportunistic) && !isThisMachine(s.Host) {
		return nil, &Error{Kind: Authentication, Text: "the password would be sent unencrypted", err: ErrUnencrypted}
	}
	client, failed := s.dialServer(ctx)
	if failed != nil {
		return nil, failed
	}
	if failed := s.signIn(ctx, client); failed != nil {
		_ = client.Close()
		return nil, failed
	}
	return client, nil
}

// dialServer opens a session with the encryption that is required, or is offered.
func (s Server) dialServer(ctx context.Context) (*gosmtp.Client, *Error) {
	if !s.Opportunistic {
		return s.open(ctx)
	}
	plain := s
	plain.Security, plain.Opportunistic = vocab.MailPlain, false
	client, failed := plain.open(ctx)
	if failed != nil {
		return nil, failed
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return client, nil
	}
	quitSession(client) // go-smtp begins STARTTLS on a new connection only
	return s.open(ctx)
}

// open connects and says hello, on a connection that is closed when the context
// ends.
func (s Server) open(ctx context.Context) (*gosmtp.Client, *Error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, failure(ctx, err)
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	client, err := s.openSession(ctx, conn)
	if err != nil {
		_ = conn.Close()
		failed := failure(ctx, err)
		failed.Kind = Temporary
		return nil, failed
	}
	return client, nil
}

func (s Server) dial(ctx context.Context) (net.Conn, error) {
	dial := s.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return dial(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
}

// openSession brings about the encryption that is asked for, and says hello.
func (s Server) openSession(ctx context.Context, conn net.Conn) (*gosmtp.Client, error) {
	var client *gosmtp.Client
	switch s.Security {
	case vocab.MailTLS:
		encrypted := tls.Client(conn, s.verification())
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		client = gosmtp.NewClient(encrypted)
	case vocab.MailSTARTTLS:
		var err error
		if client, err = gosmtp.NewClientStartTLS(conn, s.verification()); err != nil {
			return nil, unencrypted(err)
		}
	default:
		client = gosmtp.NewClient(conn)
	}
	client.CommandTimeout, client.SubmissionTimeout = answerTimeout, acceptTimeout
	return client, client.Hello(ourName(conn))
}

// unencrypted distinguishes a server without STARTTLS, for which the client's
// error has no type, from one that answered something else or broke off.
func unencrypted(err error) error {
	if errors.As(err, new(*gosmtp.SMTPError)) || errors.As(err, new(net.Error)) || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnencrypted, err)
}

func (s Server) verification() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = s.Host
	}
	if s.Opportunistic && isThisMachine(s.Host) {
		config.InsecureSkipVerify = true // the mail might as well go there unencrypted
	}
	return config
}

// ourName is the connection's own address: a client that has no name in DNS
// calls itself so (RFC 5321, 4.1.4).
func ourName(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.LocalAddr().String())
	if ip := net.ParseIP(host); err != nil || ip == nil {
		return "localhost"
	} else if ip.To4() == nil {
		return "[IPv6:" + host + "]"
	}
	return "[" + host + "]"
}

func isThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// quitSession leaves; whether the server answers does not matter any more.
func quitSession(client *gosmtp.Client) {
	client.CommandTimeout = goodbyeTimeout
	_ = client.Quit()
	_ = client.Close()
}
