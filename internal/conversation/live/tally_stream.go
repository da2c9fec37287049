package live

import (
	"context"
	"sync"

	"parley/internal/conversation/view"
	"parley/internal/viewer"
)

// tallies are those of a node that someone asks for.
type tallies struct {
	mu    sync.Mutex
	byKey map[string]*tally
}

// tallyRequest is what is counted: the open conversations of a saved view, with the
// unread ones, or all of a selection.
type tallyRequest struct {
	savedViewID string
	sel         view.Selection
}

// tallyStream is a total as one subscriber gets it. It is for one goroutine.
type tallyStream struct {
	live     *Service
	who      viewer.Live
	changed  <-chan struct{}
	request  tallyRequest
	tally    *tally
	reported *rowTotal
	checked  int64
	closed   bool
}

func (l *Service) openTally(ctx context.Context, request tallyRequest) (*tallyStream, error) {
	v := viewer.FromContext(ctx)
	s := &tallyStream{live: l, who: viewer.LiveFrom(ctx), request: request, checked: -1}
	s.changed = s.who.Changed()
	t, err := l.planTally(ctx, v, request, false)
	if err != nil {
		return nil, err
	}
	s.tally = l.joinTally(t)
	return s, nil
}

// planTally plans what is counted for a viewer.
func (l *Service) planTally(ctx context.Context, v *viewer.Viewer, request tallyRequest, looking bool) (*target, error) {
	sel := request.sel
	if request.savedViewID != "" {
		var err error
		if sel, err = l.views.OpenOf(viewer.NewContext(ctx, v), request.savedViewID); err != nil {
			return nil, err
		}
	}
	t, err := l.planTarget(ctx, v, viewRequest{sel: sel, perUser: request.savedViewID != ""}, looking)
	if err != nil || request.savedViewID == "" {
		return t, err
	}
	unread := true
	sel.Filter.Unread = &unread
	t.unread, err = sel.Plan(viewer.NewContext(ctx, v))
	t.key += " unread"
	return t, err
}

// joinTally makes the caller a member of a target's tally, which begins with its first
// one.
func (l *Service) joinTally(t *target) *tally {
	r := &l.tallies
	r.mu.Lock()
	defer r.mu.Unlock()
	if found := r.byKey[t.key]; found != nil {
		found.members++
		return found
	}
	if r.byKey == nil {
		r.byKey = map[string]*tally{}
	}
	ctx, cancel := context.WithCancel(l.ctx)
	made := &tally{target: t, live: l, members: 1, cancel: cancel, wanted: make(chan struct{}, 1), changed: make(chan struct{})}
	r.byKey[t.key] = made
	l.startFollower(ctx, t.plan.Account, made)
	return made
}

func (l *Service) leaveTally(t *tally) {
	l.tallies.mu.Lock()
	defer l.tallies.mu.Unlock()
	if t.members--; t.members == 0 {
		delete(l.tallies.byKey, t.key)
		t.cancel()
	}
}

// Close ends the stream.
func (s *tallyStream) Close() {
	if !s.closed {
		s.closed = true
		s.live.leaveTally(s.tally)
	}
}

// advance returns a total that is new; else a channel that is closed when there may
// be another.
func (s *tallyStream) advance(ctx context.Context) (*rowTotal, <-chan struct{}, error) {
	t := s.tally
	t.mu.Lock()
	total, authority, wait, failed := t.total, t.authority, t.changed, t.failed
	t.mu.Unlock()
	if failed && s.reported == nil {
		return nil, nil, errUnread
	}
	if authority > s.checked {
		if err := s.recheckViewer(ctx, authority); err != nil {
			return nil, nil, err
		}
		if s.tally != t {
			return s.advance(ctx)
		}
	}
	if total == nil || failed || s.reported != nil && *total == *s.reported {
		return nil, wait, nil
	}
	s.reported = total
	return total, wait, nil
}

// recheckViewer asks who the viewer is as of a number of the log, and counts what they
// may look at then.
func (s *tallyStream) recheckViewer(ctx context.Context, sequence int64) error {
	s.changed = s.who.Changed()
	v, err := s.who.At(ctx, max(sequence, 1))
	if err != nil {
		return err
	}
	t, err := s.live.planTally(ctx, v, s.request, true)
	if err != nil {
		return err
	}
	s.checked = sequence
	if t.key != s.tally.key {
		left := s.tally
		s.tally, s.checked = s.live.joinTally(t), -1
		s.live.leaveTally(left)
	}
	return nil
}
