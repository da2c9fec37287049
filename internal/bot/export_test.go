package bot

import (
	"context"

	"parley/internal/store"
)

// DueFlows asks for the flows that the clock moves on.
const DueFlows = dueFlows

// LookForTurn asks whether the calling bot has work, as each worker does after each event.
func (s *Service) LookForTurn(ctx context.Context) error {
	_, err := s.takeTurn(ctx, "lease", "", nil)
	return err
}

// LookForLapsed and LookForSilent ask what a round is to tend.
func (s *Service) LookForLapsed(ctx context.Context) error {
	return s.tendEach(ctx, lapsedRuns, leave)
}

// LookForSilent: see LookForLapsed.
func (s *Service) LookForSilent(ctx context.Context) error {
	return s.tendEach(ctx, silentRuns, leave)
}

func leave(context.Context, *store.Tx, found) error { return nil }
