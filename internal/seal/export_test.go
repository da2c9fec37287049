package seal

import (
	"context"

	"parley/internal/store"
)

// SealAll seals all that there is in both logs of an account.
func (s *Service) SealAll(ctx context.Context, accountID string) error {
	for _, log := range []Log{store.EventLog, store.AuditLog} {
		if err := s.sealLog(ctx, accountID, log, 1_000_000); err != nil {
			return err
		}
	}
	return nil
}

// Canonical is canonical.
func Canonical(text string) string { return canonical(text) }
