package bus_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"parley/internal/bus"
)

const subject = "log.account_01k9z0000000000000000000"

func TestOrder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		got, _ := subscribe(t, b, subject)
		other, _ := subscribe(t, b, subject+".other")
		for i := range 10_000 {
			publish(t, b, subject, strconv.Itoa(i))
		}
		for i := range 10_000 {
			expect(t, got, strconv.Itoa(i))
		}
		publish(t, b, subject+".other", "only this")
		expect(t, other, "only this")
	})
}

func TestConcurrentPublishers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		got, _ := subscribe(t, b, subject)
		var wg sync.WaitGroup
		for p := range 8 {
			wg.Go(func() {
				for i := range 500 {
					publish(t, b, subject, fmt.Sprint(p, " ", i))
				}
			})
		}
		wg.Wait()
		var due [8]int
		for range 8 * 500 {
			var p, i int
			fmt.Sscan(next(t, got), &p, &i)
			if i != due[p] {
				t.Fatalf("publisher %d: got message %d, want %d", p, i, due[p])
			}
			due[p]++
		}
	})
}

func TestFanOut(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		var wg sync.WaitGroup
		wg.Add(1000 * 10)
		for range 1000 {
			if _, err := b.Subscribe(subject, func([]byte) { wg.Done() }); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 10 {
			publish(t, b, subject, strconv.Itoa(i))
		}
		wg.Wait() // each got each; one more would panic
	})
}

func TestOneSubscriptionPerSubject(t *testing.T) {
	t.Parallel()
	s := startServer(t, server.Options{})
	b := open(t, bus.Options{URL: s.ClientURL()})
	subscriptions := make([]*bus.Subscription, 1000)
	for i := range subscriptions {
		_, subscriptions[i] = subscribe(t, b, subject)
	}
	if n := s.NumSubscriptions(); n != 1 {
		t.Errorf("the server has %d subscriptions, want 1", n)
	}
	for _, s := range subscriptions {
		s.Close()
	}
	subscribe(t, b, "other") // the server has dealt with all before it
	if n := s.NumSubscriptions(); n != 1 {
		t.Errorf("the server has %d subscriptions, want the other alone", n)
	}
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		stays, _ := subscribe(t, b, subject)
		leaves, s := subscribe(t, b, subject)
		publish(t, b, subject, "1")
		expect(t, stays, "1")
		expect(t, leaves, "1")
		s.Close()
		s.Close()
		publish(t, b, subject, "2")
		publish(t, b, subject, "3")
		expect(t, stays, "2", "3")
		if len(leaves) > 0 {
			t.Errorf("got %q after Close", <-leaves)
		}
		again, _ := subscribe(t, b, subject)
		publish(t, b, subject, "4")
		expect(t, again, "4")
	})
}

func TestSubscribeAnewAfterTheLastLeft(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		for i := range 100 {
			got, s := subscribe(t, b, subject)
			publish(t, b, subject, strconv.Itoa(i))
			expect(t, got, strconv.Itoa(i))
			s.Close()
		}
	})
}

func TestCloseWaitsForTheCallUnderWay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		started, release := make(chan bool, 1), make(chan bool)
		var ended atomic.Bool
		s, err := b.Subscribe(subject, func([]byte) {
			started <- true
			<-release
			ended.Store(true)
		})
		if err != nil {
			t.Fatal(err)
		}
		publish(t, b, subject, "1")
		next(t, started)
		time.AfterFunc(20*time.Millisecond, func() { close(release) })
		s.Close()
		if !ended.Load() {
			t.Error("Close returned while deliver ran")
		}
	})
}

func TestCloseWhileMessagesFlow(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		end, _ := subscribe(t, b, subject)
		for round := range 50 {
			var closed atomic.Bool
			s, err := b.Subscribe(subject, func([]byte) {
				if closed.Load() {
					t.Error("delivered after Close")
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				publish(t, b, subject, "x")
			}
			s.Close()
			closed.Store(true)
			publish(t, b, subject, strconv.Itoa(round))
		}
		for next(t, end) != "49" {
			continue
		}
	})
}

func TestCloseFromWithinDeliver(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		stays, _ := subscribe(t, b, subject)
		self := make(chan *bus.Subscription, 1)
		calls := make(chan bool, 10)
		s, err := b.Subscribe(subject, func([]byte) {
			deep(100, (<-self).Close)
			calls <- true
		})
		if err != nil {
			t.Fatal(err)
		}
		self <- s
		publish(t, b, subject, "1")
		publish(t, b, subject, "2")
		expect(t, stays, "1", "2")
		next(t, calls)
		publish(t, b, subject, "3")
		expect(t, stays, "3")
		if len(calls) > 0 {
			t.Error("delivered after Close")
		}
	})
}

// deep calls f from far down the stack.
func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}

