package account

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
)

// seenAgain is how long it is not written again that a user was seen.
const seenAgain = time.Minute

// seenUser is a user of an account.
type seenUser struct{ accountID, userID string }

// seenUsers are those who called this node. A request only marks them here; one write
// a minute follows, however many requests come.
type seenUsers struct {
	mu      sync.Mutex
	pending map[seenUser]clock.Micros
	written map[seenUser]clock.Micros
}

// RecordSeen remembers that a user is there now; others are no users, and are left out.
func (s *Service) RecordSeen(ctx context.Context) {
	v := viewer.FromContext(ctx)
	if v == nil || !v.IsUser() {
		return
	}
	now, who, u := s.store.Now(), seenUser{v.AccountID, v.ActorID}, &s.seen
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.pending == nil || len(u.pending) >= maxDeprecated {
		u.pending = map[seenUser]clock.Micros{}
	}
	u.pending[who] = now
}

// WriteSeen writes when users were seen, for each at most once a minute.
func (s *Service) WriteSeen(ctx context.Context) error {
	var failed []error
	for who, at := range s.takeSeen() {
		err := s.writeSeen(viewer.NewContext(ctx, viewer.System("last-seen", who.accountID)), who.userID, at)
		failed = append(failed, err)
		s.seen.mu.Lock()
		if err == nil {
			s.seen.written[who] = at
		}
		s.seen.mu.Unlock()
	}
	return errors.Join(failed...)
}

// takeSeen returns whose last write is a minute ago. The others stay for the next time.
func (s *Service) takeSeen() map[seenUser]clock.Micros {
	u := &s.seen
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.written == nil || len(u.written) >= maxDeprecated {
		u.written = map[seenUser]clock.Micros{}
	}
	due := map[seenUser]clock.Micros{}
	for who, at := range u.pending {
		if at >= u.written[who].Add(seenAgain) {
			due[who] = at
			delete(u.pending, who)
		}
	}
	return due
}

func (s *Service) writeSeen(ctx context.Context, userID string, at clock.Micros) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.Client.User.UpdateOneID(userID).SetLastSeenAt(at).Exec(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		return err
	})
}
