package live

import (
	"slices"
	"strings"
	"sync"

	"parley/ent"
	"parley/internal/conversation/view"
)

// remembered is how many of its last steps a watch keeps for those who are
// behind.
const remembered = 128

// step is what a watch did at an event: it changed the window, or it met an
// event after which its members may be other viewers, or have another saved view or
// other tags to look for.
type step struct {
	sequence int64
	changes  *ViewChanges // nil: viewers may have changed
	viewID   string       // the saved view that changed
	tags     bool         // tags changed that the view is filtered by
	undo     []undone
}

// undone is a row that a step touched, as it was shown before; nil: it was not.
type undone struct {
	conversationID string
	row            *ent.Conversation
}

// memory is what a watch shows its members: the window, and the steps that led
// to it. The steps are counted from 0; members have a position among them.
type memory struct {
	mu      sync.Mutex
	changed chan struct{} // closed when there is something new
	awaited bool          // someone waits for the sequence to move

	ready    bool
	failed   bool // it could not be read
	sequence int64
	shown    []*ent.Conversation
	page     func() *view.Page
	snapshot *ViewSnapshot
	steps    []step
	base     int // the position of the first step
}

func (m *memory) end() int { return m.base + len(m.steps) }

// wakeWaiters wakes those who wait. The caller holds the lock.
func (m *memory) wakeWaiters() {
	close(m.changed)
	m.changed, m.awaited = make(chan struct{}), false
}

// showWindow shows a window that was read from the database.
func (m *memory) showWindow(sequence int64, shown []*ent.Conversation, page func() *view.Page) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ready, m.failed, m.sequence, m.shown, m.page, m.snapshot = true, false, sequence, shown, page, nil
	m.wakeWaiters()
}

// dropState drops the window: all who saw it are behind now.
func (m *memory) dropState() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ready, m.failed, m.base, m.steps, m.shown, m.snapshot = false, true, m.end()+1, nil, nil, nil
	m.wakeWaiters()
}

// advanceTo says that everything up to a number is shown.
func (m *memory) advanceTo(sequence int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sequence = sequence
	if m.awaited {
		m.wakeWaiters()
	}
}

// addStep makes a step; shown is the window after it.
func (m *memory) addStep(s step, shown []*ent.Conversation, page func() *view.Page) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.steps = append(m.steps, s)
	m.sequence, m.shown, m.page, m.snapshot = s.sequence, shown, page, nil
	if extra := len(m.steps) - remembered; extra > remembered/4 {
		m.steps = slices.Clone(m.steps[extra:])
		m.base += extra
	}
	m.wakeWaiters()
}

// takeSnapshot returns the snapshot, the same for all who take it before the next event.
// The caller holds the lock.
func (m *memory) takeSnapshot() *ViewSnapshot {
	if m.snapshot == nil || m.snapshot.Sequence != m.sequence {
		m.snapshot = &ViewSnapshot{Sequence: m.sequence, Conversations: m.page()}
		m.snapshot.Conversations.Sequence = m.sequence
	}
	return m.snapshot
}

// windowAt is the window as it was at a position, newest steps undone first;
// false: it is not remembered.
func (m *memory) windowAt(position int) ([]*ent.Conversation, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if position < m.base {
		return nil, false
	}
	rows := byID(m.shown)
	for i := len(m.steps) - 1; i >= position-m.base; i-- {
		for _, u := range m.steps[i].undo {
			if u.row == nil {
				delete(rows, u.conversationID)
			} else {
				rows[u.conversationID] = u.row
			}
		}
	}
	rest := make([]*ent.Conversation, 0, len(rows))
	for _, c := range rows {
		rest = append(rest, c)
	}
	slices.SortFunc(rest, func(a, b *ent.Conversation) int { return strings.Compare(a.ID, b.ID) })
	return rest, true
}

// reached is the number up to which everything is shown.
func (m *memory) reached() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sequence
}

// stepAt returns the step at a position, or a channel that is closed when there
// may be one; known is false when it is not remembered any longer.
func (m *memory) stepAt(position int) (s *step, wait <-chan struct{}, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case position < m.base:
		return nil, nil, false
	case position == m.end():
		return nil, m.changed, true
	}
	return &m.steps[position-m.base], nil, true
}

// current returns the window as it is and the position to go on from, or a
// channel that is closed when there may be one; errUnread: it could not be read.
func (m *memory) current() (*ViewSnapshot, int, <-chan struct{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed {
		return nil, 0, m.changed, errUnread
	}
	if !m.ready {
		return nil, 0, m.changed, nil
	}
	return m.takeSnapshot(), m.end(), nil, nil
}

// reaching returns the window and the position to go on from as soon as
// everything up to a number is shown; until then a channel that is closed when
// that may be so.
func (m *memory) reaching(sequence int64) (shown []*ent.Conversation, reached int64, position int, wait <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ready || m.sequence < sequence {
		m.awaited = true
		return nil, 0, 0, m.changed
	}
	return m.shown, m.sequence, m.end(), nil
}
