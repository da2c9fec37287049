package reaction

import (
	"context"
	"fmt"
	"time"

	"parley/internal/store"
)

// retryStart is how long the engine waits when the database refused its start.
const retryStart = time.Second

// Introduce makes the consumers known to the database, as Run does. Who calls it before anything
// can happen has new consumers miss nothing of what happens while Run begins.
func (e *Engine) Introduce(ctx context.Context) error {
	for _, c := range e.consumers {
		if err := e.introduceConsumer(ctx, c); err != nil {
			return fmt.Errorf("introduce the log's consumer %s: %w", c.Name, err)
		}
	}
	return nil
}

// introduceAll makes the consumers known to the database; false: ctx ended.
func (e *Engine) introduceAll(ctx context.Context) bool {
	for _, c := range e.consumers {
		for err := e.introduceConsumer(ctx, c); err != nil; err = e.introduceConsumer(ctx, c) {
			if ctx.Err() == nil {
				e.log.Error("cannot start a consumer of the log; trying again", "consumer", c.Name, "error", err)
			}
			select {
			case <-ctx.Done():
				return false
			case <-time.After(retryStart):
			}
		}
	}
	return ctx.Err() == nil
}

// introduceConsumer gives a consumer that the database does not know a mark in each
// account: the log's head, or its floor. An account without a mark is younger
// than the consumer, which begins there with the first event.
func (e *Engine) introduceConsumer(ctx context.Context, c *consumer) error {
	return e.store.WithTx(acrossAccounts(ctx), func(ctx context.Context, tx *store.Tx) error {
		known, err := tx.Exec(ctx, `INSERT INTO reaction_consumers (name, introduced_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, c.Name, tx.Now())
		if err != nil || known == 0 {
			return err
		}
		from := "sequence"
		if c.FromFloor {
			from = "log_floor"
		}
		// WHERE true: without it SQLite takes ON for a join's.
		_, err = tx.Exec(ctx, `INSERT INTO reaction_marks (account_id, consumer, mark, moved_at) SELECT id, $1, `+from+`, $2 FROM account_sequences WHERE true
			ON CONFLICT (account_id, consumer) DO UPDATE SET mark = excluded.mark, moved_at = excluded.moved_at,
				overdue_at = 0, stopped_at = 0, reset_at = 0`, c.Name, tx.Now())
		return err
	})
}
