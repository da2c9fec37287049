package live

import (
	"context"
	"reflect"
	"slices"
	"strconv"

	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// CountsGroup are the counts of several views as one subscriber gets them. It is for
// one goroutine.
type CountsGroup struct {
	who     viewer.Live
	inboxes []*CountsStream
	saved   []*tallyStream
	// known is what each view of each was at last.
	ofInboxes []*Counts
	ofSaved   []*rowTotal
	began     bool
}

// CountViews returns the counts of views, live: what view.Service.CountViews returns,
// after each change. Those of saved views that are found by words or by when something
// was written, or that have too many conversations, follow within ten seconds.
func (l *Service) CountViews(ctx context.Context, c view.Counted) (*CountsGroup, error) {
	c, err := c.Check(ctx)
	if err != nil {
		return nil, err
	}
	g := &CountsGroup{who: viewer.LiveFrom(ctx), ofInboxes: make([]*Counts, len(c.InboxIDs)), ofSaved: make([]*rowTotal, len(c.SavedViewIDs))}
	for _, inbox := range c.InboxIDs {
		s, err := l.Counts(ctx, inbox)
		if err != nil {
			g.Close()
			return nil, err
		}
		g.inboxes = append(g.inboxes, s)
	}
	for i, id := range c.SavedViewIDs {
		s, err := l.openTally(ctx, tallyRequest{savedViewID: id})
		if err != nil {
			g.Close()
			if e := errs.Of(err); e != nil && e.Code == errs.NotFound {
				return nil, e.On("savedViewIds", strconv.Itoa(i))
			}
			return nil, err
		}
		g.saved = append(g.saved, s)
	}
	return g, nil
}

// Close ends the stream.
func (g *CountsGroup) Close() {
	for _, s := range g.inboxes {
		s.Close()
	}
	for _, s := range g.saved {
		s.Close()
	}
}

// Next returns all counts at once, and then waits until one of them changes; who is
// slow gets the last ones. An error ends the stream: ctx's cause, one of the
// viewer's token, or NOT_FOUND when they lost an inbox or a saved view.
func (g *CountsGroup) Next(ctx context.Context) (*Counts, error) {
	if len(g.inboxes)+len(g.saved) == 0 {
		return g.nothing(ctx)
	}
	for {
		counts, waits, err := g.advance(ctx)
		if counts != nil || err != nil {
			return counts, err
		}
		if err := waitForAny(ctx, waits); err != nil {
			return nil, err
		}
		g.noticeViewers()
	}
}

// advance returns counts where one of them is new; else what to wait for.
func (g *CountsGroup) advance(ctx context.Context) (*Counts, []<-chan struct{}, error) {
	var waits []<-chan struct{}
	changed := false
	for i, s := range g.inboxes {
		counts, wait, err := s.advance(ctx)
		if err != nil {
			return nil, nil, err
		}
		if counts != nil {
			g.ofInboxes[i], changed = counts, true
			_, _, wait, _ = s.state()
		}
		waits = append(waits, wait, s.changed)
	}
	for i, s := range g.saved {
		total, wait, err := s.advance(ctx)
		if err != nil {
			return nil, nil, err
		}
		if total != nil {
			g.ofSaved[i], changed = total, true
		}
		waits = append(waits, wait, s.changed)
	}
	if !changed || slices.Contains(g.ofInboxes, nil) || slices.Contains(g.ofSaved, nil) {
		return nil, waits, nil
	}
	return g.gather(), waits, nil
}

// nothing is the counts of no view, which never change.
func (g *CountsGroup) nothing(ctx context.Context) (*Counts, error) {
	for g.began {
		changed := g.who.Changed()
		if _, err := g.who.At(ctx, 1); err != nil {
			return nil, err
		}
		if err := waitForAny(ctx, []<-chan struct{}{changed}); err != nil {
			return nil, err
		}
	}
	g.began = true
	return &Counts{}, nil
}

// gather makes one list of all. One inbox's own is shared with its other watchers.
func (g *CountsGroup) gather() *Counts {
	if len(g.inboxes) == 1 && len(g.saved) == 0 {
		return g.ofInboxes[0]
	}
	all := &Counts{}
	for _, c := range g.ofInboxes {
		all.Views = append(all.Views, c.Views...)
	}
	for i, total := range g.ofSaved {
		s := g.saved[i]
		count := &view.ViewCount{SavedViewID: s.request.savedViewID, Open: total.Rows, Unread: total.Unread, Unknown: total.Unknown}
		if saved := s.tally.sel.Saved; saved != nil {
			count.InboxID = saved.InboxID
		}
		all.Views = append(all.Views, count)
	}
	return all
}

// noticeViewers has streams whose viewer may be another ask for them.
func (g *CountsGroup) noticeViewers() {
	for _, s := range g.inboxes {
		if isClosed(s.changed) {
			s.checked = -1
		}
	}
	for _, s := range g.saved {
		if isClosed(s.changed) {
			s.checked = -1
		}
	}
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// waitForAny waits until one of the channels is closed, or ctx ends.
func waitForAny(ctx context.Context, waits []<-chan struct{}) error {
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}}
	for _, wait := range waits {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(wait)})
	}
	if chosen, _, _ := reflect.Select(cases); chosen == 0 {
		return context.Cause(ctx)
	}
	return nil
}
