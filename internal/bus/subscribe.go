package bus

import (
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	maxWaiting     = 64 << 10 // messages of one subject that wait to be delivered
	maxWaitingData = 8 << 20  // the same, in bytes

	subscribeWait = time.Second // for the server to confirm
)

// Subscription is one receiver of one subject's messages.
type Subscription struct {
	bus     *Bus
	topic   *topic
	deliver func(data []byte)

	closed atomic.Bool
	busy   sync.Mutex // held while deliver runs
}

// Subscribe has deliver called with each message that is published on subject,
// one at a time, until the subscription is closed. deliver must not block, and
// must not change data, which others read too; it may keep it, and it may close
// subscriptions, its own included.
//
// Subscribe waits until the server knows of it, for a second at most; where the
// server is not reached, it is reported later. ErrSubject: see Publish. ErrClosed.
func (b *Bus) Subscribe(subject string, deliver func(data []byte)) (*Subscription, error) {
	if err := checkSubject(subject); err != nil {
		return nil, err
	}
	s, first, err := b.addReceiver(subject, deliver)
	if err != nil {
		return nil, err
	}
	if first {
		b.confirmSubscription(s.topic)
	}
	<-s.topic.known
	return s, nil
}

// addReceiver adds a receiver to the subject's topic; first reports that it made
// that.
func (b *Bus) addReceiver(subject string, deliver func([]byte)) (s *Subscription, first bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, false, ErrClosed
	}
	t := b.topics[subject]
	if first = t == nil; first {
		if t, err = b.openTopic(subject); err != nil {
			return nil, false, err
		}
		b.topics[subject] = t
	}
	s = &Subscription{bus: b, topic: t, deliver: deliver}
	t.add(s)
	return s, first, nil
}

// openTopic makes the process's one NATS subscription for the subject.
func (b *Bus) openTopic(subject string) (*topic, error) {
	t := &topic{subject: subject, known: make(chan struct{}), members: map[*Subscription]struct{}{}}
	var err error
	t.sub, err = b.conn.Subscribe(subject, func(m *nats.Msg) { t.fanOut(m.Data) })
	if err == nil {
		err = t.sub.SetPendingLimits(maxWaiting, maxWaitingData)
	}
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	return t, nil
}

// confirmSubscription asks the server for a sign of life, which it gives after it
// has dealt with the subscription.
func (b *Bus) confirmSubscription(t *topic) {
	defer close(t.known)
	if !b.Connected() {
		return
	}
	if err := b.conn.FlushTimeout(subscribeWait); err != nil {
		b.log.Warn("bus: subscription not confirmed", "subject", t.subject, "error", err)
	}
}

// Close ends the subscription. After it returns, deliver is not called any longer
// and does not run; so hold no lock that deliver takes. Only if it is called
// from within a deliver, be it this or another, does it not wait for a call that
// is under way. A second Close does no harm.
func (s *Subscription) Close() {
	if !s.closed.Swap(true) {
		s.bus.removeReceiver(s)
	}
	s.waitForDelivery()
}

// removeReceiver takes s from its topic, and the topic from the bus if s was the
// last.
func (b *Bus) removeReceiver(s *Subscription) {
	t := s.topic
	b.mu.Lock()
	last := t.remove(s) == 0 && b.topics[t.subject] == t
	if last {
		delete(b.topics, t.subject)
	}
	b.mu.Unlock()
	if !last {
		return
	}
	if err := t.sub.Unsubscribe(); err != nil && !b.conn.IsClosed() && !b.conn.IsDraining() {
		b.log.Warn("bus: cannot unsubscribe", "subject", t.subject, "error", err)
	}
}

// waitForDelivery waits for the call under way. The subscription is marked
// closed: there is no other.
func (s *Subscription) waitForDelivery() {
	if s.busy.TryLock() {
		s.busy.Unlock()
		return
	}
	if !withinDeliver() {
		s.busy.Lock()
		defer s.busy.Unlock()
	}
}

// deliverFunction is the name that stacks have for deliverTo.
var deliverFunction = runtime.FuncForPC(reflect.ValueOf((*Subscription).deliverTo).Pointer()).Name()

// deliverTo delivers to one receiver; its panic is the receiver's own.
func (s *Subscription) deliverTo(data []byte) {
	s.busy.Lock()
	defer s.busy.Unlock()
	if s.closed.Load() {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			s.bus.log.Error("bus: a receiver panicked", "subject", s.topic.subject, "panic", r, "stack", string(debug.Stack()))
		}
	}()
	s.deliver(data)
}

// withinDeliver reports whether the calling goroutine is in a deliver: to wait
// there for a call to end would be to wait for itself.
func withinDeliver() bool {
	frames := runtime.CallersFrames(callers())
	for {
		f, more := frames.Next()
		if f.Function == deliverFunction {
			return true
		}
		if !more {
			return false
		}
	}
}

// callers returns the calling goroutine's whole stack.
func callers() []uintptr {
	for size := 64; ; size *= 2 {
		pcs := make([]uintptr, size)
		if n := runtime.Callers(1, pcs); n < size {
			return pcs[:n]
		}
	}
}
