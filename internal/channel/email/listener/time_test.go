package listener_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/internal/channel/email/listener"
)

// pipes is a net's listener whose connections need no net, so that time can be
// turned.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// client connects, and says hello.
func (p *pipes) client(t *testing.T) line {
	t.Helper()
	ours, theirs := net.Pipe()
	p.connections <- theirs
	l := line{textproto.NewConn(ours), t}
	l.hear(220)
	l.say(250, "EHLO client.example.net")
	return l
}

// serving runs a listener in a bubble of time until the story has been told.
func serving(t *testing.T, h *house, story func(t *testing.T, p *pipes, stop func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		l := listener.New(listener.Options{
			Hostname: "in.example.com", MaxBytes: 1 << 20, Recipient: h.recipient, Deliver: h.take, Log: slog.New(slog.DiscardHandler),
		})
		go func() { ended <- l.Serve(ctx, p) }()
		story(t, p, stop)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A client that keeps talking does not stay for ever.
func TestLongVisit(t *testing.T) {
	t.Parallel()
	serving(t, &house{}, func(t *testing.T, p *pipes, _ func()) {
		l, start := p.client(t), time.Now()
		for time.Since(start) < 28*time.Minute {
			<-time.After(4 * time.Minute)
			l.say(250, "NOOP")
		}
		l.hear(421)
		l.gone()
		if stayed := time.Since(start); stayed != 30*time.Minute {
			t.Errorf("it stayed %v", stayed)
		}
	})
}

// A mail that trickles in is given up, late enough for a slow line, and so is
// what follows one that is too large.
func TestTrickle(t *testing.T) {
	t.Parallel()
	h := &house{}
	serving(t, h, func(t *testing.T, p *pipes, _ func()) {
		for begin, code := range map[string]int{"Subject: x\r\n": 451, strings.Repeat("too large\r\n", 200_000): 552} {
			l := p.client(t)
			l.say(250, "MAIL FROM:<ada@example.net>")
			l.say(250, "RCPT TO:<support@in.example.com>")
			l.say(354, "DATA")
			start := time.Now()
			var writer sync.WaitGroup
			writer.Go(func() {
				_, _ = io.WriteString(l.W, begin)
				for l.PrintfLine("NOOP") == nil {
					<-time.After(time.Minute)
				}
			})
			l.hear(code)
			l.gone() // the next line is no command
			if took := time.Since(start); took != 15*time.Minute || len(h.letters()) != 0 {
				t.Errorf("it took %v, and there are %v", took, h.letters())
			}
			writer.Wait()
		}
	})
}

// A delivery that hangs does not keep the listener from stopping.
func TestStopGivesUp(t *testing.T) {
	t.Parallel()
	h := &house{deliver: func(ctx context.Context, d listener.Delivery) error {
		if _, err := io.Copy(io.Discard, d.Raw); err != nil {
			return err
		}
		<-ctx.Done()
		return errors.New("given up")
	}}
	serving(t, h, func(t *testing.T, p *pipes, stop func()) {
		l := p.client(t)
		l.say(250, "MAIL FROM:<ada@example.net>")
		l.say(250, "RCPT TO:<support@in.example.com>")
		l.say(354, "DATA")
		if err := l.PrintfLine("Hi\r\n."); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		start := time.Now()
		stop()
		l.gone()
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
