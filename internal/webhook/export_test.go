package webhook

import (
	"context"

	"parley/ent"
	"parley/internal/store"
)

// Queue writes what is to be sent of an event to an endpoint, as the consumer of events does.
func (s *Service) Queue(ctx context.Context, tx *store.Tx, e *ent.Event, endpointID string) error {
	err := insertDeliveries(ctx, tx, e, 0, []string{endpointID})
	s.wakeAfter(tx, e.AccountID, endpointID)
	return err
}
