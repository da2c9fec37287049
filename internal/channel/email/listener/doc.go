// Package listener receives mail for Parley's forwarding addresses (EM-1): an
// SMTP server that takes mail only for its own recipients, each checked when it
// is named, and relays nothing.
//
// A mail is acknowledged only when it has been delivered for good; otherwise its
// sender keeps it and comes again. Whoever connects is a stranger: what they
// may hold of connections, time, bytes and guesses is bounded.
package listener
