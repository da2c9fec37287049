package reaction

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/lease"
	"parley/internal/viewer"
)

// runReady runs what is ready of a consumer, one account after the other, until
// there is nothing more.
func (e *Engine) runReady(c *consumer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.open && len(c.ready) > 0 {
		p := c.ready[0]
		c.ready = c.ready[1:]
		p.queued = false
		if p.storing || p.share.ctx.Err() != nil || p.share.leaving || c.accounts[p.account] != p {
			continue // a mark that is being stored goes on after that
		}
		p.running = true
		p.share.busy++
		e.mu.Unlock()
		err := e.advanceProgress(p)
		e.mu.Lock()
		p.running = false
		p.share.busy--
		e.concludeRun(p, err)
		e.ended.Broadcast()
	}
	c.workers--
	e.ended.Broadcast()
}

// concludeRun says what follows from a run's end. e.mu is held.
func (e *Engine) concludeRun(p *progress, err error) {
	p.ranAt = e.store.Clock().Now()
	switch {
	case p.share.ctx.Err() != nil:
		return
	case errors.Is(err, lease.ErrLost):
		e.loadAgain(p)
		return
	case err != nil:
		e.log.Warn("a consumer of the log cannot go on in an account; trying again", "consumer", p.consumer.Name, "account", p.account, "error", err)
		p.failures++
		p.waitTil = p.ranAt.Add(backoff(p.failures))
	}
	e.enqueueRun(p)
}

// loadAgain forgets a progress whose mark another node or an operator moved, and
// has it read from the database. e.mu is held.
func (e *Engine) loadAgain(p *progress) {
	if p.consumer.accounts[p.account] == p {
		delete(p.consumer.accounts, p.account)
		e.wakeConsumer(p.consumer, p.account, p.head)
	}
}

const (
	firstPause = 5 * time.Second
	lastPause  = 10 * time.Minute
)

// backoff is how long to wait after so many failures in a row: twice as long each
// time, more or less, so that what failed together is not tried together.
func backoff(failures int) time.Duration {
	d := firstPause << min(failures-1, 10)
	return time.Duration(float64(min(d, lastPause)) * (0.75 + rand.Float64()/2))
}

// advanceProgress does a slice of a consumer's work in an account. lease.ErrLost: the
// mark is not what this node takes it for.
func (e *Engine) advanceProgress(p *progress) error {
	ctx := viewer.NewContext(p.share.ctx, viewer.System(p.consumer.Name, p.account))
	due := e.acceptRequests(p)
	if !p.loaded {
		if err := e.loadProgress(ctx, p); err != nil {
			return err
		}
	}
	if p.stopped {
		return nil
	}
	if p.checkAt != 0 {
		if err := e.checkAfterReset(ctx, p); err != nil {
			return err
		}
	}
	if due {
		if err := e.retryParked(ctx, p); err != nil {
			return err
		}
	}
	if err := e.handleBatch(ctx, p); err != nil {
		return err
	}
	return e.storeMark(ctx, p)
}

// acceptRequests takes note of what the sweep found, and reports whether parked
// events are due.
func (e *Engine) acceptRequests(p *progress) (due bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p.reset {
		p.loaded, p.reset = false, false
	}
	due, p.due = p.due, false
	return due
}

func (e *Engine) headOf(p *progress) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return p.head
}

const (
	// batch is how many events are handled in one run.
	batch = 200
	// window is how many numbers of the log one query looks through at most.
	window = 5000
)

// handleBatch handles the next events of the consumer's types.
func (e *Engine) handleBatch(ctx context.Context, p *progress) error {
	to := min(p.position+window, e.headOf(p))
	if to <= p.position {
		return nil
	}
	events, err := e.eventsBetween(ctx, p.consumer, p.position, to).All(ctx)
	if err != nil {
		return err
	}
	clock := e.store.Clock()
	started := clock.Now()
	for _, ev := range events {
		if err := e.handleNext(ctx, p, ev); err != nil {
			return err
		}
		if now := clock.Now(); now.Sub(started) >= e.timing.slice || now.Before(p.waitTil) {
			return nil
		}
	}
	if len(events) < batch {
		p.position = to
	}
	return nil
}

// eventsBetween finds a consumer's events after one number of the log, up to another.
func (e *Engine) eventsBetween(ctx context.Context, c *consumer, after, to int64) *ent.EventQuery {
	query := e.store.Client(ctx).Event.Query().Where(entevent.SequenceGT(after), entevent.SequenceLTE(to)).
		Order(entevent.BySequence()).Limit(batch)
	if c.types != nil {
		query.Where(entevent.TypeIn(c.Types...))
	}
	return query
}

// maxInRow is how many events of an account may fail in a row before it pauses.
const maxInRow = 3

// handleNext handles an event, or parks it. What waits behind a parked event is
// passed: it is found again in the log.
func (e *Engine) handleNext(ctx context.Context, p *progress, ev *ent.Event) error {
	if p.parked[ev.ConversationID] {
		p.reached(ev.Sequence)
		return nil
	}
	err := e.handleEvent(ctx, &delivery{progress: p, sequence: ev.Sequence}, ev)
	switch {
	case err == nil:
		p.failures = 0
		p.reached(ev.Sequence)
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, lease.ErrLost):
		return err
	}
	if err := e.parkEvent(ctx, p, ev, err); err != nil {
		return err
	}
	if p.failures++; p.failures >= maxInRow {
		e.pauseAccount(p)
	}
	return nil
}

// pauseAccount has an account pause in which everything fails.
func (e *Engine) pauseAccount(p *progress) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p.waitTil = e.store.Clock().Now().Add(backoff(p.failures - maxInRow + 1))
}
