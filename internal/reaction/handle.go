package reaction

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"parley/ent"
	"parley/internal/event"
	"parley/internal/lease"
	"parley/internal/store"
)

// delivery is one event on its way through a handler.
type delivery struct {
	progress *progress
	sequence int64
	// row is set when a parked event is tried again, or one that waits behind it.
	row *parkedRow
}

type deliveryKey struct{}

// handleEvent calls the consumer's handler with an event. A panic is an error.
func (e *Engine) handleEvent(ctx context.Context, d *delivery, ev *ent.Event) error {
	c := d.progress.consumer
	ctx = context.WithValue(ctx, deliveryKey{}, d)
	return callConsumer(ctx, c.Timeout, func(ctx context.Context) error { return c.Handle(ctx, &event.Entry{Event: ev}) })
}

// callConsumer calls a consumer's function, for so long at most.
func callConsumer(ctx context.Context, timeout time.Duration, work func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return work(ctx)
}

var errNoDelivery = errors.New("reaction.Once was called outside a consumer's handler")

// Once runs fn in a transaction that also stores the consumer's mark, so that
// what fn writes happens exactly once for the event that is handled. It is
// called by the handler, with its context, once for an event and last: the event
// counts as handled from there on. It returns fn's error, or lease.ErrLost when
// another node has handled the event or an operator has passed it over; the
// handler returns it.
func Once(ctx context.Context, s *store.Store, fn func(ctx context.Context, tx *store.Tx) error) error {
	d, ok := ctx.Value(deliveryKey{}).(*delivery)
	if !ok {
		return errNoDelivery
	}
	return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := d.claimEvent(ctx, tx); err != nil {
			return err
		}
		tx.AfterCommit(d.claimed(tx.Now().Time()))
		return fn(ctx, tx)
	})
}

// claimEvent stores in the transaction that the event is handled.
func (d *delivery) claimEvent(ctx context.Context, tx *store.Tx) error {
	if d.row != nil {
		return d.row.moveTo(ctx, tx, d.sequence+1)
	}
	return moveMark(ctx, tx, d.progress, d.sequence)
}

// claimed returns what is to be noted after the commit.
func (d *delivery) claimed(now time.Time) func() {
	return func() {
		if d.row != nil {
			d.row.sequence, d.row.attempts = d.sequence+1, 0
		} else {
			d.progress.markStored(d.sequence, now)
		}
	}
}

// checkAfterReset calls the consumer's check, which an operator's reset asked for.
func (e *Engine) checkAfterReset(ctx context.Context, p *progress) error {
	if err := e.checkAccount(ctx, p.consumer); err != nil {
		return err
	}
	err := e.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE reaction_marks SET reset_at = 0 WHERE account_id = $1 AND consumer = $2 AND reset_at = $3", p.account, p.consumer.Name, p.checkAt)
		if err == nil && n == 0 {
			err = lease.ErrLost
		}
		return err
	})
	if err == nil {
		p.checkAt = 0
	}
	return err
}

// checkAccount has a consumer compare the context's account with what it should be.
func (e *Engine) checkAccount(ctx context.Context, c *consumer) error {
	if c.Check == nil {
		return nil
	}
	err := callConsumer(ctx, checkTimeouts*c.Timeout, c.Check)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		err = fmt.Errorf("check the account: %w", err)
	}
	return err
}
