package live

import (
	"context"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/viewer"
)

// ViewStream is a live view as one subscriber gets it. It is for one goroutine.
type ViewStream struct {
	live    *Service
	who     viewer.Live
	request viewRequest

	viewer  *viewer.Viewer
	changed <-chan struct{} // the viewer may be another
	watch   *watch
	next    int // position in the watch's memory

	began   bool // had a snapshot once
	shown   bool // has one that holds
	lost    bool // and is to be notified
	carried *carried
	totals  *tallyStream // nil: they are not asked for
	closed  bool
}

// carried is what a subscriber was reported before they moved to another watch, who
// from then on gets the difference to that.
type carried struct {
	rows     []*ent.Conversation
	from     *view.Plan
	sequence int64
	repaint  bool // rows may show other tags, though their state is the same
}

// View returns a selection, live (NT-5): the first rows of its list, 50 unless
// asked otherwise, and each change of them. perUser says that rows have fields
// that depend on the very user, such as unread: then what they read changes rows
// too. Errors are those of List; RATE_LIMITED when the account has too many
// different views with a text filter.
func (l *Service) View(ctx context.Context, sel view.Selection, first *int, perUser bool) (*ViewStream, error) {
	size, err := windowSize(first)
	if err != nil {
		return nil, err
	}
	s := &ViewStream{live: l, who: viewer.LiveFrom(ctx), request: viewRequest{sel, size, perUser}, viewer: viewer.FromContext(ctx)}
	s.changed = s.who.Changed()
	t, err := l.planTarget(ctx, s.viewer, s.request, false)
	if err != nil {
		return nil, err
	}
	s.request.sel.Filter = t.sel.Filter // by the ids of properties, whatever becomes of their names
	s.watch, err = l.joinWatch(t)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// WithTotals has the stream report how many conversations the whole view has, after the
// snapshot and whenever it changes.
func (s *ViewStream) WithTotals(ctx context.Context) (err error) {
	s.totals, err = s.live.openTally(ctx, tallyRequest{sel: s.request.sel})
	return err
}

// Close ends the stream.
func (s *ViewStream) Close() {
	if !s.closed {
		s.closed = true
		if s.totals != nil {
			s.totals.Close()
		}
		s.live.leaveWatch(s.watch)
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
		waits := []<-chan struct{}{wait, s.changed}
		if s.totals != nil && s.shown {
			total, more, err := s.totals.advance(ctx)
			if err != nil {
				return nil, err
			}
			if total != nil {
				return total.update(), nil
			}
			waits = append(waits, more, s.totals.changed)
		}
		if err := waitForAny(ctx, waits); err != nil {
			return nil, err
		}
		if s.totals != nil && isClosed(s.totals.changed) {
			s.totals.checked = -1
		}
	}
}

// update is the total as a live view reports it.
func (t *rowTotal) update() *ViewTotal {
	if t.Unknown {
		return &ViewTotal{}
	}
	return &ViewTotal{TotalCount: &t.Rows}
}

// advance goes on by one thing that the watch did; wait is closed when there may
// be another.
func (s *ViewStream) advance(ctx context.Context) (update ViewUpdate, wait <-chan struct{}, err error) {
	select {
	case <-s.changed:
		return nil, nil, s.recheckViewer(ctx, s.watch.reached(), "", false)
	default:
	}
	switch {
	case s.lost:
		s.lost = false
		return &ViewReset{Sequence: s.watch.reached()}, nil, nil
	case s.carried != nil:
		return s.emitDifference()
	case !s.shown:
		return s.snapshot(ctx)
	}
	done, wait, known := s.watch.stepAt(s.next)
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
	return nil, nil, s.recheckViewer(ctx, done.sequence, done.viewID, done.tags)
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
	// A tag may have changed after the view was planned, and before it was read.
	if err := s.recheckViewer(ctx, snapshot.Sequence, "", s.watch.plan.NamesTags()); err != nil || s.watch != was {
		return nil, nil, err
	}
	s.next, s.began, s.shown = next, true, true
	return snapshot, nil, nil
}

// recheckViewer asks who the viewer is as of a number of the log, and moves them to
// what they may look at now. viewID is the saved view that changed; tags: filters may
// mean other tags.
func (s *ViewStream) recheckViewer(ctx context.Context, sequence int64, viewID string, tags bool) error {
	s.changed = s.who.Changed()
	v, err := s.who.At(ctx, max(sequence, 1))
	if err != nil {
		return err
	}
	resaved := viewID != "" && s.request.sel.SavedViewID != nil && *s.request.sel.SavedViewID == viewID
	if v == s.viewer && !resaved && !tags {
		return nil
	}
	t, err := s.live.planTarget(ctx, v, s.request, true)
	if err != nil {
		return err
	}
	s.viewer = v
	if t.key == s.watch.key {
		return nil
	}
	return s.moveToWatch(t, sequence, tags)
}

// moveToWatch goes over to another watch. What the subscriber was reported until
// then is carried along.
func (s *ViewStream) moveToWatch(t *target, sequence int64, tags bool) error {
	w, err := s.live.joinWatch(t)
	if err != nil {
		return err
	}
	if s.carried != nil {
		s.carried.sequence, s.carried.repaint = max(s.carried.sequence, sequence), s.carried.repaint || tags
	} else if s.shown {
		rows, known := s.watch.windowAt(s.next)
		if known {
			s.carried = &carried{rows, s.watch.plan, sequence, tags}
		}
		s.lost, s.shown = !known, known
	}
	s.live.leaveWatch(s.watch)
	s.watch, s.next = w, 0
	return nil
}

// emitDifference reports the difference between what was carried along and the
// new watch's window, once that has seen as much.
func (s *ViewStream) emitDifference() (ViewUpdate, <-chan struct{}, error) {
	shown, sequence, next, wait := s.watch.reaching(s.carried.sequence)
	if wait != nil {
		return nil, wait, nil
	}
	carried, p := s.carried, s.watch.plan
	s.carried, s.next = nil, next
	touched := map[string]bool{}
	for _, c := range shown {
		touched[c.ID] = carried.repaint || carried.from.Fingerprint != p.Fingerprint // their cursors are others
	}
	changes := difference(p, carried.rows, shown, touched, leftByMoving(s.viewer))
	if len(changes) == 0 {
		return nil, nil, nil
	}
	return &ViewChanges{Sequence: sequence, Changes: changes}, nil, nil
}
