package smtp

import "time"

// MaxAttempts and the pauses between them add up to more than four days, as
// RFC 5321 (4.5.4.1) asks.
const MaxAttempts = 25

const (
	firstPause = time.Minute
	lastPause  = 6 * time.Hour
	// doublings bring the pause past the last one.
	doublings = 9
)

// Backoff returns how long to wait after the attempt of that number, the first
// being 1: a minute, then twice as long each time, at most six hours.
func Backoff(attempt int) time.Duration {
	return min(lastPause, firstPause<<min(max(attempt-1, 0), doublings))
}
