package listener

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// ErrUnknown is what Options.Recipient says of an address that there is not, or
// is no more (IB-3).
var ErrUnknown = errors.New("no such recipient")

// Options say what a listener does. Those without a default must be set.
type Options struct {
	// Hostname is how the listener calls itself, such as "in.example.com".
	Hostname string
	// TLS offers STARTTLS; nil: it is not offered.
	TLS *tls.Config
	// MaxBytes is the most that a mail may have; it is announced.
	MaxBytes int64
	// MaxRecipients is how many recipients of a mail are taken at a time; a sender
	// comes again for the others. 0: 100.
	MaxRecipients int
	// MaxConnections are open at a time, MaxPerAddress of them from one address,
	// or one /64 of IPv6. 0: 200 and 20.
	MaxConnections, MaxPerAddress int
	// Timeout is how long a client may take for a command; a whole mail may take
	// three times that. 0: 5 minutes.
	Timeout time.Duration
	// Recipient returns the channel of an address, which it gets as it was sent.
	// ErrUnknown refuses it for good, any other error for now.
	Recipient func(ctx context.Context, address string) (channelID string, err error)
	// Deliver stores a mail durably, or returns an error, whereupon its sender
	// keeps it. It reads Raw to its end and passes its errors on. A sender may not
	// hear that it succeeded: the same mail comes again then.
	Deliver func(context.Context, Delivery) error
	// Postmaster is Deliver for mail to postmaster@Hostname, which every server must take
	// (RFC 5321, 4.5.1): it has no channels, and no other recipients. nil: none is taken.
	Postmaster func(context.Context, Delivery) error
	Log        *slog.Logger
}

// Delivery is a mail that came in.
type Delivery struct {
	// ChannelIDs are the recipients' channels, each once, in the order in which
	// they were named.
	ChannelIDs []string
	// From is the envelope's sender; empty for what wants no answer, such as a
	// bounce. Anyone can claim to be anyone.
	From string
	// Recipients are the addresses, as they were sent.
	Recipients []string
	Remote     netip.Addr
	// HELO is how the client called itself.
	HELO string
	// TLS: the mail came encrypted.
	TLS bool
	// Raw is the mail, with Return-Path and Received put on its top.
	Raw io.Reader
}

const (
	defaultRecipients  = 100
	defaultConnections = 200
	defaultPerAddress  = 20
	defaultTimeout     = 5 * time.Minute
	// mailTimeouts are the Timeouts that a mail may take.
	mailTimeouts = 3
	// maxLife is how long a connection may last.
	maxLife = 30 * time.Minute
	// maxLine is the longest line that is taken. RFC 5321 has 1000 bytes, but
	// programs send markup in one line, and no mail may be lost for that.
	maxLine = 1 << 20
	// grace is how long mail that is under way may take when the listener stops.
	grace = 30 * time.Second
)

// Listener takes mail in. It is safe for concurrent use.
type Listener struct{ options Options }

// New returns a listener that does nothing yet.
func New(o Options) *Listener {
	setDefault(&o.MaxRecipients, defaultRecipients)
	setDefault(&o.MaxConnections, defaultConnections)
	setDefault(&o.MaxPerAddress, defaultPerAddress)
	setDefault(&o.Timeout, defaultTimeout)
	return &Listener{options: o}
}

func setDefault[T int | time.Duration](value *T, otherwise T) {
	if *value == 0 {
		*value = otherwise
	}
}

// Serve takes mail until the context ends, and then returns nil: at once, but
// for mail that is under way, which has half a minute left. It closes the net's
// listener, and returns when no call of Recipient or Deliver is running.
func (l *Listener) Serve(ctx context.Context, listener net.Listener) error {
	working, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	g := newGate(listener, l.options)
	b := &backend{options: l.options, ctx: working}
	server := l.server(b)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(g) }()
	select {
	case err := <-ended:
		giveUp()
		g.close()
		b.work.waitForCalls()
		return fmt.Errorf("take connections for mail: %w", err)
	case <-ctx.Done():
	}
	l.stop(server, g, giveUp)
	if err := <-ended; err != nil && !errors.Is(err, net.ErrClosed) {
		l.options.Log.Warn("the listener for mail did not end well", "error", err)
	}
	b.work.waitForCalls()
	return nil
}

func (l *Listener) server(b *backend) *gosmtp.Server {
	o := l.options
	server := gosmtp.NewServer(b)
	server.Domain, server.TLSConfig, server.ErrorLog = o.Hostname, o.TLS, errorLog{o.Log}
	server.MaxMessageBytes, server.MaxRecipients, server.MaxLineLength = o.MaxBytes, o.MaxRecipients, maxLine
	server.ReadTimeout, server.WriteTimeout = o.Timeout, o.Timeout
	server.EnableSMTPUTF8 = true
	return server
}

// stop ends the conversations, those that hand a mail over when they have.
func (l *Listener) stop(server *gosmtp.Server, g *gate, giveUp func()) {
	late := time.AfterFunc(grace, func() {
		giveUp()
		g.close()
	})
	defer late.Stop()
	g.dismissGuests()
	if err := server.Shutdown(context.Background()); err != nil && !errors.Is(err, net.ErrClosed) {
		l.options.Log.Warn("the listener for mail did not end well", "error", err)
	}
}

// errorLog is where the server reports panics and broken connections.
type errorLog struct{ log *slog.Logger }

// Printf separates strangers' broken connections, which are no news, from faults.
func (l errorLog) Printf(format string, v ...any) {
	level := slog.LevelDebug
	if strings.HasPrefix(format, "panic") {
		level = slog.LevelError
	}
	l.log.Log(context.Background(), level, "the listener for mail", "error", fmt.Sprintf(format, v...))
}

// Println is not used.
func (l errorLog) Println(v ...any) { l.log.Debug("the listener for mail", "error", fmt.Sprint(v...)) }

// backend begins a session for each client that says hello.
type backend struct {
	options Options
	ctx     context.Context
	work    work
}

// work is the calls of Recipient and Deliver that are running.
type work struct {
	mu    sync.Mutex
	ended bool
	calls sync.WaitGroup
}

// beginCall counts a call, unless there may be none any longer.
func (w *work) beginCall() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.calls.Add(1)
	}
	return !w.ended
}

// waitForCalls waits for the calls that are running, and lets none begin.
func (w *work) waitForCalls() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.calls.Wait()
}

// NewSession is called at EHLO, and once more after STARTTLS.
func (b *backend) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	_, encrypted := c.TLSConnectionState()
	guest := guestOf(c.Conn())
	if encrypted {
		guest.encrypted.Store(true)
	}
	return &session{backend: b, guest: guest, helo: c.Hostname(), encrypted: encrypted}, nil
}
