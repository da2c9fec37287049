package smtpserver

import (
	"crypto/subtle"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

const xoauth2 = "XOAUTH2"

// AuthMechanisms are announced.
func (s *session) AuthMechanisms() []string {
	o := s.server.options
	if len(o.Mechanisms) > 0 {
		return o.Mechanisms
	}
	var offered []string
	if len(o.Passwords) > 0 {
		offered = append(offered, sasl.Plain)
	}
	if len(o.Tokens) > 0 {
		offered = append(offered, xoauth2, sasl.OAuthBearer)
	}
	return offered
}

// Auth begins to sign a client in.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if !slices.Contains(s.AuthMechanisms(), mechanism) {
		return nil, gosmtp.ErrAuthUnknownMechanism
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error {
			return s.signIn(s.server.options.Passwords, user, password)
		}), nil
	case sasl.Login:
		return &login{session: s}, nil
	case sasl.OAuthBearer:
		return refusing{sasl.NewOAuthBearerServer(s.bearer)}, nil
	}
	return &xoauth2Server{session: s}, nil
}

// signIn takes the user in whose secret it is.
func (s *session) signIn(secrets map[string]string, user, secret string) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.passwords++
	want, known := secrets[user]
	if !known || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) == 0 {
		return gosmtp.ErrAuthFailed
	}
	s.mail.User = user
	return nil
}

func (s *session) bearer(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
	if s.signIn(s.server.options.Tokens, o.Username, o.Token) != nil {
		return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
	}
	return nil
}

// refusing says 535 for whatever went wrong.
type refusing struct{ sasl.Server }

// Next goes one step on.
func (r refusing) Next(response []byte) (challenge []byte, done bool, err error) {
	if challenge, done, err = r.Server.Next(response); err != nil {
		err = gosmtp.ErrAuthFailed
	}
	return challenge, done, err
}

// login is LOGIN: it asks for the name, then for the password.
type login struct {
	session *session
	user    string
	asked   int
}

// Next asks, then decides.
func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.session.signIn(l.session.server.options.Passwords, l.user, string(response))
}

// xoauth2Server is XOAUTH2: a refusal is reported as a challenge first.
type xoauth2Server struct {
	session *session
	refused bool
}

// Next reads "user=...^Aauth=Bearer ...^A^A".
func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.refused {
		return nil, true, gosmtp.ErrAuthFailed
	}
	user, token, _ := strings.Cut(strings.TrimSuffix(string(response), "\x01\x01"), "\x01")
	user, token = strings.TrimPrefix(user, "user="), strings.TrimPrefix(token, "auth=Bearer ")
	if x.session.signIn(x.session.server.options.Tokens, user, token) != nil {
		x.refused = true
		return []byte(`{"status":"401","schemes":"bearer"}`), false, nil
	}
	return nil, true, nil
}
