package smtp

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"parley/internal/vocab"
)

const (
	submissionPort    = 587
	submissionTLSPort = 465
)

// ParseURL reads smtp://user:password@host:port (587; STARTTLS where it is
// offered, and always before a password is sent, except to this machine) or
// smtps:// (465; TLS from the start). User and password may be left out. Errors
// never quote the password.
func ParseURL(text string) (*Server, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the mail server's address cannot be read")
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("the mail server's address is not smtp://user:password@host:port or smtps://")
	}
	s := &Server{Host: u.Hostname(), Port: submissionPort, Security: vocab.MailSTARTTLS, Username: u.User.Username()}
	s.Password, _ = u.User.Password()
	s.Opportunistic = s.Username == "" || isThisMachine(s.Host)
	if u.Scheme == "smtps" {
		s.Port, s.Security, s.Opportunistic = submissionTLSPort, vocab.MailTLS, false
	}
	if u.Port() != "" {
		if s.Port, err = strconv.Atoi(u.Port()); err != nil || s.Port < 1 || s.Port > 65535 {
			return nil, fmt.Errorf("the mail server's port %q is not between 1 and 65535", u.Port())
		}
	}
	return s, nil
}
