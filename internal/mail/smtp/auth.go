package smtp

import (
	"context"
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// signIn proves who sends, by the best way that the server offers.
func (s Server) signIn(ctx context.Context, client *gosmtp.Client) *Error {
	if s.Username == "" {
		return nil
	}
	token := ""
	if s.Bearer != nil {
		var err error
		if token, err = s.Bearer(ctx); err != nil {
			return failure(ctx, err)
		}
	}
	way := s.mechanism(client, token)
	if way == nil {
		return &Error{Kind: Authentication, Text: "the server offers no way to sign in that is known here"}
	}
	if err := client.Auth(way); err != nil {
		return signIn(ctx, err)
	}
	return nil
}

func (s Server) mechanism(client *gosmtp.Client, token string) sasl.Client {
	switch {
	case s.Bearer != nil && client.SupportsAuth(xoauth2Name):
		return xoauth2{s.Username, token}
	case s.Bearer != nil && client.SupportsAuth(sasl.OAuthBearer):
		return refusable{sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: s.Username, Token: token, Host: s.Host, Port: s.Port})}
	case s.Bearer != nil:
		return nil
	case client.SupportsAuth(sasl.Plain):
		return sasl.NewPlainClient("", s.Username, s.Password)
	case client.SupportsAuth(sasl.Login):
		return &login{s.Username, s.Password}
	}
	return nil
}

const xoauth2Name = "XOAUTH2"

// xoauth2 signs in as Google and Microsoft ask.
type xoauth2 struct{ username, token string }

// Start gives name and token.
func (x xoauth2) Start() (mechanism string, initial []byte, err error) {
	return xoauth2Name, []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the reason for a refusal with nothing, whereupon the server
// refuses.
func (xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// refusable waits for the server's refusal after the reason for it (RFC 7628,
// 3.2.3), whose code reports what kind it is.
type refusable struct{ sasl.Client }

// Next waits for the refusal.
func (refusable) Next([]byte) ([]byte, error) { return []byte{1}, nil }

// login is LOGIN, whose servers do not agree about their questions.
type login struct{ username, password string }

// Start says nothing yet.
func (*login) Start() (mechanism string, initial []byte, err error) { return sasl.Login, nil, nil }

// Next answers with what is asked for.
func (l *login) Next(question []byte) ([]byte, error) {
	switch q := strings.ToLower(string(question)); {
	case strings.HasPrefix(q, "user"):
		return []byte(l.username), nil
	case strings.HasPrefix(q, "pass"):
		return []byte(l.password), nil
	}
	return nil, errors.New("the server asked something unknown at LOGIN")
}
