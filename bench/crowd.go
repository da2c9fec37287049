package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// subscribers is many sockets with the same subscription on each. It counts what
// arrives and keeps none of it.
type subscribers struct {
	conns []*websocket.Conn
	all   sync.WaitGroup

	arrived atomic.Int64
	first   atomic.Int64 // when the first of a round arrived, in ns since began
	began   time.Time
	round   chan time.Time // when the last of a round arrived
	of      atomic.Int64   // how many arrivals a round has
	sample  chan []byte    // a frame that arrived
}

// subscribe opens a socket and begins a subscription, as clients of
// graphql-transport-ws do.
func subscribe(ctx context.Context, url, token, query string, variables map[string]any) (*websocket.Conn, error) {
	conn, _, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the library closes it
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 20)
	payload, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	if err := write(ctx, conn, fmt.Sprintf(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, token)); err != nil {
		return nil, err
	}
	if _, ack, err := conn.Read(ctx); err != nil || !bytes.Contains(ack, []byte("connection_ack")) {
		return nil, fmt.Errorf("no connection_ack but %s, %w", ack, err)
	}
	return conn, write(ctx, conn, fmt.Sprintf(`{"id":"1","type":"subscribe","payload":%s}`, payload))
}

func write(ctx context.Context, conn *websocket.Conn, text string) error {
	return conn.Write(ctx, websocket.MessageText, []byte(text))
}

// openSubscribers opens the sockets of all.
func openSubscribers(ctx context.Context, n int, url, token, query string) (*subscribers, error) {
	c := &subscribers{conns: make([]*websocket.Conn, n), began: time.Now(), round: make(chan time.Time, 1), sample: make(chan []byte, 1)}
	c.of.Store(int64(n))
	for i := range c.conns {
		conn, err := subscribe(ctx, url, token, query, nil)
		if err != nil {
			c.closeSockets()
			return nil, fmt.Errorf("socket %d: %w", i+1, err)
		}
		c.conns[i] = conn
		c.all.Go(func() { c.countResults(conn) })
	}
	return c, nil
}

// countResults counts a socket's results until it is closed.
func (c *subscribers) countResults(conn *websocket.Conn) {
	buffer := make([]byte, 4096)
	for {
		_, r, err := conn.Reader(context.Background())
		if err != nil {
			return
		}
		n, err := io.ReadFull(r, buffer)
		if err != nil && n == 0 || bytes.Contains(buffer[:min(n, 24)], []byte(`"p`)) && bytes.Contains(buffer[:n], []byte(`"ping"`)) {
			continue
		}
		_, _ = io.Copy(io.Discard, r)
		c.countFrame(buffer[:n])
	}
}

func (c *subscribers) countFrame(frame []byte) {
	n, of := c.arrived.Add(1), c.of.Load()
	if n%of == 1 || of == 1 {
		c.first.Store(int64(time.Since(c.began)))
		select {
		case c.sample <- bytes.Clone(frame):
		default:
		}
	}
	if n%of == 0 {
		c.round <- time.Now()
	}
}

// measureSpread has something happen that all are notified, and returns the time
// between the first who hears of it and the last.
func (c *subscribers) measureSpread(ctx context.Context, events int, happen func() error) (time.Duration, error) {
	c.of.Store(int64(len(c.conns) * events))
	c.arrived.Store(0)
	if err := happen(); err != nil {
		return 0, err
	}
	select {
	case last := <-c.round:
		return last.Sub(c.began.Add(time.Duration(c.first.Load()))), nil
	case <-time.After(30 * time.Second):
		return 0, fmt.Errorf("%d of %d results arrived", c.arrived.Load(), c.of.Load())
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// closeSockets closes all sockets.
func (c *subscribers) closeSockets() {
	for _, conn := range c.conns {
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
	c.all.Wait()
}
