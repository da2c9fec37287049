package availability

import (
	"time"

	"parley/internal/vocab"
)

// Within returns how much of a span of time lies within the settings' operating
// hours, whatever the mode.
func Within(s vocab.Availability, from, to time.Time) time.Duration {
	w := weekOf(s)
	var within time.Duration
	for at := from; at.Before(to); {
		end := at.Add(step)
		if end.After(to) {
			end = to
		}
		for _, turn := range append(w.moments(at, end), end) {
			if w.open(at) {
				within += turn.Sub(at)
			}
			at = turn
		}
	}
	return within
}
