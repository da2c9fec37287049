package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"parley/internal/secret"
	"parley/internal/testkit"
)

const (
	tortureWriters     = 50
	tortureSubscribers = 200
	// tortureRate is how many writes all writers make in a second.
	tortureRate = 100
	// tortureEnd is how long subscribers may take to get what is left.
	tortureEnd = 2 * time.Minute
)

// Fifty writers, and two hundred subscribers that are cut off at random moments
// and go on from where they were, while nodes are killed and the bus fails: at
// the end each subscriber has seen exactly the events that it may see, in order,
// and each view shows what a fresh query shows (NT-3, NT-5, pitfall 1). It runs on
// one process with SQLite, and on two with PostgreSQL and NATS.
//
// PARLEY_TORTURE says how long the writers write, e.g. 10m; left out: 5 s.
func TestTorture(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	length, err := time.ParseDuration(cmp.Or(os.Getenv("PARLEY_TORTURE"), "5s"))
	if err != nil {
		t.Fatalf("PARLEY_TORTURE: %v", err)
	}
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		c := newCluster(t, db)
		scene := c.api().scene()
		from := c.api().head()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var watching sync.WaitGroup
		subscribers := c.subscribers(scene, from)
		for _, s := range subscribers {
			watching.Go(func() { s.run(ctx) })
		}
		c.write(scene, length)
		for _, s := range subscribers {
			s.expect(c.api())
		}
		waitFor(subscribers)
		stop()
		watching.Wait()
		for _, s := range subscribers {
			if !slices.Equal(s.got, s.want) {
				t.Errorf("%s: %s", s.name, s.state())
			}
		}
		t.Logf("%d events; %d subscriptions were cut off; %d results were read", c.api().head()-from, total(subscribers, (*subscriber).cutOff), total(subscribers, (*subscriber).read))
	})
}

// waitFor waits until all have what they are to have, or it is too late.
func waitFor(subscribers []*subscriber) {
	late := time.After(tortureEnd)
	for _, s := range subscribers {
		select {
		case <-s.done:
		case <-late:
			return
		}
	}
}

func total(subscribers []*subscriber, of func(*subscriber) int) (n int) {
	for _, s := range subscribers {
		n += of(s)
	}
	return n
}

// cluster is the processes that are tormented, each at an address that stays.
type cluster struct {
	t     *testing.T
	env   []string
	addrs []string
	nodes []*server
	bus   *testBus // nil: the process's own
}

func newCluster(t *testing.T, db testkit.Database, env ...string) *cluster {
	t.Helper()
	c := &cluster{t: t, env: append(serverEnv(t, db, secret.GenerateKey()), env...), addrs: []string{freeAddress(t)}}
	if db.URL() != "" {
		c.addrs = append(c.addrs, freeAddress(t))
		c.bus = newTestBus(t)
		c.env = append(c.env, "PARLEY_NATS_URL="+c.bus.url)
	}
	c.nodes = make([]*server, len(c.addrs))
	for i := range c.addrs {
		c.start(i)
	}
	return c
}

func (c *cluster) start(i int) {
	c.nodes[i] = startServer(c.t, append([]string{"PARLEY_LISTEN=" + c.addrs[i]}, c.env...)...)
}

// url is the address of any node.
func (c *cluster) url() string { return "http://" + c.addrs[rand.IntN(len(c.addrs))] }

// api asks the first node.
func (c *cluster) api() *api { return &api{t: c.t, url: "http://" + c.addrs[0]} }

// suffer kills a node as power failures do, and stops the bus for a while.
func (c *cluster) suffer(ctx context.Context, length time.Duration) {
	last := len(c.nodes) - 1
	if pause(ctx, length/4) != nil {
		return
	}
	c.nodes[last].kill()
	c.start(last)
	if c.bus == nil || pause(ctx, length/4) != nil {
		return
	}
	c.bus.stop()
	_ = pause(ctx, min(length/4, 30*time.Second))
	c.bus.start(c.t)
}

// pause lets time pass, or ctx end.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return errors.New("over")
	case <-time.After(d):
		return nil
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// testBus is a NATS server for several processes, which can be stopped and
// started again at its address.
type testBus struct {
	url    string
	port   int
	server *natsserver.Server
}

func newTestBus(t *testing.T) *testBus {
	t.Helper()
	b := &testBus{port: natsserver.RANDOM_PORT}
	b.start(t)
	address, _ := b.server.Addr().(*net.TCPAddr)
	b.port, b.url = address.Port, fmt.Sprintf("nats://127.0.0.1:%d", address.Port)
	t.Cleanup(b.stop)
	return b
}

func (b *testBus) start(t *testing.T) {
	t.Helper()
	s, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: b.port, NoSigs: true, NoLog: true})
	if err != nil {
		t.Error(err)
		return
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Error("the bus did not start")
	}
	b.server = s
}

func (b *testBus) stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}
