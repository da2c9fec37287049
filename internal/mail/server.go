package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// server is an SMTP server that takes letters on.
type server struct {
	host    string
	options []gomail.Option
}

const (
	submissionPort    = 587
	submissionTLSPort = 465
	// answerTimeout is how long a server may take to answer.
	answerTimeout = 30 * time.Second
)

// parseServer reads smtp://user:password@host:port (587; STARTTLS where it is
// offered, and always before a password is sent, except to this machine) or
// smtps:// (465; TLS from the start). User and password may be left out.
func parseServer(text string) (*server, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the mail server's address cannot be read") // url's error would tell the password
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("the mail server's address is not smtp://user:password@host:port or smtps://")
	}
	s := &server{host: u.Hostname(), options: []gomail.Option{gomail.WithTimeout(answerTimeout), gomail.WithoutNoop(), gomail.WithoutRset()}}
	port, policy := submissionPort, gomail.TLSOpportunistic
	if u.Scheme == "smtps" {
		port = submissionTLSPort
		s.options = append(s.options, gomail.WithSSL())
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("the mail server's port %q is not between 1 and 65535", u.Port())
		}
	}
	if u.User != nil {
		password, _ := u.User.Password()
		auth := gomail.SMTPAuthAutoDiscover
		if policy = gomail.TLSMandatory; isThisMachine(s.host) {
			policy, auth = gomail.TLSOpportunistic, gomail.SMTPAuthPlainNoEnc
		}
		s.options = append(s.options, gomail.WithSMTPAuth(auth), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	s.options = append(s.options, gomail.WithPort(port), gomail.WithTLSPolicy(policy))
	return s, nil
}

func isThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// carry hands the letter to the server on a connection of its own. It goes out
// without a sender in its envelope, so that no machine answers it (RFC 3834),
// unless the server wants one.
func (s *server) carry(ctx context.Context, _ string, m *gomail.Msg) error {
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("set the connection to the mail server up: %w", err)
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	// Whether the server says goodbye does not matter once it has the letter.
	defer func() { _ = client.CloseWithSMTPClient(conn) }()
	err = address(conn, m, "<>")
	if refused(err) && conn.Reset() == nil {
		if from, failed := m.GetSender(false); failed == nil {
			err = address(conn, m, from)
		}
	}
	if err == nil {
		err = hand(conn, m)
	}
	if refused(err) {
		return fmt.Errorf("%w by the mail server: %w", errRefused, err)
	}
	if err != nil {
		return fmt.Errorf("hand the letter to the mail server: %w", err)
	}
	return nil
}

// address tells the server who sends the letter, and to whom.
func address(conn *smtp.Client, m *gomail.Msg, from string) error {
	to, err := m.GetRecipients()
	if err != nil {
		return err
	}
	if err := conn.Mail(from); err != nil {
		return err
	}
	for _, recipient := range to {
		if err := conn.Rcpt(recipient); err != nil {
			return err
		}
	}
	return nil
}

func hand(conn *smtp.Client, m *gomail.Msg) error {
	if err := conn.UpdateDeadline(answerTimeout); err != nil {
		return err
	}
	w, err := conn.Data()
	if err != nil {
		return err
	}
	if _, err := m.WriteTo(w); err != nil {
		return err
	}
	return w.Close()
}

// refused reports whether the server will never take the letter.
func refused(err error) bool {
	var answer *textproto.Error
	return errors.As(err, &answer) && answer.Code >= 500
}
