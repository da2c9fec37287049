package slack

import (
	"strconv"
	"time"
)

const (
	// actionLife is how long after it was pressed a button still does something: later the
	// conversation may be another one than they saw.
	actionLife = 5 * time.Minute
	// deletionLife is how long after it was written a message is deleted with what someone wrote in
	// Slack. Slack does not say who deletes: later it may be someone who clears the channel.
	deletionLife = 15 * time.Minute
)

// age is how long ago an event was taken in.
func (h *hearing) age() time.Duration {
	return time.Duration(int64(h.store.Now())-h.event.receivedAt) * time.Microsecond
}

// isLateDeletion reports whether something was deleted so long after it was written that it need
// not be who wrote it.
func (h *hearing) isLateDeletion() bool {
	wrote, deleted := momentOf(h.event.aboutTS), momentOf(h.TS)
	return wrote.IsZero() || deleted.IsZero() || deleted.Sub(wrote) > deletionLife
}

// momentOf reads a time as Slack writes it; zero: it is none.
func momentOf(ts string) time.Time {
	seconds, err := strconv.ParseFloat(ts, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(seconds * 1e6))
}
