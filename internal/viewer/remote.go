package viewer

import (
	"context"
	"net/netip"
)

type remoteKey struct{}

// WithRemote returns a context that has the network that a request comes
// from, as rate limits count it.
func WithRemote(ctx context.Context, network string) context.Context {
	return context.WithValue(ctx, remoteKey{}, network)
}

// Remote returns the network that the request comes from; "": not known.
func Remote(ctx context.Context) string {
	network, _ := ctx.Value(remoteKey{}).(string)
	return network
}

// siteBits is how much of an IPv6 address names a site: whoever has one has all networks in
// it, 65,536 of /64.
const siteBits = 48

// Site returns the site that the request comes from, for what is counted over longer than
// rates are: of IPv6 all networks of a /48, otherwise the network. "": not known.
func Site(ctx context.Context) string {
	network := Remote(ctx)
	p, err := netip.ParsePrefix(network)
	if err != nil || !p.Addr().Is6() || p.Bits() < siteBits {
		return network
	}
	site, err := p.Addr().Prefix(siteBits)
	if err != nil {
		return network
	}
	return site.String()
}
