package presence

// SetLimit has staff follow at most n conversations on the node.
func (s *Service) SetLimit(n int) { s.limit = n }

// Idle reports whether the node knows of nothing any more.
func (s *Service) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inboxes) == 0 && s.rosters == 0 && len(s.waiting) == 0 && !s.working
}

// Persons returns how many actors of an inbox the node remembers.
func (s *Service) Persons(inboxID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inboxes[inboxID].persons
}
