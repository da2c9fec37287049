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

// crowd is many sockets with the same subscription on each. It counts what
// arrives and keeps none of it.
type crowd struct {
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

// gather makes a crowd.
func gather(ctx context.Context, n int, url, token, query string) (*crowd, error) {
	c := &crowd{conns: make([]*websocket.Conn, n), began: time.Now(), round: make(chan time.Time, 1), sample: make(chan []byte, 1)}
	c.of.Store(int64(n))
	for i := range c.conns {
		conn, err := subscribe(ctx, url, token, query, nil)
		if err != nil {
			c.leave()
			return nil, fmt.Errorf("socket %d: %w", i+1, err)
		}
		c.conns[i] = conn
		c.all.Go(func() { c.read(conn) })
	}
	return c, nil
}

// read counts a socket's results until it is closed.
func (c *crowd) read(conn *websocket.Conn) {
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
		c.count(buffer[:n])
	}
}

func (c *crowd) count(frame []byte) {
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

// spread has something happen that all are told, and returns the time between
// the first who hears of it and the last.
func (c *crowd) spread(ctx context.Context, events int, happen func() error) (time.Duration, error) {
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

// leave closes all sockets.
func (c *crowd) leave() {
	for _, conn := range c.conns {
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
	c.all.Wait()
}
