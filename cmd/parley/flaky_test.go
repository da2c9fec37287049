package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// network is a bad one between a client and servers: connections are cut in the
// middle, fall silent without an end, and delay what they carry.
type network struct {
	listener net.Listener
	targets  []string
	over     context.Context // of the test

	mu     sync.Mutex
	down   bool
	calm   bool
	open   map[*passage]struct{}
	broken atomic.Int64 // connections that the network ended, or left silent
}

// passage is one connection through it.
type passage struct {
	client, server net.Conn
	silent         atomic.Bool // nothing is carried any more, and no one is told
}

// newNetwork opens a network to the servers, which lasts until the test ends.
func newNetwork(t *testing.T, targets ...string) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: l, targets: targets, over: t.Context(), open: map[*passage]struct{}{}}
	var running sync.WaitGroup
	running.Go(func() { n.accept(&running) })
	t.Cleanup(func() {
		_ = l.Close()
		n.cut()
		running.Wait()
	})
	return n
}

func (n *network) url() string { return "http://" + n.listener.Addr().String() }

func (n *network) accept(running *sync.WaitGroup) {
	for {
		client, err := n.listener.Accept()
		if err != nil {
			return
		}
		running.Go(func() { n.carry(client) })
	}
}

// carry connects the client with any of the servers, until one of them or fate
// ends it.
func (n *network) carry(client net.Conn) {
	server, err := net.Dial("tcp", n.targets[rand.IntN(len(n.targets))])
	if err != nil {
		_ = client.Close()
		return
	}
	p := &passage{client: client, server: server}
	if fate, ok := n.begin(p); ok {
		defer fate.Stop()
		var both sync.WaitGroup
		both.Go(func() { n.copy(p, server, client) })
		both.Go(func() { n.copy(p, client, server) })
		both.Wait()
	}
	p.close()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.open, p)
}

// begin decides what becomes of a passage. It reports false when there is no way.
func (n *network) begin(p *passage) (*time.Timer, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return nil, false
	}
	n.open[p] = struct{}{}
	if n.calm {
		return time.NewTimer(0), true
	}
	return time.AfterFunc(rand.N(1200*time.Millisecond), func() {
		n.broken.Add(1)
		if rand.IntN(3) == 0 {
			p.silent.Store(true)
		} else {
			p.close()
		}
	}), true
}

func (p *passage) close() {
	_ = p.client.Close()
	_ = p.server.Close()
}

// copy carries bytes one way, in pieces of any size, until a side closes. On a
// silent passage what arrives is lost.
func (n *network) copy(p *passage, to, from net.Conn) {
	defer p.close()
	piece := make([]byte, 4<<10)
	for {
		got, err := from.Read(piece[:1+rand.IntN(len(piece))])
		if err != nil {
			return
		}
		if p.silent.Load() {
			_, _ = io.Copy(io.Discard, from)
			return
		}
		if n.delay() != nil {
			return
		}
		if _, err := to.Write(piece[:got]); err != nil {
			return
		}
	}
}

// delay holds a tenth of the pieces up.
func (n *network) delay() error {
	n.mu.Lock()
	calm := n.calm
	n.mu.Unlock()
	if calm || rand.IntN(10) > 0 {
		return nil
	}
	return pause(n.over, rand.N(100*time.Millisecond))
}

// settle makes the network a good one from now on. What it has open meets its fate still.
func (n *network) settle() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calm = true
}

// fail takes the network down, and cuts what is open; or up again.
func (n *network) fail(down bool) {
	n.mu.Lock()
	n.down = down
	n.mu.Unlock()
	if down {
		n.cut()
	}
}

func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for p := range n.open {
		p.close()
	}
}
