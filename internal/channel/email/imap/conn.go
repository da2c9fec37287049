package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Security says when a connection is encrypted.
type Security string

// The ways. None is for a server on the same machine.
const (
	TLS      Security = "TLS"      // from the first byte, mostly on port 993
	STARTTLS Security = "STARTTLS" // before anything is said, mostly on port 143
	None     Security = "NONE"
)

// Config says where a mailbox is and how to log in. Password or Token is set.
type Config struct {
	Host     string
	Port     int
	Security Security
	Username string
	Password string
	// Token returns an access token that is good now (XOAUTH2, OAUTHBEARER). Its
	// error is found in Dial's.
	Token func(ctx context.Context) (string, error)
	// TLS is the configuration of TLS; nil for the system's roots. The name that
	// the certificate must have is Host, unless it is set here.
	TLS *tls.Config
	// Dial opens the connection, and may refuse addresses. nil for net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Renew is after how long IDLE is said again, before a server hangs up. 0: 25
	// minutes.
	Renew time.Duration
	// Poll is how often a server without IDLE is asked for news. 0: a minute.
	Poll time.Duration
}

// Conn is a connection to a mailbox whose user is logged in. It is used by one
// goroutine at a time, and after any error that is not the caller's own only closed.
type Conn struct {
	config       Config
	wire         *wire
	client       *imapclient.Client
	capabilities goimap.CapSet
	news         chan struct{} // has a value when the server reported new mail
	idle         bool
	secrets      []string
}

// dialing bounds Dial: the connection, the greeting and logging in.
const dialing = time.Minute

// Dial connects and logs in. It returns ErrTLS, ErrAuthentication, ErrRefused, or
// something temporary.
func Dial(ctx context.Context, config Config) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialing)
	defer cancel()
	c := &Conn{config: config.withDefaults(), news: make(chan struct{}, 1)}
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	end := c.wire.beginOperation(ctx, smallAnswer)
	err := c.awaitGreeting()
	if err == nil {
		err = c.logIn(ctx)
	}
	end()
	if err != nil {
		c.wire.breakOff(nil)
		return nil, err
	}
	return c, nil
}

func (config Config) withDefaults() Config {
	if config.Dial == nil {
		config.Dial = (&net.Dialer{}).DialContext
	}
	if config.Renew == 0 {
		config.Renew = 25 * time.Minute
	}
	if config.Poll == 0 {
		config.Poll = time.Minute
	}
	if config.TLS == nil {
		config.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.TLS = config.TLS.Clone()
	if config.TLS.ServerName == "" {
		config.TLS.ServerName = config.Host
	}
	return config
}

// connect connects, and leaves the client at the server's greeting.
func (c *Conn) connect(ctx context.Context) error {
	raw, err := c.config.Dial(ctx, "tcp", net.JoinHostPort(c.config.Host, strconv.Itoa(c.config.Port)))
	if err != nil {
		return &failure{op: "connect", text: err.Error(), err: err}
	}
	conn := raw
	if c.config.Security == TLS {
		secure := tls.Client(raw, c.config.TLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return secureFailure(err)
		}
		conn = secure
	}
	c.wire = newWire(conn, raw)
	options := &imapclient.Options{
		TLSConfig:             c.config.TLS,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: c.onMailboxData},
	}
	if c.config.Security != STARTTLS {
		c.client = imapclient.New(c.wire, options)
		return nil
	}
	return c.startTLS(ctx, options)
}

// startTLS says STARTTLS before anything else. The library refuses what a server
// said before, and a server that calls us logged in.
func (c *Conn) startTLS(ctx context.Context, options *imapclient.Options) error {
	defer c.wire.beginOperation(ctx, smallAnswer)()
	client, err := imapclient.NewStartTLS(c.wire, options)
	switch {
	case err == nil:
		c.client = client
		return nil
	case statusOf(err) != nil:
		c.wire.breakOff(nil)
		return c.failOperation("STARTTLS", ErrTLS, err)
	case c.wire.cause() != nil || !untrusted(err):
		return c.failOperation("STARTTLS", nil, err)
	}
	return secureFailure(err)
}

func secureFailure(err error) error {
	f := &failure{op: "secure the connection", text: err.Error(), err: err}
	if untrusted(err) {
		f.kind = ErrTLS
	}
	return f
}

// awaitGreeting waits for the server's greeting and asks what it can do.
func (c *Conn) awaitGreeting() error {
	if err := c.client.WaitGreeting(); err != nil {
		return c.failOperation("connect", nil, err)
	}
	if c.client.State() != goimap.ConnStateNotAuthenticated {
		return c.failOperation("connect", ErrRefused, errors.New("it considers the connection to be authenticated already (PREAUTH)"))
	}
	return c.readCapabilities()
}

// readCapabilities reads the server's capabilities, which may differ after
// logging in.
func (c *Conn) readCapabilities() error {
	// Where the server does not report it by itself, the library asks on a
	// goroutine of its own, and closes the connection under whatever runs when it
	// cannot. So nothing is begun before it has its answer.
	c.client.Caps()
	capabilities, err := c.client.Capability().Wait()
	if err != nil {
		return c.failOperation("CAPABILITY", nil, err)
	}
	c.capabilities = capabilities
	return nil
}

// onMailboxData takes what the server reports unasked. It runs in the library's
// reader.
func (c *Conn) onMailboxData(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages != nil {
		c.heardNews()
	}
}

func (c *Conn) heardNews() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// parting bounds the politeness of Close.
const parting = 5 * time.Second

// Close logs out and closes the connection.
func (c *Conn) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), parting)
	defer cancel()
	end := c.wire.beginOperation(ctx, smallAnswer)
	if c.wire.cause() == nil {
		_ = c.client.Logout().Wait()
	}
	end()
	c.wire.breakOff(nil)
	<-c.client.Closed()
}
