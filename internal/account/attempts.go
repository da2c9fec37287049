package account

import (
	"context"
	"sync"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/viewer"
)

const (
	attemptsPerMinute = 20
	// maxCallers is how many network addresses are counted within a minute.
	maxCallers = 100_000
)

// attempts counts how often each network address tries invitations on this node. The
// zero value is ready.
type attempts struct {
	mu    sync.Mutex
	since time.Time
	count map[string]int
}

// countTry counts a try, and refuses it with RATE_LIMITED after too many within a minute.
func (a *attempts) countTry(ctx context.Context, c clock.Clock) error {
	remote := viewer.Remote(ctx)
	if remote == "" {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := c.Now()
	if a.count == nil || !now.Before(a.since.Add(time.Minute)) || len(a.count) >= maxCallers {
		a.since, a.count = now, map[string]int{}
	}
	if a.count[remote] >= attemptsPerMinute {
		return errs.RetryIn(a.since.Add(time.Minute).Sub(now), now, "Too many invitations tried from this address")
	}
	a.count[remote]++
	return nil
}
