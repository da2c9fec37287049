// Package egress keeps connections to servers that customers name away from the
// operator's own network: mail servers and sign-in providers are typed in by
// administrators of accounts, who must not reach the machine itself, its
// neighbours, or the cloud's metadata service through Parley.
//
// The address is judged when the connection is made, after the name was
// resolved, so that neither a redirect nor a name that resolves otherwise the
// second time gets past it. No proxy is used: it would connect in Parley's
// place, unjudged.
package egress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// dialTimeout bounds a connection's making, over all addresses of a name.
const dialTimeout = 30 * time.Second

// Guard makes connections to public addresses, and to the networks that the
// operator allowed. It is safe for concurrent use.
type Guard struct {
	allowed []netip.Prefix
	public  *ssrf.Guardian
	// names resolves the names of hosts; nil: the machine's.
	names *net.Resolver
}

// New returns a guard that lets connections through to public addresses, and
// to any port within the allowed networks.
func New(allowed []netip.Prefix) *Guard {
	return &Guard{
		allowed: slices.Clone(allowed),
		public: ssrf.New(
			ssrf.WithAnyPort(),
			ssrf.WithDeniedV4Prefixes(azureHost),
		),
	}
}

// DialContext connects to a mail server, as net.Dialer's does: outside of the
// allowed networks only on the ports of mail, and on those from 1024 up. An
// address that it refuses gives an *Error.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return g.dialGuarded(ctx, network, address, mailPort)
}

// HTTPClient returns a client that connects only to ports 80 and 443, outside
// of the allowed networks. A connection that is refused fails with an *Error
// in the chain. Its transport keeps idle connections: make one, and share it.
func (g *Guard) HTTPClient() *http.Client {
	return &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return g.dialGuarded(ctx, network, address, webPort)
			},
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  30 * time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConns:           100,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
}

func (g *Guard) dialGuarded(ctx context.Context, network, address string, port func(uint16) bool) (net.Conn, error) {
	dialer := net.Dialer{
		Timeout: dialTimeout, Resolver: g.names,
		Control: func(network, address string, _ syscall.RawConn) error {
			return g.checkTarget(network, address, port)
		},
	}
	conn, err := dialer.DialContext(ctx, network, address)
	var refused *Error
	if errors.As(err, &refused) {
		// Without net.OpError, which would show the address.
		host, _, _ := net.SplitHostPort(address)
		return nil, &Error{Host: host, Reason: refused.Reason}
	}
	return conn, err
}

// checkTarget returns an *Error if the resolved address may not be connected to.
func (g *Guard) checkTarget(network, address string, port func(uint16) bool) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return &Error{Reason: Reserved}
	}
	if slices.ContainsFunc(g.allowed, func(p netip.Prefix) bool { return p.Contains(to.Addr().Unmap()) }) {
		return nil
	}
	if !port(to.Port()) {
		return &Error{Reason: Port}
	}
	if err := g.public.Safe(network, address, nil); err != nil {
		return &Error{Reason: kind(to.Addr())}
	}
	return nil
}

// CheckWeb returns an *Error if HTTPClient would connect to no address of a host, given with
// its port, and what failed if the host cannot be found. It connects to none.
func (g *Guard) CheckWeb(ctx context.Context, hostPort string) error {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return err
	}
	err = &Error{Host: host, Reason: Reserved}
	for _, address := range found {
		network := "tcp6"
		if address.Unmap().Is4() {
			network = "tcp4"
		}
		refused := g.checkTarget(network, net.JoinHostPort(address.Unmap().String(), port), webPort)
		if refused == nil {
			return nil
		}
		if known := (*Error)(nil); errors.As(refused, &known) {
			err = &Error{Host: host, Reason: known.Reason}
		}
	}
	return err
}

func webPort(port uint16) bool { return port == 80 || port == 443 }

// mailPorts are those of SMTP, POP3 and IMAP below 1024.
var mailPorts = []uint16{25, 110, 143, 465, 587, 993, 995}

func mailPort(port uint16) bool { return port >= 1024 || slices.Contains(mailPorts, port) }
