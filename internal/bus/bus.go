package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// MaxData is the size of the largest message, in bytes.
const MaxData = 1 << 20

// closeWait bounds each step of Close that needs the server's help.
const closeWait = 2 * time.Second

// What Publish and Subscribe may return; compare with errors.Is.
var (
	ErrClosed   = errors.New("the bus is closed")
	ErrFull     = errors.New("the bus's outgoing buffer is full")
	ErrSubject  = errors.New("not a subject of the bus")
	ErrTooLarge = errors.New("the message is too large for the bus")
)

// Options say which bus to open.
type Options struct {
	// URL holds the addresses of a NATS cluster's servers, separated by commas:
	// nats://user:password@host:4222 or tls://token@host. Empty: a server within
	// the process.
	URL string
	// Log hears of lost and new connections, slow receivers and panics. Nil:
	// no one is.
	Log *slog.Logger
	// Name distinguishes this process from others in the external servers'
	// monitoring.
	Name string
}

// Bus publishes and subscribes; see the package's documentation for what holds.
// It may be used by many goroutines at once.
type Bus struct {
	log    *slog.Logger
	server *server.Server // nil if it is external
	conn   *nats.Conn
	link   *link
	out    *outbox

	quit    chan struct{} // closed: the sender waits for the server no more
	sent    chan struct{} // closed: the sender has ended
	closing sync.Once

	mu     sync.Mutex // guards the rest
	topics map[string]*topic
	closed bool // no more Subscribe
}

// Open starts the bus. A malformed address is an error; servers that cannot be
// reached are not, since nodes may start before NATS does: each is tried once,
// for two seconds at most, and again in the background until one answers.
func Open(o Options) (*Bus, error) {
	b := &Bus{
		log: o.Log, link: newLink(), out: newOutbox(), topics: map[string]*topic{},
		quit: make(chan struct{}), sent: make(chan struct{}),
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if err := b.connect(o); err != nil {
		b.stopServer()
		return nil, err
	}
	go b.sendOutbox()
	return b, nil
}

// Connected reports whether the bus reaches its server now. A server that falls
// silent without closing the connection is found out within about six seconds.
func (b *Bus) Connected() bool { return b.link.up.Load() }

// Close sends what was published, ends all subscriptions and stops the embedded
// server. A server that is silent, or a deliver that does not return, holds it
// up for some seconds; the latter is an error. A second call waits for the
// first, and returns nil.
func (b *Bus) Close() error {
	var err error
	b.closing.Do(func() { err = b.close() })
	return err
}

func (b *Bus) close() error {
	subscriptions := b.refuseSubscriptions()
	b.flushOutbox()
	err := b.disconnect()
	b.stopServer()
	return errors.Join(err, finishSubscriptions(subscriptions))
}

// finishSubscriptions ends subscriptions. It does not wait forever: a node
// must be able to stop.
func finishSubscriptions(subscriptions []*Subscription) error {
	for _, s := range subscriptions {
		s.closed.Store(true)
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for _, s := range subscriptions {
			s.waitForDelivery()
		}
	}()
	select {
	case <-finished:
		return nil
	case <-time.After(closeWait):
		return errors.New("close the bus: a receiver does not return")
	}
}

// flushOutbox closes the outbox and has the sender send what is in it, if the server
// is there.
func (b *Bus) flushOutbox() {
	b.out.close()
	wait := closeWait
	if !b.Connected() {
		wait = 0
	}
	giveUp := time.AfterFunc(wait, func() { close(b.quit) })
	defer giveUp.Stop()
	<-b.sent
}

// disconnect hands out what has arrived and closes the connection.
func (b *Bus) disconnect() error {
	err := b.conn.Drain()
	if errors.Is(err, nats.ErrConnectionReconnecting) || errors.Is(err, nats.ErrConnectionClosed) {
		err = nil
	}
	if err != nil {
		b.conn.Close()
		err = fmt.Errorf("close the bus: %w", err)
	}
	<-b.link.closed
	return err
}

// refuseSubscriptions refuses new subscriptions and returns those that there are.
func (b *Bus) refuseSubscriptions() []*Subscription {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	var all []*Subscription
	for _, t := range b.topics {
		all = append(all, t.receivers()...)
	}
	return all
}
