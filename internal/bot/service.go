package bot

import "parley/internal/store"

// Service has the use cases of bots.
type Service struct {
	store *store.Store
}

// New returns the use cases of bots.
func New(s *store.Store) *Service { return &Service{store: s} }
