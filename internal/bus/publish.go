package bus

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

const (
	maxSubject = 255     // bytes
	maxOut     = 8 << 20 // bytes that wait to be sent, overhead included
	overhead   = 64      // bytes that a message takes beside its own
)

// Publish puts data on its way to all subscribers of subject, in every process.
// It returns at once; nil does not mean that anyone gets it. The caller may
// change data afterwards.
//
// ErrSubject: subject is not 1 to 255 bytes of tokens (letters, digits, "_" and
// "-") joined by dots. ErrTooLarge: data exceeds MaxData. ErrFull: the server
// does not take the messages as fast as they come, or is not reached. ErrClosed.
func (b *Bus) Publish(subject string, data []byte) error {
	if err := checkSubject(subject); err != nil {
		return err
	}
	if len(data) > MaxData {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), MaxData)
	}
	return b.out.enqueue(message{subject, bytes.Clone(data)})
}

func checkSubject(subject string) error {
	if len(subject) > maxSubject {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrSubject, len(subject), maxSubject)
	}
	for token := range strings.SplitSeq(subject, ".") {
		if token == "" || strings.ContainsFunc(token, notInToken) {
			return fmt.Errorf("%w: %q", ErrSubject, subject)
		}
	}
	return nil
}

func notInToken(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-':
		return false
	}
	return true
}

type message struct {
	subject string
	data    []byte
}

func (m message) size() int { return len(m.subject) + len(m.data) + overhead }

// outbox holds what waits to be sent. It stands before the connection because
// that one's Publish waits for the network when its buffer is full.
type outbox struct {
	filled *sync.Cond // or closed; its lock guards the rest
	queue  []message
	size   int // of the queue and of what was taken but not yet sent
	closed bool
}

func newOutbox() *outbox { return &outbox{filled: sync.NewCond(new(sync.Mutex))} }

func (o *outbox) enqueue(m message) error {
	o.filled.L.Lock()
	defer o.filled.L.Unlock()
	switch {
	case o.closed:
		return ErrClosed
	case o.size+m.size() > maxOut:
		return ErrFull
	}
	o.queue = append(o.queue, m)
	o.size += m.size()
	o.filled.Signal()
	return nil
}

// dequeueAll waits for messages and returns all there are; none: the outbox is closed
// and empty.
func (o *outbox) dequeueAll() []message {
	o.filled.L.Lock()
	defer o.filled.L.Unlock()
	for len(o.queue) == 0 && !o.closed {
		o.filled.Wait()
	}
	batch := o.queue
	o.queue = nil
	return batch
}

// freeSpace lets other messages in.
func (o *outbox) freeSpace(m message) {
	o.filled.L.Lock()
	defer o.filled.L.Unlock()
	o.size -= m.size()
}

func (o *outbox) close() {
	o.filled.L.Lock()
	defer o.filled.L.Unlock()
	o.closed = true
	o.filled.Signal()
}

// sendOutbox hands the outbox to the connection, message by message, until the outbox
// is closed and empty or the bus gives up on the server.
func (b *Bus) sendOutbox() {
	defer close(b.sent)
	for batch := b.out.dequeueAll(); len(batch) > 0; batch = b.out.dequeueAll() {
		for _, m := range batch {
			if !b.waitForServer() {
				return
			}
			b.sendOne(m)
			b.out.freeSpace(m)
		}
	}
}

// waitForServer waits until the server is reached; false: the bus waits no more.
func (b *Bus) waitForServer() bool {
	select {
	case <-b.quit:
		return false
	default:
	}
	select {
	case <-b.link.ready():
		return true
	case <-b.quit:
		return false
	}
}

func (b *Bus) sendOne(m message) {
	err := b.conn.Publish(m.subject, m.data)
	if err == nil {
		return
	}
	if !errors.Is(err, nats.ErrReconnectBufExceeded) {
		b.log.Warn("bus: message lost", "subject", m.subject, "error", err)
	}
	// A failed write drops whatever the connection had buffered, and that may
	// have been a subscription: only a new connection makes sure of them.
	if failed := net.Error(nil); errors.As(err, &failed) {
		if err := b.conn.ForceReconnect(); err != nil {
			b.log.Warn("bus: connection in trouble", "error", err)
		}
	}
}
