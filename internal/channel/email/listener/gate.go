package listener

import (
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"parley/internal/clock"
)

// gate lets clients in, as many as may be there at a time.
type gate struct {
	net.Listener
	max, maxPerAddress int
	maxMail            time.Duration

	mu        sync.Mutex
	guests    map[*guest]struct{}
	from      map[netip.Prefix]int
	dismissed bool
}

func newGate(l net.Listener, o Options) *gate {
	return &gate{
		Listener: l, max: o.MaxConnections, maxPerAddress: o.MaxPerAddress, maxMail: mailTimeouts * o.Timeout,
		guests: map[*guest]struct{}{}, from: map[netip.Prefix]int{},
	}
}

// Accept returns the next client that may come in; the others are sent away.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if entered := g.admitGuest(conn); entered != nil {
			return entered, nil
		}
		writeLine(conn, "421 4.7.0 Too many connections, try again later\r\n")
		_ = conn.Close()
	}
}

// admitGuest returns nil if there are too many.
func (g *gate) admitGuest(conn net.Conn) *guest {
	at := remote(conn)
	network := netip.PrefixFrom(at, at.BitLen())
	if at.Is6() {
		network = netip.PrefixFrom(at, 64).Masked()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.dismissed || len(g.guests) >= g.max || g.from[network] >= g.maxPerAddress {
		return nil
	}
	entered := &guest{Conn: conn, gate: g, remote: at, network: network}
	entered.life = time.AfterFunc(maxLife, entered.dismiss)
	entered.end = time.AfterFunc(maxLife+g.maxMail, func() { _ = entered.Close() })
	g.guests[entered] = struct{}{}
	g.from[network]++
	return entered
}

func remote(conn net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return at.Addr().Unmap().WithZone("")
}

func (g *gate) removeGuest(c *guest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, there := g.guests[c]; !there {
		return
	}
	delete(g.guests, c)
	if g.from[c.network]--; g.from[c.network] == 0 {
		delete(g.from, c.network)
	}
}

// closeToGuests returns who is there, and lets no one else in.
func (g *gate) closeToGuests() []*guest {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dismissed = true
	guests := make([]*guest, 0, len(g.guests))
	for c := range g.guests {
		guests = append(guests, c)
	}
	return guests
}

// dismissGuests sends everyone away, those who hand a mail over when they have.
func (g *gate) dismissGuests() {
	_ = g.Close()
	for _, c := range g.closeToGuests() {
		c.dismiss()
	}
}

// close breaks everything off.
func (g *gate) close() {
	_ = g.Close()
	for _, c := range g.closeToGuests() {
		_ = c.Close()
	}
}

// guest is a client's connection.
type guest struct {
	net.Conn
	gate      *gate
	remote    netip.Addr
	network   netip.Prefix
	life, end *time.Timer
	encrypted atomic.Bool

	mu sync.Mutex
	// handing: a mail is being handed over. leaving: the connection ends with
	// the next answer.
	handing, leaving bool
}

// guestOf finds the guest below the encryption.
func guestOf(conn net.Conn) *guest {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	found, ok := conn.(*guest)
	if !ok {
		panic("a connection that did not come through the gate")
	}
	return found
}

// Read ends the connection, after one more answer, of who was too slow: what
// they send of a mail after that would be taken for commands.
func (c *guest) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.mu.Lock()
		c.leaving, c.handing = true, false
		c.mu.Unlock()
	}
	return n, err
}

// Write ends the connection of who is leaving.
func (c *guest) Write(b []byte) (int, error) {
	c.mu.Lock()
	last := c.leaving && !c.handing
	c.mu.Unlock()
	n, err := c.Conn.Write(b)
	if last {
		_ = c.Close()
	}
	return n, err
}

// Close lets another client in.
func (c *guest) Close() error {
	c.life.Stop()
	c.end.Stop()
	c.gate.removeGuest(c)
	return c.Conn.Close()
}

// endAfterAnswer ends the connection after the answer that comes next.
func (c *guest) endAfterAnswer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
}

// setHandingOver says whether a mail is being handed over, for which there is
// more time than for a command.
func (c *guest) setHandingOver(handing bool) {
	if handing {
		_ = c.SetReadDeadline(clock.System{}.Now().Add(c.gate.maxMail))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handing = handing
}

// dismiss ends the connection: now, or when the mail that is being handed over
// has been answered.
func (c *guest) dismiss() {
	c.mu.Lock()
	c.leaving = true
	handing := c.handing
	c.mu.Unlock()
	if handing {
		return
	}
	if !c.encrypted.Load() {
		writeLine(c.Conn, "421 4.3.2 Closing, try again later\r\n")
	}
	_ = c.Close()
}

// writeLine does not wait for a client that does not listen.
func writeLine(conn net.Conn, line string) {
	_ = conn.SetWriteDeadline(clock.System{}.Now().Add(time.Second))
	_, _ = conn.Write([]byte(line))
}
