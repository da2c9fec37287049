package listener_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/internal/channel/email/listener"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a wait that a broken listener would not end.
const patience = 60 * time.Second

const mail = "From: <ada@example.net>\r\nSubject: Hello\r\n\r\n.\r\n..\r\nHi\r\n"

// house knows two addresses of one channel and one of another, and keeps what
// is delivered.
type house struct {
	address string
	stop    func()
	ended   chan error

	mu      sync.Mutex
	mails   []letter
	deliver func(context.Context, listener.Delivery) error // instead of keeping it
}

// letter is a delivery that was read.
type letter struct {
	listener.Delivery
	text string
}

func (h *house) recipient(_ context.Context, address string) (string, error) {
	name, _, _ := strings.Cut(strings.ToLower(address), "@")
	switch name, _, _ = strings.Cut(name, "+"); name {
	case "support", "help":
		return "channel_1", nil
	case "sales":
		return "channel_2", nil
	case "broken":
		return "", errors.New("the database is away")
	}
	return "", fmt.Errorf("%s: %w", address, listener.ErrUnknown)
}

func (h *house) take(ctx context.Context, d listener.Delivery) error {
	if h.deliver != nil {
		return h.deliver(ctx, d)
	}
	text, err := io.ReadAll(d.Raw)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	d.Raw = nil
	h.mails = append(h.mails, letter{d, string(text)})
	return nil
}

func (h *house) letters() []letter {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.mails)
}

// start serves the house until the test ends.
func (h *house) start(t *testing.T, o listener.Options) *house {
	t.Helper()
	o.Hostname, o.Recipient, o.Deliver, o.Log = "in.example.com", h.recipient, h.take, slog.New(slog.DiscardHandler)
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 20
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	h.address, h.stop, h.ended = l.Addr().String(), stop, make(chan error, 1)
	go func() { h.ended <- listener.New(o).Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-h.ended; err != nil {
			t.Error(err)
		}
	})
	return h
}

// line is a client that says what the test says.
type line struct {
	*textproto.Conn
	t *testing.T
}

func (h *house) dial(t *testing.T) line {
	t.Helper()
	conn, err := net.Dial("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	l := line{textproto.NewConn(conn), t}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// hello is dial, and the first words.
func (h *house) hello(t *testing.T) line {
	t.Helper()
	l := h.dial(t)
	l.hear(220)
	l.say(250, "EHLO client.example.net")
	return l
}

func (l line) hear(code int) string {
	l.t.Helper()
	_, text, err := l.ReadResponse(code)
	if err != nil {
		l.t.Fatalf("want %d: %v", code, err)
	}
	return text
}

func (l line) say(code int, format string, arguments ...any) string {
	l.t.Helper()
	if err := l.PrintfLine(format, arguments...); err != nil {
		l.t.Fatal(err)
	}
	return l.hear(code)
}

// gone waits for the end of the connection.
func (l line) gone() {
	l.t.Helper()
	if rest, err := io.ReadAll(l.R); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		l.t.Fatalf("it goes on: %q, %v", rest, err)
	}
}
