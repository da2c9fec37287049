package webhook

import "time"

// pauses are the times between the attempts of a delivery: after the last of them it has failed.
var pauses = []time.Duration{
	5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// probes are the times between the single requests to an endpoint that fails.
var probes = []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute}

const (
	// failsFrom is how many failures in a row make an endpoint one that fails.
	failsFrom = 5
	// deadAfter is how long nothing succeeds before an endpoint is paused.
	deadAfter = 72 * time.Hour
	// hastened is up to how many attempts a delivery is tried at once when its endpoint answers again.
	hastened = 3
	// maxRetryAfter bounds what an endpoint asks for.
	maxRetryAfter = 24 * time.Hour
	// spread is by how much pauses are longer or shorter, by chance.
	spread = 0.2
)

// pauseAfter is how long a delivery waits after so many failed attempts; false: it has failed.
func pauseAfter(attempts int, chance float64) (time.Duration, bool) {
	if attempts > len(pauses) {
		return 0, false
	}
	return jittered(pauses[attempts-1], chance), true
}

// probeAfter is how long an endpoint is left in peace after so many failures in a row.
func probeAfter(failures int, chance float64) time.Duration {
	return jittered(probes[min(failures-failsFrom, len(probes)-1)], chance)
}

func jittered(d time.Duration, chance float64) time.Duration {
	return time.Duration(float64(d) * (1 - spread + 2*spread*chance))
}
