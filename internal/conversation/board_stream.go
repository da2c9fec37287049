package conversation

import (
	"context"
	"sync"

	"parley/internal/viewer"
)

// boards are the boards of a node that somebody watches, by account and inbox.
type boards struct {
	mu    sync.Mutex
	byKey map[[2]string]*board
}

// CountsStream are the counts of an inbox's views as one subscriber gets them.
// It is for one goroutine.
type CountsStream struct {
	live    *Live
	who     viewer.Live
	changed <-chan struct{} // the viewer may be another
	board   *board
	reader  *reader
	told    *Counts
	checked int64 // the viewer may watch as of this number of the log
	closed  bool
}

// Counts returns the counts of an inbox's views, live and exact (IN-15): what
// Service.ViewCounts returns, after each change. An inbox of which the viewer is
// no member is NOT_FOUND.
func (l *Live) Counts(ctx context.Context, inboxID string) (*CountsStream, error) {
	v := viewer.FromContext(ctx)
	if !v.InInbox(inboxID) {
		return nil, noInbox(inboxID)
	}
	who := viewer.LiveFrom(ctx)
	b, r := l.attend(v, inboxID)
	return &CountsStream{live: l, who: who, changed: who.Changed(), board: b, reader: r, checked: -1}, nil
}

// attend makes the caller a member of an inbox's board, which begins with its
// first member.
func (l *Live) attend(v *viewer.Viewer, inboxID string) (*board, *reader) {
	l.boards.mu.Lock()
	defer l.boards.mu.Unlock()
	key := [2]string{v.AccountID, inboxID}
	b := l.boards.byKey[key]
	if b == nil {
		ctx, cancel := context.WithCancel(context.Background())
		b = &board{
			live: l, accountID: v.AccountID, inboxID: inboxID, cancel: cancel,
			wanted: make(chan struct{}, 1), users: map[string]*reader{},
		}
		if l.boards.byKey == nil {
			l.boards.byKey = map[[2]string]*board{}
		}
		l.boards.byKey[key] = b
		l.running.Go(func() { l.follow(ctx, v.AccountID, b) })
	}
	b.members++
	return b, b.join(v.ActorID)
}

func (b *board) join(userID string) *reader {
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
	l, b := s.live, s.board
	l.boards.mu.Lock()
	defer l.boards.mu.Unlock()
	b.mu.Lock()
	if s.reader.members--; s.reader.members == 0 {
		delete(b.users, s.reader.userID)
	}
	b.mu.Unlock()
	if b.members--; b.members == 0 {
		delete(l.boards.byKey, [2]string{b.accountID, b.inboxID})
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
		if err := s.recheck(ctx, sequence); err != nil {
			return nil, nil, err
		}
	}
	if counts == nil || counts == s.told {
		return nil, wait, nil
	}
	s.told = counts
	return counts, nil, nil
}

// state is what the board shows, and the number of the log as of which the
// viewer must be one who may see it.
func (s *CountsStream) state() (*Counts, int64, <-chan struct{}, error) {
	b := s.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.told == nil && b.failed {
		return nil, 0, nil, errUnread
	}
	return s.reader.shown, b.authority, s.reader.changed, nil
}

// recheck asks whether the viewer may watch as of a number of the log.
func (s *CountsStream) recheck(ctx context.Context, sequence int64) error {
	s.changed = s.who.Changed()
	v, err := s.who.At(ctx, max(sequence, 1))
	if err != nil {
		return err
	}
	if !v.InInbox(s.board.inboxID) {
		return noInbox(s.board.inboxID)
	}
	s.checked = sequence
	return nil
}
