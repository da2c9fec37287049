package bus

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// link knows whether the server is reached. It is kept by the connection's
// handlers, which are called one after the other, and not asked of the
// connection, whose lock is held while it dials and writes.
type link struct {
	up     atomic.Bool
	closed chan struct{} // closed: for good

	mu      sync.Mutex
	waiting chan struct{} // closed while up
}

func newLink() *link {
	return &link{closed: make(chan struct{}), waiting: make(chan struct{})}
}

// ready returns a channel that is closed while, or as soon as, the server is
// reached.
func (l *link) ready() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting
}

func (l *link) set(up bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up.Swap(up) == up {
		return
	}
	if up {
		close(l.waiting)
	} else {
		l.waiting = make(chan struct{})
	}
}

// handlers keep the link and log its changes. A failed attempt is logged when its
// reason is a new one, not every two seconds.
func (b *Bus) handlers() []nats.Option {
	var trouble string
	up := func(c *nats.Conn) {
		trouble = ""
		b.link.set(true)
		b.log.Info("bus: connected", "server", c.ConnectedServerName())
	}
	down := func(_ *nats.Conn, err error) {
		b.link.set(false)
		if err != nil {
			b.log.Warn("bus: connection lost", "error", err)
		}
	}
	retry := func(_ *nats.Conn, err error) {
		if err != nil && err.Error() != trouble {
			trouble = err.Error()
			b.log.Warn("bus: cannot connect", "error", err)
		}
	}
	return []nats.Option{
		nats.ConnectHandler(up),
		nats.ReconnectHandler(up),
		nats.DisconnectErrHandler(down),
		nats.ReconnectErrHandler(retry),
		nats.ClosedHandler(func(*nats.Conn) {
			b.link.set(false)
			close(b.link.closed)
		}),
		nats.ErrorHandler(b.logAsyncError),
	}
}

// logAsyncError logs what the connection finds out behind the callers' backs.
func (b *Bus) logAsyncError(_ *nats.Conn, sub *nats.Subscription, err error) {
	switch {
	case sub != nil && errors.Is(err, nats.ErrSlowConsumer):
		b.log.Warn("bus: a slow receiver loses messages", "subject", sub.Subject)
	default:
		b.log.Warn("bus: connection in trouble", "error", err)
	}
}
