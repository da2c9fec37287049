package live

import (
	"context"
	"time"
)

// RecountAfter has what cannot be kept up by single rows counted again after a span.
func (l *Service) RecountAfter(span time.Duration) { l.recount = span }

// PauseTasks has the progress of running tasks read again after a span.
func (l *Service) PauseTasks(span time.Duration) { l.taskPause = span }

// Tallies is how many totals are kept.
func (l *Service) Tallies() int {
	l.tallies.mu.Lock()
	defer l.tallies.mu.Unlock()
	return len(l.tallies.byKey)
}

// LimitCounts has totals be counted up to n.
func (l *Service) LimitCounts(n int) { l.views.Limits.Count = n }

// Until returns the counts once everything up to a number of the log is counted.
func (g *CountsGroup) Until(ctx context.Context, sequence int64) (*Counts, error) {
	for {
		waits, counted := []<-chan struct{}{}, true
		for _, s := range g.inboxes {
			wait, reached := s.rows.reached(sequence, s.reader)
			waits, counted = append(waits, wait), counted && reached
		}
		var asked []*tally
		for _, s := range g.saved {
			wait, reached := s.tally.reached(sequence)
			waits, counted, asked = append(waits, wait), counted && reached, append(asked, s.tally)
		}
		counts, more, err := g.advance(ctx)
		if err != nil {
			return nil, err
		}
		moved := false // one counts something else now, which was not asked yet
		for i, s := range g.saved {
			moved = moved || s.tally != asked[i]
			counted = counted && g.ofSaved[i] != nil
		}
		if counts != nil || moved {
			continue
		}
		if counted {
			return g.gather(), nil
		}
		if err := waitForAny(ctx, append(waits, more...)); err != nil {
			return nil, err
		}
		g.noticeViewers()
	}
}

func (t *tally) reached(sequence int64) (wait <-chan struct{}, counted bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.awaited == nil {
		t.awaited = make(chan struct{})
	}
	return t.awaited, !t.failed && !t.pending && t.sequence >= sequence && t.total != nil
}

// LimitSpare has live views know so many rows behind their windows.
func (l *Service) LimitSpare(n int) { l.spare = n }

// Until returns what a stream has to tell, until it has told everything up to a
// number of the log.
func (s *ViewStream) Until(ctx context.Context, sequence int64) ([]ViewUpdate, error) {
	var told []ViewUpdate
	for {
		update, wait, err := s.advance(ctx)
		if err != nil {
			return told, err
		}
		if update != nil {
			told = append(told, update)
		}
		if update != nil || wait == nil {
			continue
		}
		_, _, position, unreached := s.watch.reaching(sequence)
		if unreached == nil && s.shown && s.carried == nil && position == s.next {
			return told, nil
		}
		select {
		case <-wait:
		case <-unreached:
		case <-s.changed:
		case <-ctx.Done():
			return told, context.Cause(ctx)
		}
	}
}

// Watches is how many watches have members.
func (l *Service) Watches() int {
	l.watches.mu.Lock()
	defer l.watches.mu.Unlock()
	return len(l.watches.byKey)
}

// Wait returns when nothing follows the log any more.
func (l *Service) Wait() { l.running.Wait() }

// Run has work done as what follows the log is: its context ends with Close.
func (l *Service) Run(work func(ctx context.Context)) { l.running.Go(func() { work(l.ctx) }) }

// Behind is how many steps a watch remembers for sure.
const Behind = remembered

// Until returns the counts once everything up to a number of the log is counted.
func (s *CountsStream) Until(ctx context.Context, sequence int64) (*Counts, error) {
	for {
		// Whether all is counted is asked first: what is counted in between is told by
		// advance.
		reached, counted := s.rows.reached(sequence, s.reader)
		counts, wait, err := s.advance(ctx)
		if err != nil {
			return nil, err
		}
		if counts != nil {
			continue
		}
		if counted && s.reported != nil {
			return s.reported, nil
		}
		select {
		case <-wait:
		case <-reached:
		case <-s.changed:
			s.checked = -1
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (b *openRows) reached(sequence int64, r *reader) (wait <-chan struct{}, counted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.awaited == nil {
		b.awaited = make(chan struct{})
	}
	return b.awaited, !b.failed && b.sequence >= sequence && r.shown != nil
}
