package reaction

import (
	"time"
)

// progress is what this node knows of a consumer's work in one account. It lies
// in memory while the account is active.
//
// Engine.mu guards the first group of fields. The second belongs to whoever set
// running or storing; while neither is set, Engine.mu guards it too.
type progress struct {
	consumer *consumer
	share    *share
	account  string

	head    int64 // the last number that is known to be in the log
	reset   bool  // an operator reset the consumer here: the row has changed
	due     bool  // a parked event may be tried again
	queued  bool
	running bool
	storing bool
	used    bool      // since the last sweep
	ranAt   time.Time // when the last run ended
	waitTil time.Time // after failures no run starts before

	loaded   bool  // the fields below are those of the database
	stopped  bool  // the consumer does not work here until it is reset
	checkAt  int64 // a reset at this time asks for a check; 0: none
	position int64 // everything up to it is handled, or waits behind a parked event
	stored   int64 // the mark in the database
	absent   bool  // there is no mark in the database yet
	matched  bool  // an event was handled since the mark was stored
	storedAt time.Time
	failures int // events that failed in a row
	// parked are the conversations whose events wait; "": those without one.
	parked map[string]bool
}

// hasWork reports whether a run would do something.
func (p *progress) hasWork() bool {
	return p.reset || !p.stopped && (!p.loaded || p.due || p.head > p.position)
}

// idle reports whether no one works with it or is about to.
func (p *progress) idle() bool { return !p.queued && !p.running && !p.storing }

// reached moves the position up to an event that was handled.
func (p *progress) reached(sequence int64) {
	p.position, p.matched = sequence, true
}

// wakeConsumer has a consumer's work in an account go on, if this node does it; head is
// the last number that is known. e.mu is held.
func (e *Engine) wakeConsumer(c *consumer, account string, head int64) {
	p := e.progressOf(c, account)
	if p == nil {
		return
	}
	p.head = max(p.head, head)
	e.enqueueRun(p)
}

// progressOf returns a consumer's progress in an account; nil: this node does
// not work on it. e.mu is held.
func (e *Engine) progressOf(c *consumer, account string) *progress {
	s := c.shares[shareOf(account)]
	if s == nil || s.leaving {
		return nil
	}
	p := c.accounts[account]
	if p == nil {
		p = &progress{consumer: c, share: s, account: account, storedAt: e.store.Clock().Now()}
		c.accounts[account] = p
	}
	p.used = true
	return p
}

// enqueueRun has a run start when there is work, at the account's pace. e.mu is held.
func (e *Engine) enqueueRun(p *progress) {
	now := e.store.Clock().Now()
	if !e.open || !p.idle() || !p.hasWork() || now.Before(p.waitTil) {
		return
	}
	p.queued = true
	wait := e.timing.pace - now.Sub(p.ranAt)
	if p.ranAt.IsZero() || wait <= 0 {
		e.startRun(p)
		return
	}
	time.AfterFunc(wait, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.startRun(p)
	})
}

// maxWorkers is how many accounts of a consumer are worked on at a time.
const maxWorkers = 16

// startRun gives p to the consumer's workers. e.mu is held.
func (e *Engine) startRun(p *progress) {
	c := p.consumer
	c.ready = append(c.ready, p)
	if e.open && c.workers < maxWorkers {
		c.workers++
		go e.runReady(c)
	}
}
