package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ViewStream is a live view as one subscriber gets it. It is for one goroutine.
type ViewStream struct {
	live *Live
	who  viewer.Live
	wish wish

	viewer  *viewer.Viewer
	changed <-chan struct{} // the viewer may be another
	watch   *watch
	next    int // position in the watch's memory

	began   bool // had a snapshot once
	shown   bool // has one that holds
	lost    bool // and is to be told so
	carried *carried
	closed  bool
}

// carried is what a subscriber was told before they moved to another watch, who
// from then on gets the difference to that.
type carried struct {
	rows     []*ent.Conversation
	from     *plan
	sequence int64
}

// View returns a selection, live (NT-5): the first rows of its list, 50 unless
// asked otherwise, and each change of them. perUser says that rows have fields
// that depend on the very user, such as unread: then what they read changes rows
// too. Errors are those of List; RATE_LIMITED when the account has too many
// different views with a text filter.
func (l *Live) View(ctx context.Context, sel Selection, first *int, perUser bool) (*ViewStream, error) {
	size, err := windowSize(first)
	if err != nil {
		return nil, err
	}
	s := &ViewStream{live: l, who: viewer.LiveFrom(ctx), wish: wish{sel, size, perUser}, viewer: viewer.FromContext(ctx)}
	s.changed = s.who.Changed()
	t, err := l.target(ctx, s.viewer, s.wish, false)
	if err != nil {
		return nil, err
	}
	s.watch, err = l.join(t)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends the stream.
func (s *ViewStream) Close() {
	if !s.closed {
		s.closed = true
		s.live.leave(s.watch)
	}
}

// Next waits for the view's next change and returns it: a *ViewSnapshot first,
// and again after each *ViewReset. All streams that show the same get the same
// pointers. An error ends the stream: ctx's cause, one of the viewer's token, or
// NOT_FOUND when the saved view is gone.
func (s *ViewStream) Next(ctx context.Context) (ViewUpdate, error) {
	for {
		update, wait, err := s.advance(ctx)
		if update != nil || err != nil {
			return update, err
		}
		if wait == nil {
			continue
		}
		select {
		case <-wait:
		case <-s.changed:
			if err := s.recheck(ctx, s.watch.reached(), ""); err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// advance goes on by one thing that the watch did; wait is closed when there may
// be another.
func (s *ViewStream) advance(ctx context.Context) (update ViewUpdate, wait <-chan struct{}, err error) {
	select {
	case <-s.changed:
		return nil, nil, s.recheck(ctx, s.watch.reached(), "")
	default:
	}
	switch {
	case s.lost:
		s.lost = false
		return &ViewReset{Sequence: s.watch.reached()}, nil, nil
	case s.carried != nil:
		return s.arrive()
	case !s.shown:
		return s.snapshot(ctx)
	}
	done, wait, known := s.watch.after(s.next)
	switch {
	case !known:
		s.lost, s.shown = true, false
		return nil, nil, nil
	case done == nil:
		return nil, wait, nil
	}
	s.next++
	if done.changes != nil {
		return done.changes, nil, nil
	}
	return nil, nil, s.recheck(ctx, done.sequence, done.viewID)
}

// snapshot takes the window as it is, once it is sure that the viewer of that
// moment may look at it.
func (s *ViewStream) snapshot(ctx context.Context) (ViewUpdate, <-chan struct{}, error) {
	snapshot, next, wait, err := s.watch.current()
	if err != nil && !s.began {
		return nil, nil, err
	}
	if snapshot == nil {
		return nil, wait, nil
	}
	was := s.watch
	if err := s.recheck(ctx, snapshot.Sequence, ""); err != nil || s.watch != was {
		return nil, nil, err
	}
	s.next, s.began, s.shown = next, true, true
	return snapshot, nil, nil
}

// recheck asks who the viewer is as of a number of the log, and moves them to
// what they may look at now. viewID is the saved view that changed.
func (s *ViewStream) recheck(ctx context.Context, sequence int64, viewID string) error {
	s.changed = s.who.Changed()
	v, err := s.who.At(ctx, max(sequence, 1))
	if err != nil {
		return err
	}
	resaved := viewID != "" && s.wish.sel.SavedViewID != nil && *s.wish.sel.SavedViewID == viewID
	if v == s.viewer && !resaved {
		return nil
	}
	t, err := s.live.target(ctx, v, s.wish, true)
	if err != nil {
		return err
	}
	s.viewer = v
	if t.key == s.watch.key {
		return nil
	}
	return s.move(t, sequence)
}

// move goes over to another watch. What the subscriber was told until then is
// carried along.
func (s *ViewStream) move(t *target, sequence int64) error {
	w, err := s.live.join(t)
	if err != nil {
		return err
	}
	if s.carried != nil {
		s.carried.sequence = max(s.carried.sequence, sequence)
	} else if s.shown {
		rows, known := s.watch.toldAt(s.next)
		if known {
			s.carried = &carried{rows, s.watch.plan, sequence}
		}
		s.lost, s.shown = !known, known
	}
	s.live.leave(s.watch)
	s.watch, s.next = w, 0
	return nil
}

// arrive tells the difference between what was carried along and the new watch's
// window, once that has seen as much.
func (s *ViewStream) arrive() (ViewUpdate, <-chan struct{}, error) {
	shown, sequence, next, wait := s.watch.reaching(s.carried.sequence)
	if wait != nil {
		return nil, wait, nil
	}
	told, p := s.carried, s.watch.plan
	s.carried, s.next = nil, next
	touched := map[string]bool{}
	for _, c := range shown {
		touched[c.ID] = told.from.fingerprint != p.fingerprint // their cursors are others
	}
	changes := p.difference(told.rows, shown, touched, func(c *ent.Conversation) vocab.LeftReason {
		if !s.viewer.InInbox(c.InboxID) {
			return vocab.LeftAccess
		}
		return vocab.LeftNoMatch
	})
	if len(changes) == 0 {
		return nil, nil, nil
	}
	return &ViewChanges{Sequence: sequence, Changes: changes}, nil, nil
}
