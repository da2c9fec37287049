package live

import (
	"context"
	"sync"

	"parley/internal/conversation/view"
	"parley/internal/viewer"
)

// openRowsByInbox are those of a node that someone watches, by account and inbox.
type openRowsByInbox struct {
	mu    sync.Mutex
	byKey map[[2]string]*openRows
}

// CountsStream are the counts of an inbox's views as one subscriber gets them.
// It is for one goroutine.
type CountsStream struct {
	live     *Service
	who      viewer.Live
	changed  <-chan struct{} // the viewer may be another
	rows     *openRows
	reader   *reader
	reported *Counts
	checked  int64 // the viewer may watch as of this number of the log
	closed   bool
}

// Counts returns the counts of an inbox's views, live and exact (IN-15): what
// Service.ViewCounts returns, after each change. An inbox of which the viewer is
// no member is NOT_FOUND.
func (l *Service) Counts(ctx context.Context, inboxID string) (*CountsStream, error) {
	v := viewer.FromContext(ctx)
	if !v.InInbox(inboxID) {
		return nil, view.NoInbox(inboxID)
	}
	who := viewer.LiveFrom(ctx)
	b, r := l.joinOpenRows(v, inboxID)
	return &CountsStream{live: l, who: who, changed: who.Changed(), rows: b, reader: r, checked: -1}, nil
}

// joinOpenRows makes the caller a member of those who watch an inbox, whose open
// rows are read for the first of them.
func (l *Service) joinOpenRows(v *viewer.Viewer, inboxID string) (*openRows, *reader) {
	l.openRows.mu.Lock()
	defer l.openRows.mu.Unlock()
	key := [2]string{v.AccountID, inboxID}
	b := l.openRows.byKey[key]
	if b == nil {
		ctx, cancel := context.WithCancel(l.ctx)
		b = &openRows{
			live: l, accountID: v.AccountID, inboxID: inboxID, cancel: cancel,
			wanted: make(chan struct{}, 1), users: map[string]*reader{},
		}
		if l.openRows.byKey == nil {
			l.openRows.byKey = map[[2]string]*openRows{}
		}
		l.openRows.byKey[key] = b
		l.startFollower(ctx, v.AccountID, b)
	}
	b.members++
	return b, b.addReader(v.ActorID)
}

func (b *openRows) addReader(userID string) *reader {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.users[userID]
	if r == nil {
		r = &reader{userID: userID, changed: make(chan struct{})}
		b.users[userID] = r
		select {
		case b.wanted <- struct{}{}:
		default:
		}
	}
	r.members++
	return r
}

// Close ends the stream.
func (s *CountsStream) Close() {
	if s.closed {
		return
	}
	s.closed = true
	l, b := s.live, s.rows
	l.openRows.mu.Lock()
	defer l.openRows.mu.Unlock()
	b.mu.Lock()
	if s.reader.members--; s.reader.members == 0 {
		delete(b.users, s.reader.userID)
	}
	b.mu.Unlock()
	if b.members--; b.members == 0 {
		delete(l.openRows.byKey, [2]string{b.accountID, b.inboxID})
		b.cancel()
	}
}

// Next returns the counts at once, and then waits for each change of them; who
// is slow gets the last one. Users with the same counts get the same pointer. An
// error ends the stream: ctx's cause, one of the viewer's token, or NOT_FOUND
// when they lost the inbox.
func (s *CountsStream) Next(ctx context.Context) (*Counts, error) {
	for {
		counts, wait, err := s.advance(ctx)
		if counts != nil || err != nil {
			return counts, err
		}
		select {
		case <-wait:
		case <-s.changed:
			s.checked = -1
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// advance returns counts that are new; else a channel that is closed when there
// may be some.
func (s *CountsStream) advance(ctx context.Context) (*Counts, <-chan struct{}, error) {
	counts, sequence, wait, err := s.state()
	if err != nil {
		return nil, nil, err
	}
	if sequence > s.checked {
		if err := s.recheckViewer(ctx, sequence); err != nil {
			return nil, nil, err
		}
	}
	if counts == nil || counts == s.reported {
		return nil, wait, nil
	}
	s.reported = counts
	return counts, nil, nil
}

// state is what the rows count, and the number of the log as of which the
// viewer must be one who may see it.
func (s *CountsStream) state() (*Counts, int64, <-chan struct{}, error) {
	b := s.rows
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.reported == nil && b.failed {
		return nil, 0, nil, errUnread
	}
	return s.reader.shown, b.authority, s.reader.changed, nil
}

// recheckViewer asks whether the viewer may watch as of a number of the log.
func (s *CountsStream) recheckViewer(ctx context.Context, sequence int64) error {
	s.changed = s.who.Changed()
	v, err := s.who.At(ctx, max(sequence, 1))
	if err != nil {
		return err
	}
	if !v.InInbox(s.rows.inboxID) {
		return view.NoInbox(s.rows.inboxID)
	}
	s.checked = sequence
	return nil
}
