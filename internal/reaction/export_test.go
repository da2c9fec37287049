package reaction

import (
	"context"
	"time"
)

// ByHand has the engine do nothing by itself but handle what it is woken for:
// the test keeps leases, sweeps and stores marks.
func (e *Engine) ByHand(lease time.Duration) {
	e.timing.sweep, e.timing.keep, e.timing.store = time.Hour, time.Hour, time.Hour
	e.timing.lease, e.timing.pace = lease, 0
	e.gained = nil
}

// Started is closed when the engine has its shares.
func (e *Engine) Started() <-chan struct{} { return e.started }

// Keep, Sweep and StoreMarks are what the engine does in intervals.
func (e *Engine) Keep(ctx context.Context) { e.keepShares(ctx) }

// Sweep looks for what no one reported.
func (e *Engine) Sweep(ctx context.Context) { e.sweepLogs(ctx) }

// StoreMarks stores the marks whose time has come.
func (e *Engine) StoreMarks(ctx context.Context) { e.storeMarks(ctx, false) }

// Settle waits until no handler runs and none is about to.
func (e *Engine) Settle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.busy() {
		e.ended.Wait()
	}
}

func (e *Engine) busy() bool {
	for _, c := range e.consumers {
		for _, p := range c.accounts {
			if p.queued || p.running {
				return true
			}
		}
	}
	return e.working()
}

// Held returns how many shares of a consumer the node has.
func (e *Engine) Held(name string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	held := 0
	for _, s := range e.consumerNamed(name).shares {
		if s != nil {
			held++
		}
	}
	return held
}

// Workers returns how many goroutines handle events.
func (e *Engine) Workers() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, c := range e.consumers {
		n += c.workers
	}
	return n
}

// ShareOf returns the share of an account.
var ShareOf = shareOf

// InMemory returns how many accounts the node knows something of.
func (e *Engine) InMemory() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, c := range e.consumers {
		n += len(c.accounts)
	}
	return n
}

// SweepQuery is the query of a sweep that looks from an event's id on.
var SweepQuery = sweepQuery
