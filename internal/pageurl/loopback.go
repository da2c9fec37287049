package pageurl

import (
	"net/netip"
	"strings"
)

// IsLoopback reports whether a host is the machine of whoever asks for it, whatever a name
// server says.
func IsLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
