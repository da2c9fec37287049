package visitor

import (
	"context"
	"time"

	"parley/internal/store"
)

// recordStay notes that the visitor is on the site while they follow a conversation,
// twice within the delay after which a reply counts as missed: so every node
// knows who is connected (CH-6). An error is left to the next time: it is no
// reason to end the stream.
func (s *Stream) recordStay(ctx context.Context) {
	if s.live.options.MissedAfter == 0 {
		return
	}
	_ = s.live.recordPresence(ctx)
	next := max(s.live.options.MissedAfter/2, time.Second)
	if s.here == nil {
		s.here = time.NewTimer(next)
	} else {
		s.here.Reset(next)
	}
}

// nextStay is when to stay next; nil: never.
func (s *Stream) nextStay() <-chan time.Time {
	if s.here == nil {
		return nil
	}
	return s.here.C
}

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
