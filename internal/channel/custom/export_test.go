package custom

import (
	"context"

	"parley/ent"
)

// LookForWaiting looks for what a connector may get, and finds nothing.
func (s *Service) LookForWaiting(ctx context.Context, channelID string) error {
	_, err := s.takeOut(ctx, channelID, "lease", nil)
	return err
}

// LapsedLeases and NextAccount are what the rounds ask.
const (
	LapsedLeases = lapsedLeases
	NextAccount  = nextAccount
)

// LookForFiles looks for what the account has to fetch, and finds nothing.
func (s *Service) LookForFiles(ctx context.Context) error {
	_, err := s.nextFile(ctx)
	return err
}

// Sealed is a file's address as it is stored.
func (s *Service) Sealed(fileID, url string) (string, error) {
	return s.keys.Seal([]byte(url), filePlace(fileID))
}

// TakeOut gives a connector what it may get; nil: there is nothing.
func (s *Service) TakeOut(ctx context.Context, channelID string) (*ent.ChannelMessage, error) {
	return s.takeOut(ctx, channelID, "lease", nil)
}
