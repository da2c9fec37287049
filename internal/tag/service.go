package tag

import "parley/internal/store"

// Service holds the use cases of tags. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }
