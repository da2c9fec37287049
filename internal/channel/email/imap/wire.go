package imap

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// How much a server may send, and how long it may be silent.
const (
	silence     = 2 * time.Minute // no byte while an answer is waited for
	smallAnswer = 8 << 20         // bytes: all answers but those below, and what comes unasked
	largeAnswer = 64 << 20        // bytes: lists of UIDs, sizes and headers of a mailbox
)

var (
	errSilent = errors.New("the server has been silent for too long")
	errFlood  = errors.New("the server sends more than it was asked for")
)

// wire is a connection that is cut when a server falls silent, sends too much,
// or when the context of the running operation ends. The IMAP library reads
// without a context, and its deadlines are for whole responses, which a large mail
// over a slow line may miss: a silence counts only while someone reads.
type wire struct {
	net.Conn          // with TLS, if it began with TLS
	raw      net.Conn // below TLS: closing it waits for nothing

	mu      sync.Mutex
	timer   *time.Timer // cuts the wire after a silence; runs while busy and reading
	busy    bool
	allowed int64 // bytes that may still come
	why     error // what it was cut for
}

func newWire(conn, raw net.Conn) *wire {
	w := &wire{Conn: conn, raw: raw, allowed: smallAnswer}
	w.timer = time.AfterFunc(silence, func() { w.breakOff(errSilent) })
	w.timer.Stop()
	return w
}

// beginOperation starts an operation, which is ended by the function that it
// returns. Its answers may have allowed bytes.
func (w *wire) beginOperation(ctx context.Context, allowed int64) (end func()) {
	stop := context.AfterFunc(ctx, func() { w.breakOff(ctx.Err()) })
	w.setOperation(true, allowed)
	return func() {
		stop()
		w.setOperation(false, smallAnswer)
	}
}

func (w *wire) setOperation(busy bool, allowed int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy, w.allowed = busy, allowed
	if busy {
		w.timer.Reset(silence)
	} else {
		w.timer.Stop()
	}
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	w.setReading(true)
	n, err := w.Conn.Read(b)
	w.setReading(false)
	if !w.countBytes(n) {
		w.breakOff(errFlood)
		return 0, errFlood
	}
	return n, err
}

func (w *wire) setReading(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if on && w.busy {
		w.timer.Reset(silence)
	} else {
		w.timer.Stop()
	}
}

func (w *wire) countBytes(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed -= int64(n)
	return w.allowed >= 0
}

// SetReadDeadline does nothing: the library's deadlines are not wanted.
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// breakOff closes the connection for good. The first cause counts.
func (w *wire) breakOff(why error) {
	w.mu.Lock()
	if w.why == nil {
		w.why = why
	}
	w.timer.Stop()
	w.mu.Unlock()
	_ = w.raw.Close()
}

func (w *wire) cause() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why
}