func TestTwoReceiversCloseEachOther(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		var both sync.WaitGroup // both run before either closes the other
		both.Add(2)
		var left, right *bus.Subscription
		ready, done := make(chan bool), make(chan bool, 2)
		closer := func(other **bus.Subscription) func([]byte) {
			return func([]byte) {
				<-ready
				both.Done()
				both.Wait()
				(*other).Close()
				done <- true
			}
		}
		var err1, err2 error
		left, err1 = b.Subscribe("left", closer(&right))
		right, err2 = b.Subscribe("right", closer(&left))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		close(ready)
		publish(t, b, "left", "x")
		publish(t, b, "right", "x")
		next(t, done)
		next(t, done)
	})
}

func TestPanickingReceiver(t *testing.T) {
	t.Parallel()
	lines, log := newTap()
	b := open(t, bus.Options{Log: log})
	expect(t, lines, "bus: connected server=parley")
	for range 10 {
		if _, err := b.Subscribe(subject, func([]byte) { panic("ouch") }); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := subscribe(t, b, subject)
	publish(t, b, subject, "1")
	publish(t, b, subject, "2")
	expect(t, got, "1", "2")
	if line := next(t, lines); !strings.Contains(line, "ouch") || !strings.Contains(line, subject) || !strings.Contains(line, "conformance_test.go") {
		t.Errorf("the log says %q, want the panic, the subject and where", line)
	}
}

func TestSlowReceiverHoldsUpItsSubjectAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		release := make(chan bool)
		t.Cleanup(func() { close(release) }) // before the bus is closed
		if _, err := b.Subscribe("slow", func([]byte) { <-release }); err != nil {
			t.Fatal(err)
		}
		got, _ := subscribe(t, b, "quick")
		big := strings.Repeat("x", 64<<10)
		for i := range 1000 { // 64 MB: more than any buffer takes
			for errors.Is(b.Publish("slow", []byte(big)), bus.ErrFull) {
				publish(t, b, "quick", "x")
				next(t, got)
			}
			publish(t, b, "quick", strconv.Itoa(i))
			expect(t, got, strconv.Itoa(i))
		}
	})
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		for _, bad := range []string{"", " ", "a b", "a.", ".a", "a..b", "a.*", "*", "a.>", ">", "a\r\nb", "$SYS.x", "ä", strings.Repeat("a", 256)} {
			if err := b.Publish(bad, nil); !errors.Is(err, bus.ErrSubject) {
				t.Errorf("Publish on %q: %v", bad, err)
			}
			if _, err := b.Subscribe(bad, func([]byte) {}); !errors.Is(err, bus.ErrSubject) {
				t.Errorf("Subscribe to %q: %v", bad, err)
			}
		}
		if err := b.Publish(subject, make([]byte, bus.MaxData+1)); !errors.Is(err, bus.ErrTooLarge) {
			t.Errorf("1 MB and a byte: %v", err)
		}
	})
}

func TestPublishTakes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		for _, data := range []string{"", "\r\nPUB x 1\r\n", strings.Repeat("x", bus.MaxData)} {
			for _, good := range []string{"a", "a-b.C_9", strings.Repeat("a", 255)} {
				got, s := subscribe(t, b, good)
				publish(t, b, good, data)
				expect(t, got, data)
				s.Close()
			}
		}
	})
}

func TestPublisherMayReuseItsBuffer(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		got, _ := subscribe(t, b, subject)
		buffer := make([]byte, 1)
		for i := range 100 {
			buffer[0] = byte(i)
			if err := b.Publish(subject, buffer); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 100 {
			expect(t, got, string([]byte{byte(i)}))
		}
	})
}

func TestCloseWhilePublishing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		got := make(chan bool, 1)
		_, err := b.Subscribe(subject, func([]byte) {
			select {
			case got <- true:
			default:
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					err := b.Publish(subject, []byte("x"))
					if errors.Is(err, bus.ErrClosed) {
						return
					}
					if err != nil && !errors.Is(err, bus.ErrFull) {
						t.Errorf("Publish: %v", err)
					}
				}
			})
		}
		next(t, got)
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		wg.Wait()
		if b.Connected() {
			t.Error("a closed bus says that it is connected")
		}
		if _, err := b.Subscribe(subject, func([]byte) {}); !errors.Is(err, bus.ErrClosed) {
			t.Errorf("Subscribe after Close: %v", err)
		}
	})
}

func TestCloseSendsWhatWasPublished(t *testing.T) {
	t.Parallel()
	url := startServer(t, server.Options{}).ClientURL()
	got, _ := subscribe(t, open(t, bus.Options{URL: url}), subject)
	b := open(t, bus.Options{URL: url})
	for i := range 5000 {
		publish(t, b, subject, strconv.Itoa(i))
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 5000 {
		expect(t, got, strconv.Itoa(i))
	}
}

// A node must be able to stop.
func TestCloseDoesNotWaitForEverForAReceiver(t *testing.T) {
	t.Parallel()
	b, err := bus.Open(bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	started, release := make(chan bool, 1), make(chan bool)
	defer close(release)
	if _, err := b.Subscribe(subject, func([]byte) { started <- true; <-release }); err != nil {
		t.Fatal(err)
	}
	publish(t, b, subject, "1")
	next(t, started)
	if err := b.Close(); err == nil {
		t.Error("Close does not tell that a receiver is stuck")
	}
}
