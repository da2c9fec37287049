package httpserver

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ParseProxies reads the networks of reverse proxies, such as "10.0.0.0/8" or
// "192.0.2.7".
func ParseProxies(list []string) ([]netip.Prefix, error) {
	var proxies []netip.Prefix
	for _, text := range list {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("%q is neither a network such as 10.0.0.0/8 nor an address", text)
			}
			network = netip.PrefixFrom(addr, addr.BitLen())
		}
		proxies = append(proxies, network.Masked())
	}
	return proxies, nil
}

// forwarded gives requests that come by a trusted proxy the address of their
// client: the last one in X-Forwarded-For that is no trusted proxy's. What stands
// before it anyone can have written.
func forwarded(proxies []netip.Prefix, next http.Handler) http.Handler {
	if len(proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && trusts(proxies, at.Addr()) {
			r.RemoteAddr = netip.AddrPortFrom(client(proxies, at.Addr(), r.Header.Values("X-Forwarded-For")), at.Port()).String()
		}
		next.ServeHTTP(w, r)
	})
}

// client goes back along the proxies, from the nearest on.
func client(proxies []netip.Prefix, nearest netip.Addr, headers []string) netip.Addr {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.Trim(hop, " []"))
		if err != nil {
			break
		}
		if nearest = addr; !trusts(proxies, addr) {
			break
		}
	}
	return nearest
}

func trusts(proxies []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap().WithZone("")) })
}
