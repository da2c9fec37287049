package egress

import (
	"fmt"
	"net/netip"
	"slices"
)

// Reason says why a connection is refused. It completes the sentence "this is …".
type Reason string

// Reasons of an Error.
const (
	Loopback  Reason = "the address of this machine itself"
	Private   Reason = "an address of a private network"
	LinkLocal Reason = "an address of the local link"
	Metadata  Reason = "the address of a hosting provider's own service"
	Reserved  Reason = "a reserved address, not a public one"
	Port      Reason = "not a port that such servers use"
)

// Error says that a host is not connected to. Its text may be shown to the
// administrator who named the host: it does not show the address that the name
// resolved to.
type Error struct {
	// Host is the name or the literal address that was to be connected to.
	Host   string
	Reason Reason
}

// Error returns one sentence that names the host and the kind of its address.
func (e *Error) Error() string {
	return fmt.Sprintf("will not connect to %s: this is %s", e.Host, e.Reason)
}

// azureHost is the one public address at which a cloud serves its own guests.
var azureHost = netip.MustParsePrefix("168.63.129.16/32")

// metadata are the addresses at which clouds give machines their secrets.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"),
	netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("192.0.0.192"),
	netip.MustParseAddr("fd00:ec2::254"),
	azureHost.Addr(),
}

// kind names a refused address.
func kind(a netip.Addr) Reason {
	a = a.WithZone("").Unmap()
	switch {
	case slices.Contains(metadata, a):
		return Metadata
	case a.IsLoopback(), a.IsUnspecified():
		return Loopback
	case a.IsPrivate():
		return Private
	case a.IsLinkLocalUnicast():
		return LinkLocal
	}
	return Reserved
}
