package reaction

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/lease"
	"parley/internal/store"
)

const (
	// overdueAfter is how old the first event that a consumer did not handle may
	// become.
	overdueAfter = 7 * 24 * time.Hour
	// overdueGrace is how long a consumer that is overdue may still begin to move:
	// it is so at once when Parley did not run for a week.
	overdueGrace = time.Hour
	// nodeKept is how long a node that is gone stays among the leases.
	nodeKept = 24 * time.Hour
)

// overdueSQL says that a mark's consumer is behind, and since before a time, which
// follows as an argument.
const overdueSQL = `stopped_at = 0 AND mark < (SELECT a.sequence FROM account_sequences a WHERE a.id = reaction_marks.account_id)
	AND (SELECT e.occurred_at FROM events e WHERE e.account_id = reaction_marks.account_id AND e.sequence > reaction_marks.mark ORDER BY e.sequence LIMIT 1) < `

// Tend stops consumers where they have been behind for a week and do not move,
// so that the log's retention need not wait for them, and deletes what no one
// needs. The system runs it each hour, on one node.
func (e *Engine) Tend(ctx context.Context) error {
	var stopped []Stop
	ctx = acrossAccounts(ctx)
	err := e.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := completeMarks(ctx, tx); err != nil {
			return err
		}
		stopped, err = stopOverdue(ctx, tx)
		if err != nil {
			return err
		}
		return forgetPurged(ctx, tx)
	})
	if err != nil {
		return err
	}
	for _, s := range stopped {
		e.log.Error("a consumer of the log is a week behind in an account and was stopped there; reset it: see parley reactions",
			"consumer", s.Consumer, "account", s.AccountID, "mark", s.Mark)
	}
	return lease.Forget(ctx, e.store, nodePrefix, nodeKept)
}

// completeMarks gives each consumer a mark in accounts that it did not meet yet.
func completeMarks(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO reaction_marks (account_id, consumer, mark, moved_at)
		SELECT a.id, c.name, 0, $1 FROM account_sequences a CROSS JOIN reaction_consumers c
		WHERE a.sequence > 0 AND NOT EXISTS (SELECT 1 FROM reaction_marks m WHERE m.account_id = a.id AND m.consumer = c.name)
		ON CONFLICT (account_id, consumer) DO NOTHING`, tx.Now())
	return err
}

// stopOverdue stops consumers that were overdue an hour ago and did not move
// since, and notes which are overdue now.
func stopOverdue(ctx context.Context, tx *store.Tx) ([]Stop, error) {
	now := tx.Now()
	before := now.Add(-overdueAfter)
	var stopped []Stop
	err := eachRow(tx.Query(ctx, `UPDATE reaction_marks SET stopped_at = $1 WHERE overdue_at > 0 AND overdue_at <= $2 AND `+overdueSQL+
		`$3 RETURNING consumer, account_id, mark, stopped_at`, now, now.Add(-overdueGrace), before))(
		func(rows entsql.ColumnScanner) error {
			var s Stop
			err := rows.Scan(&s.Consumer, &s.AccountID, &s.Mark, &s.StoppedAt)
			stopped = append(stopped, s)
			return err
		})
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `UPDATE reaction_marks SET overdue_at = $1 WHERE overdue_at = 0 AND `+overdueSQL+"$2", now, before)
	return stopped, err
}

// forgetPurged deletes what was parked of conversations that are gone: the log
// has nothing under their ids any longer.
func forgetPurged(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM reaction_parked WHERE conversation_id <> ''
		AND NOT EXISTS (SELECT 1 FROM events e WHERE e.conversation_id = reaction_parked.conversation_id)`)
	return err
}
