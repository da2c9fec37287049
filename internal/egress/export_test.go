package egress

import "net"

// Resolving returns a guard that has names resolved by r.
func (g *Guard) Resolving(r *net.Resolver) *Guard {
	c := *g
	c.names = r
	return &c
}
