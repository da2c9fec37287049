package view

import "parley/internal/store"

// Service holds what lists, searches and counts conversations, and saved views.
// It is safe for concurrent use.
type Service struct {
	store *store.Store
	// Limits are the usual ones unless they are set before the first use.
	Limits Limits
}

// New returns the views of a store's conversations.
func New(s *store.Store) *Service { return &Service{store: s, Limits: defaultLimits} }
