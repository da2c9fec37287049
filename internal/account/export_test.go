package account

import "context"

// WriteConnected writes who came or left, or everyone who is there.
func (s *Service) WriteConnected(ctx context.Context, all bool) error {
	return s.writeConnected(ctx, all)
}
