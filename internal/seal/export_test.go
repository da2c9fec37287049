package seal

import (
	"context"
	"errors"

	"parley/internal/store"
)

// SealAll seals all that there is in both logs of an account, however new it is.
func (s *Service) SealAll(ctx context.Context, accountID string) error {
	var refused error
	for _, log := range []Log{store.EventLog, store.AuditLog} {
		for more := true; more; {
			var err error
			if more, err = s.sealNext(ctx, behindLog{account: accountID, log: log, raised: true}); err != nil {
				refused, more = errors.Join(refused, err), false
			}
		}
	}
	return refused
}

// SealBlocksOf makes the blocks of a service no longer than n.
func (s *Service) SealBlocksOf(n int64) { s.size = n }

// Canonical is canonical.
func Canonical(text string) string { return canonical(text) }
