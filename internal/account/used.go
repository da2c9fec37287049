package account

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/ent/apitoken"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
)

// usedAgain is how long it is not written again that a token was used.
const usedAgain = time.Hour

type usedToken struct{ accountID, tokenID string }

// usedTokens are those with which requests came to this node, and of which it is not written
// that they were used within the hour (AC-12). A request only marks them here.
type usedTokens struct {
	mu      sync.Mutex
	pending map[usedToken]clock.Micros
}

// markToken remembers that a token is used. Beyond what a node remembers it is marked when it comes again.
func (u *usedTokens) markToken(t *presentedToken, now clock.Micros) {
	if t.lastUsedAt.IsSet() && now < t.lastUsedAt.Add(usedAgain) {
		return
	}
	u.putToken(usedToken{t.accountID, t.id}, now)
}

func (u *usedTokens) putToken(which usedToken, at clock.Micros) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.pending == nil {
		u.pending = map[usedToken]clock.Micros{}
	}
	if len(u.pending) < maxDeprecated {
		u.pending[which] = max(at, u.pending[which])
	}
}

func (u *usedTokens) takeTokens() map[usedToken]clock.Micros {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.pending
	u.pending = nil
	return taken
}

// WriteUsed writes when tokens were used, for each at most once an hour. What could not be written is
// tried again with the next.
func (s *Service) WriteUsed(ctx context.Context) error {
	var failed []error
	for which, at := range s.used.takeTokens() {
		ctx := viewer.NewContext(ctx, viewer.System("last-used", which.accountID))
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.ApiToken.Update().Where(apitoken.ID(which.tokenID), apitoken.LastUsedAtLT(at)).SetLastUsedAt(at).Exec(ctx)
		})
		if err != nil {
			s.used.putToken(which, at)
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
