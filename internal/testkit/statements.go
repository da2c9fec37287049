package testkit

import (
	"slices"
	"sync"

	"parley/internal/store"
)

// Statements counts what is asked of the database. Its zero value is ready; its
// Trace is an option of Database.Open.
type Statements struct {
	mu   sync.Mutex
	list []string
}

// Trace has the store report its statements.
func (s *Statements) Trace(o *store.Options) {
	o.Trace = func(query string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.list = append(s.list, query)
	}
}

// Of returns the statements that run makes. Nothing else may run in the meantime.
func (s *Statements) Of(run func()) []string {
	s.mu.Lock()
	s.list = nil
	s.mu.Unlock()
	run()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}
