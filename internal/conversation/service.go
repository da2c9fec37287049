package conversation

import (
	"context"

	"parley/internal/store"
	"parley/internal/viewer"
)

// Viewers tells what an actor of an account may do now: background work that
// somebody asked for never does more (AC-12). Package people implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID string) (*viewer.Viewer, error)
}

// Service holds the use cases of conversations. It is safe for concurrent use.
type Service struct {
	store   *store.Store
	viewers Viewers
	limits  limits
}

// New returns the use cases on a store.
func New(s *store.Store, viewers Viewers) *Service {
	return &Service{store: s, viewers: viewers, limits: defaultLimits}
}
