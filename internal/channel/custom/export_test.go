package custom

import "context"

// LookForWaiting looks for what a connector may get, and finds nothing.
func (s *Service) LookForWaiting(ctx context.Context, channelID string) error {
	_, err := s.takeOut(ctx, channelID, "lease", nil)
	return err
}
