package settings

import (
	"context"
	"time"

	"parley/internal/id"
	"parley/internal/lease"
)

// takingTurns has one goroutine of all nodes at a time do something.
func (s *Service) takingTurns(accountID, name string) func(context.Context, func(context.Context) error) error {
	return func(ctx context.Context, do func(context.Context) error) error {
		ctx = InAccount(ctx, accountID)
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		holder := id.New("turn") // others of this node wait too
		for {
			held, err := lease.Acquire(ctx, s.store, name, holder, s.o.LeaseLife)
			if err != nil {
				return err
			}
			if held != nil {
				defer func() { _ = held.Release(context.WithoutCancel(ctx)) }()
				working, stop := held.Hold(ctx)
				defer stop()
				return do(working)
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-ticker.C:
			}
		}
	}
}
