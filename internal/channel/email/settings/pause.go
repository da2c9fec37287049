package settings

import (
	"time"

	"parley/internal/vocab"
)

// Patience is how many attempts in a row may fail before a channel is in error:
// one time-out disables nothing (pitfall 7).
const Patience = 3

// Pauses between attempts to reach a mailbox.
const (
	firstPause   = 5 * time.Second
	longestPause = 5 * time.Minute
	// deadPause follows a refusal that time does not fix: asking often
	// would lock accounts.
	deadPause = 15 * time.Minute
)

// pauseAfter is how long to wait after so many failures in a row.
func pauseAfter(failures int, reason vocab.EmailStateReason) time.Duration {
	if reason == vocab.EmailGrantRevoked || isLasting(reason) && failures >= Patience {
		return deadPause
	}
	p := firstPause
	for range failures - 1 {
		if p *= 3; p >= longestPause {
			return longestPause
		}
	}
	return p
}

// isLasting reports whether only a person can fix it.
func isLasting(r vocab.EmailStateReason) bool {
	return r == vocab.EmailGrantRevoked || r == vocab.EmailAuthenticationFailed || r == vocab.EmailTLSFailed || r == vocab.EmailHostRefused
}
