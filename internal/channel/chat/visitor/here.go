package visitor

import (
	"context"
	"time"

	"parley/internal/store"
)

// recordStay notes that the visitor is on the site while they follow a conversation,
// each minute, and twice within the delay after which a reply counts as missed: so
// every node knows who is connected (CH-6, RT-4). An error is left to the next time: it is no
// reason to end the stream.
func (s *Stream) recordStay(ctx context.Context) {
	_ = s.live.recordPresence(ctx)
	next := seenEvery
	if missed := s.live.options.MissedAfter; missed > 0 {
		next = min(next, max(missed/2, time.Second))
	}
	if s.here == nil {
		s.here = time.NewTimer(next)
	} else {
		s.here.Reset(next)
	}
}

// nextStay is when to note it next.
func (s *Stream) nextStay() <-chan time.Time { return s.here.C }

func (s *Service) recordPresence(ctx context.Context) error {
	v, err := callingVisitor(ctx)
	if err != nil {
		return err
	}
	return s.store.WithTx(system(ctx, v), func(ctx context.Context, tx *store.Tx) error {
		me, err := lockSelf(ctx, tx, v)
		if err != nil {
			return err
		}
		return recordSeen(ctx, tx, me)
	})
}
