package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"

	"parley/internal/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a wait that ends at once unless something is broken.
const patience = 20 * time.Second

// onBoth runs a story on the embedded server and on an external one (OP-1,
// OP-2).
func onBoth(t *testing.T, story func(t *testing.T, b *bus.Bus)) {
	t.Helper()
	t.Run("Embedded", func(t *testing.T) {
		t.Parallel()
		story(t, open(t, bus.Options{}))
	})
	t.Run("External", func(t *testing.T) {
		t.Parallel()
		story(t, open(t, bus.Options{URL: startServer(t, server.Options{}).ClientURL()}))
	})
}

// open opens a bus that is closed at the test's end.
func open(t *testing.T, o bus.Options) *bus.Bus {
	t.Helper()
	b, err := bus.Open(o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return b
}

// startServer starts a NATS server of its own on o.Port, or on any port.
func startServer(t *testing.T, o server.Options) *server.Server {
	t.Helper()
	o.Host, o.NoSigs, o.NoLog, o.NoSystemAccount = "127.0.0.1", true, true, true
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&o)
	if err != nil {
		t.Fatalf("NewServer: %v", err)
	}
	go s.Start()
	t.Cleanup(func() { stop(s) })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	return s
}

func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// freePort returns a port on which no one listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, text, _ := net.SplitHostPort(l.Addr().String())
	port, _ := strconv.Atoi(text)
	return port
}

func addressOf(port int) string { return fmt.Sprintf("nats://127.0.0.1:%d", port) }

// subscribe returns a channel with what arrives on subject.
func subscribe(t *testing.T, b *bus.Bus, subject string) (<-chan string, *bus.Subscription) {
	t.Helper()
	got := make(chan string, 20_000)
	s, err := b.Subscribe(subject, func(data []byte) { got <- string(data) })
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	return got, s
}

func publish(t *testing.T, b *bus.Bus, subject, data string) {
	t.Helper()
	if err := b.Publish(subject, []byte(data)); err != nil {
		t.Errorf("Publish %q: %v", data, err)
	}
}

// next returns what comes next on a channel.
func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing arrives")
		panic("unreachable")
	}
}

func expect(t *testing.T, ch <-chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		if got := next(t, ch); got != w {
			t.Fatalf("got %q, want %q", got, w)
		}
	}
}

// tap is a log whose lines serve the test as signals.
type tap chan string

func newTap() (tap, *slog.Logger) {
	lines := make(tap, 1000)
	return lines, slog.New(lines)
}

func (tap) Enabled(context.Context, slog.Level) bool { return true }
func (l tap) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l tap) WithGroup(string) slog.Handler          { return l }

func (l tap) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l <- line
	return nil
}
