package visitor

import (
	"context"
	"time"

	"parley/internal/store"
)

// stay notes that the visitor is on the site while they follow a conversation,
// twice within the delay after which a reply counts as missed: so every node
// knows who is connected (CH-6). An error is left to the next time: it is no
// reason to end the stream.
func (s *Stream) stay(ctx context.Context) {
	if s.live.delay == 0 {
		return
	}
	_ = s.live.here(ctx)
	next := max(s.live.delay/2, time.Second)
	if s.here == nil {
		s.here = time.NewTimer(next)
	} else {
		s.here.Reset(next)
	}
}

// again is when to stay next; nil: never.
func (s *Stream) again() <-chan time.Time {
	if s.here == nil {
		return nil
	}
	return s.here.C
}

func (s *Service) here(ctx context.Context) error {
	v, err := self(ctx)
	if err != nil {
		return err
	}
	return s.store.WithTx(system(ctx, v), func(ctx context.Context, tx *store.Tx) error {
		me, err := lockSelf(ctx, tx, v)
		if err != nil {
			return err
		}
		return seen(ctx, tx, me)
	})
}
