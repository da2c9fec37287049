// Package webpush sends messages to browsers through their push services: encrypted for the
// browser (RFC 8291), delivered by HTTP (RFC 8030), and signed so that the service knows who
// sends (VAPID, RFC 8292).
//
// A browser's address at its push service is typed in by whoever uses the API. It is https,
// and connections to it are guarded by package egress, when it is registered and at each
// push. The address is a secret: errors of this package do not have it.
package webpush
