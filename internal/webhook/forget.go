package webhook

import (
	"context"
	"time"

	"parley/internal/job"
	"parley/internal/lease"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// kept is how long what is finished is kept.
	kept = 30 * 24 * time.Hour
	// forgetBatch is how many deliveries one transaction removes.
	forgetBatch = 500
)

// Register has the queue do what endpoints leave to it.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.RunReplay, job.Options{Timeout: time.Minute})
}

// Forget removes what was finished 30 days ago, what a paused endpoint did not get in that
// time, and endpoints that were deleted. The system
// runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("webhook"))
	before := int64(s.store.Now().Add(-kept))
	if err := s.forgetDeliveries(ctx, "SELECT id FROM webhook_deliveries WHERE finished_at > 0 AND finished_at < $1 LIMIT $2", before, forgetBatch); err != nil {
		return err
	}
	// The endpoints first, of which few are paused: SQLite keeps to the order of a cross join.
	if err := s.forgetDeliveries(ctx, `SELECT d.id FROM webhook_endpoints e CROSS JOIN webhook_deliveries d
		WHERE e.state = 'PAUSED' AND d.endpoint_id = e.id AND d.state = 'PENDING' AND d.created_at < $1 LIMIT $2`, before, forgetBatch); err != nil {
		return err
	}
	gone, err := s.store.Strings(ctx, "SELECT id FROM webhook_endpoints WHERE deleted_at > 0")
	if err != nil {
		return err
	}
	for _, endpointID := range gone {
		if err := s.forgetDeliveries(ctx, "SELECT id FROM webhook_deliveries WHERE endpoint_id = $1 LIMIT $2", endpointID, forgetBatch); err != nil {
			return err
		}
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM webhook_endpoints WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE endpoint_id = $2)", endpointID, endpointID)
			return err
		})
		if err != nil {
			return err
		}
	}
	return lease.Forget(ctx, s.store, leasePrefix, kept)
}

// forgetDeliveries removes the deliveries that a statement finds, with their attempts, until
// it finds none.
func (s *Service) forgetDeliveries(ctx context.Context, find string, args ...any) error {
	for {
		ids, err := s.store.Strings(ctx, find, args...)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			for _, table := range []string{"webhook_attempts WHERE delivery_id", "webhook_deliveries WHERE id"} {
				q := &store.Statement{}
				q.WriteString("DELETE FROM " + table + " IN (" + store.List(q, ids) + ")")
				if _, err := tx.Exec(ctx, q.String(), q.Args...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
