package visitor

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Limits bound what visitors may do, on all nodes together. 0: no bound.
type Limits struct {
	// MessagesPerMinute of one visitor, first messages included.
	MessagesPerMinute int
	// ChatsPerHour that one visitor may begin.
	ChatsPerHour int
	// SessionsPerMinute from one address (an IPv6 network of 64 bits counts as one).
	SessionsPerMinute int
	// AddressesPerHour that one visitor may give.
	AddressesPerHour int
	// AnswersPerHour are the forms that one visitor may send.
	AnswersPerHour int
}

// crowd is how many visitors of an address may write as much as they may: a
// company goes out by one.
const crowd = 10

// ratesKept is longer than any window.
const ratesKept = 24 * time.Hour

// rate is a limit: so many within a window, which begins with the first of them.
type rate struct {
	name   string
	most   int
	window time.Duration
}

func (s *Service) admitMessage(ctx context.Context, tx *store.Tx, v *viewer.Viewer) error {
	return s.countAct(ctx, tx, v, rate{"messages", s.options.Limits.MessagesPerMinute, time.Minute})
}

func (s *Service) admitChat(ctx context.Context, tx *store.Tx, v *viewer.Viewer) error {
	if err := s.countAct(ctx, tx, v, rate{"chats", s.options.Limits.ChatsPerHour, time.Hour}); err != nil {
		return err
	}
	return s.admitMessage(ctx, tx, v)
}

func (s *Service) admitSession(ctx context.Context, tx *store.Tx, accountID string) error {
	return s.countActByAddress(ctx, tx, accountID, rate{"sessions", s.options.Limits.SessionsPerMinute, time.Minute})
}

func (s *Service) admitAddress(ctx context.Context, tx *store.Tx, v *viewer.Viewer) error {
	return s.countAct(ctx, tx, v, rate{"e-mail addresses", s.options.Limits.AddressesPerHour, time.Hour})
}

func (s *Service) admitAnswers(ctx context.Context, tx *store.Tx, v *viewer.Viewer) error {
	return s.countAct(ctx, tx, v, rate{"answers", s.options.Limits.AnswersPerHour, time.Hour})
}

// countAct counts an act of a visitor, and of their address.
func (s *Service) countAct(ctx context.Context, tx *store.Tx, v *viewer.Viewer, r rate) error {
	if err := s.countInWindow(ctx, tx, v.AccountID, r.name+":"+v.ActorID, r); err != nil {
		return err
	}
	r.most *= crowd
	return s.countActByAddress(ctx, tx, v.AccountID, r)
}

// countActByAddress counts an act by a digest of the address: addresses themselves
// are not kept.
func (s *Service) countActByAddress(ctx context.Context, tx *store.Tx, accountID string, r rate) error {
	remote := viewer.Remote(ctx)
	if remote == "" {
		return nil
	}
	digest := s.keys.HMAC("visitor-rates", []byte(remote))
	return s.countInWindow(ctx, tx, accountID, r.name+"@"+hex.EncodeToString(digest), r)
}

// countInWindow counts one more within the window, and refuses it with
// RATE_LIMITED if there were as many as may be. What is refused, or fails later,
// does not count.
func (s *Service) countInWindow(ctx context.Context, tx *store.Tx, accountID, key string, r rate) error {
	if r.most == 0 {
		return nil
	}
	now := tx.Now()
	taken, err := tx.Exec(ctx, `INSERT INTO visitor_rates (id, account_id, key, window_start, count) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (account_id, key) DO UPDATE SET
			count = CASE WHEN visitor_rates.window_start <= $5 THEN 1 ELSE visitor_rates.count + 1 END,
			window_start = CASE WHEN visitor_rates.window_start <= $5 THEN excluded.window_start ELSE visitor_rates.window_start END
		WHERE visitor_rates.window_start <= $5 OR visitor_rates.count < $6`,
		id.New("rate"), accountID, key, int64(now), int64(now.Add(-r.window)), r.most)
	if err != nil {
		return fmt.Errorf("count what a visitor does: %w", err)
	}
	if taken > 0 {
		return nil
	}
	return s.limitError(ctx, accountID, key, r)
}

// limitError says how long to wait.
func (s *Service) limitError(ctx context.Context, accountID, key string, r rate) error {
	starts, err := s.store.Numbers(ctx, "SELECT window_start FROM visitor_rates WHERE account_id = $1 AND key = $2", accountID, key)
	if err != nil {
		return err
	}
	now := s.store.Now().Time()
	wait := time.Duration(0)
	for _, start := range starts {
		wait = clock.Micros(start).Add(r.window).Time().Sub(now)
	}
	return errs.RetryIn(wait, now, "Too many "+r.name)
}

// Forget deletes what is no longer needed: counts of the past, and links, codes and
// sessions that expired. The system runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("visitors"))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		if _, err := tx.Exec(ctx, "DELETE FROM visitor_rates WHERE window_start < $1", int64(now.Add(-ratesKept))); err != nil {
			return err
		}
		for _, table := range []string{"visitor_links", "visitor_codes", "visitor_sessions"} {
			if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE expires_at < $1", int64(now)); err != nil {
				return err
			}
		}
		return nil
	})
}
