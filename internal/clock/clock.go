// Package clock tells the time, and lets tests turn it. It is a leaf, and the
// only package that may call time.Now: everything that stores or compares a
// time asks a Clock.
package clock

import (
	"sync"
	"time"
)

// Clock has the current time, in UTC and truncated to microseconds, the
// resolution that the database keeps.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now returns the machine's time.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Turned is a clock for tests: it stands still until it is turned. Its zero
// value is not usable; make one with At.
type Turned struct {
	mu  sync.Mutex
	now time.Time
}

// At returns a clock that shows t.
func At(t time.Time) *Turned { return &Turned{now: t.UTC().Truncate(time.Microsecond)} }

// Now returns the time that the clock shows.
func (c *Turned) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance turns the clock on by d.
func (c *Turned) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
