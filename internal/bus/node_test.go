package bus_test

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"parley/internal/bus"
)

// OP-2
func TestNodesSeeEachOther(t *testing.T) {
	t.Parallel()
	url := startServer(t, server.Options{}).ClientURL()
	a, b := open(t, bus.Options{URL: url, Name: "a"}), open(t, bus.Options{URL: url, Name: "b"})
	atA, _ := subscribe(t, a, subject)
	atB, _ := subscribe(t, b, subject)
	for i := range 100 { // each waits for the last: one order for both
		publish(t, []*bus.Bus{a, b}[i%2], subject, strconv.Itoa(i))
		expect(t, atA, strconv.Itoa(i))
		expect(t, atB, strconv.Itoa(i))
	}
}

// OP-1: two processes without an address share nothing.
func TestEmbeddedServersAreApart(t *testing.T) {
	t.Parallel()
	a, b := open(t, bus.Options{}), open(t, bus.Options{})
	atB, _ := subscribe(t, b, subject)
	publish(t, a, subject, "a's own")
	publish(t, b, subject, "b's own")
	expect(t, atB, "b's own")
}

func TestOpenRefusesMalformedAddresses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"localhost", "localhost:4222", "http://localhost", "ws://localhost", "nats://", "nats://:4222",
		"nats://host:0", "nats://host:99999", "nats://host:x", "nats://host/path", "nats://host?x=1",
		"nats://user:hush@ho st", "nats://host,", "nats://user:hush@host,http://host",
	} {
		b, err := bus.Open(bus.Options{URL: url})
		if err == nil {
			b.Close()
			t.Errorf("%s: no error", url)
		} else if !strings.Contains(err.Error(), "PARLEY_NATS_URL") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %q, want the setting's name and no password", url, err)
		}
	}
}

// Several nodes may start before NATS does.
func TestOpenBeforeTheServer(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	lines, log := newTap()
	b := open(t, bus.Options{URL: addressOf(freePort(t)) + ", " + addressOf(port), Log: log})
	if b.Connected() {
		t.Fatal("connected to no server")
	}
	got, _ := subscribe(t, b, subject)
	publish(t, b, subject, "early")
	startServer(t, server.Options{Port: port})
	await(t, lines, "bus: connected")
	if !b.Connected() {
		t.Error("not connected")
	}
	expect(t, got, "early")
	publish(t, b, subject, "late")
	expect(t, got, "late")
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	startServer(t, server.Options{Port: port, Username: "parley", Password: "hush"})
	right := open(t, bus.Options{URL: fmt.Sprintf("nats://parley:hush@127.0.0.1:%d", port)})
	if !right.Connected() {
		t.Error("the right password does not connect")
	}
	lines, log := newTap()
	wrong := open(t, bus.Options{URL: fmt.Sprintf("nats://parley:guess@127.0.0.1:%d", port), Log: log})
	if line := await(t, lines, "bus: cannot connect"); strings.Contains(line, "guess") {
		t.Errorf("the log tells the password: %s", line)
	}
	if wrong.Connected() {
		t.Error("a wrong password connects")
	}
}

func TestReconnect(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	s := startServer(t, server.Options{Port: port})
	lines, log := newTap()
	b := open(t, bus.Options{URL: addressOf(port), Log: log})
	got, _ := subscribe(t, b, subject)
	gone, left := subscribe(t, b, "left")
	for round := range 3 {
		await(t, lines, "bus: connected")
		publish(t, b, subject, fmt.Sprint("up ", round))
		expect(t, got, fmt.Sprint("up ", round))
		stop(s)
		await(t, lines, "bus: connection lost")
		if b.Connected() {
			t.Error("connected to a server that is gone")
		}
		left.Close()
		subscribe(t, b, "while.down."+strconv.Itoa(round))
		publish(t, b, subject, fmt.Sprint("down ", round))
		s = startServer(t, server.Options{Port: port})
		expect(t, got, fmt.Sprint("down ", round))
	}
	publish(t, b, "left", "x")
	publish(t, b, subject, "end")
	expect(t, got, "end")
	if n := s.NumSubscriptions(); n != 4 || len(gone) > 0 {
		t.Errorf("%d subscriptions came back, want 4", n)
	}
}

func TestPublishWithoutServerIsBounded(t *testing.T) {
	t.Parallel()
	b := open(t, bus.Options{URL: addressOf(freePort(t))})
	fill(t, b)
}

// A server that reads no more must not hold up a publisher, nor Connected.
func TestPublishToDeafServer(t *testing.T) {
	t.Parallel()
	url, hangUp := deafServer(t)
	b := open(t, bus.Options{URL: url})
	fill(t, b)
	hangUp()
}

// fill publishes until the bus takes no more.
func fill(t *testing.T, b *bus.Bus) {
	t.Helper()
	data := make([]byte, 256<<10)
	for range 10_000 {
		if err := b.Publish(subject, data); errors.Is(err, bus.ErrFull) {
			return
		} else if err != nil {
			t.Fatalf("Publish: %v", err)
		}
	}
	t.Fatal("the bus takes 2.5 GB without a server")
}

// deafServer greets one client and then reads nothing until it hangs up.
func deafServer(t *testing.T) (url string, hangUp func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprint(c, "INFO {\"server_id\":\"deaf\",\"max_payload\":1048576}\r\nPONG\r\n")
		<-done
	}()
	return "nats://" + l.Addr().String(), func() { l.Close(); close(done) }
}

// await returns the next log line that begins with what is awaited.
func await(t *testing.T, lines tap, begin string) string {
	t.Helper()
	for {
		if line := next(t, lines); strings.HasPrefix(line, begin) {
			return line
		}
	}
}
