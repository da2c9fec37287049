package imap

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

// logIn uses the best way that the server offers, and only that one: each refusal
// counts towards the account's being locked.
func (c *Conn) logIn(ctx context.Context) error {
	var err error
	if c.config.Token != nil {
		err = c.logInByToken(ctx)
	} else {
		err = c.logInByPassword()
	}
	if err != nil {
		return err
	}
	if err := c.readCapabilities(); err != nil {
		return err
	}
	c.idle = c.capabilities.Has(goimap.CapIdle)
	// NetEase's servers show no mailbox to clients that give no name.
	if c.capabilities.Has(goimap.CapID) {
		if _, err := c.client.ID(&goimap.IDData{Name: "Parley"}).Wait(); err != nil && statusOf(err) == nil {
			return c.failOperation("ID", nil, err)
		}
	}
	return nil
}

func (c *Conn) logInByPassword() error {
	c.secrets = append(c.secrets, c.config.Password)
	switch {
	case c.capabilities.Has(goimap.AuthCap(sasl.Plain)):
		return c.authenticated(c.client.Authenticate(sasl.NewPlainClient("", c.config.Username, c.config.Password)))
	case !c.capabilities.Has(goimap.CapLoginDisabled):
		return c.authenticated(c.client.Login(c.config.Username, c.config.Password).Wait())
	}
	return c.failOperation("log in", ErrRefused, errors.New("it takes no password on this connection"))
}

func (c *Conn) logInByToken(ctx context.Context) error {
	token, err := c.config.Token(ctx)
	if err != nil {
		return &failure{op: "get an access token", text: err.Error(), err: err}
	}
	c.secrets = append(c.secrets, token)
	client := &bearerClient{username: c.config.Username, token: token, host: c.config.Host, port: c.config.Port}
	switch {
	case strings.ContainsAny(c.config.Username+token, "\x00\x01\r\n"):
		return c.failOperation("log in", ErrAuthentication, errors.New("the user name or the token has control characters"))
	case c.capabilities.Has(goimap.AuthCap(sasl.OAuthBearer)):
		client.mechanism = sasl.OAuthBearer
	case c.capabilities.Has(goimap.AuthCap(xoauth2)):
		client.mechanism = xoauth2
	default:
		return c.failOperation("log in", ErrRefused, errors.New("it takes no access tokens"))
	}
	err = c.client.Authenticate(client)
	if err != nil && client.status != "" {
		err = &goimap.Error{Type: goimap.StatusResponseTypeNo, Code: codeOf(err), Text: err.Error() + " (status " + client.status + ")"}
	}
	return c.authenticated(err)
}

func codeOf(err error) goimap.ResponseCode {
	if status := statusOf(err); status != nil {
		return status.Code
	}
	return ""
}

// authenticated distinguishes a refused password from a server that cannot say today.
func (c *Conn) authenticated(err error) error {
	if err == nil {
		return nil
	}
	status := statusOf(err)
	switch {
	case status == nil || status.Type != goimap.StatusResponseTypeNo || passing(status):
		return c.failOperation("log in", nil, err)
	case status.Code == goimap.ResponseCodePrivacyRequired:
		return c.failOperation("log in", ErrRefused, err)
	}
	return c.failOperation("log in", ErrAuthentication, err)
}

// xoauth2 is Google's and Microsoft's mechanism, from before RFC 7628.
const xoauth2 = "XOAUTH2"

// bearerClient logs in with an access token, by either mechanism.
type bearerClient struct {
	mechanism, username, token, host string
	port                             int
	status                           string // what the server's error said, such as "401"
}

// Start implements sasl.Client.
func (b *bearerClient) Start() (mechanism string, first []byte, err error) {
	if b.mechanism == xoauth2 {
		return xoauth2, []byte("user=" + b.username + "\x01auth=Bearer " + b.token + "\x01\x01"), nil
	}
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(b.username)
	text := "n,a=" + name + ",\x01host=" + b.host + "\x01port=" + strconv.Itoa(b.port) + "\x01auth=Bearer " + b.token + "\x01\x01"
	return b.mechanism, []byte(text), nil
}

// Next implements sasl.Client. A challenge is the server's error, as JSON; it
// says NO once that is answered.
func (b *bearerClient) Next(challenge []byte) ([]byte, error) {
	var refusal struct {
		Status string `json:"status"`
	}
	b.status = "unknown"
	if json.Unmarshal(challenge, &refusal) == nil && refusal.Status != "" {
		b.status = refusal.Status
	}
	return []byte{1}, nil
}
