package event

import (
	"sort"
	"sync"
)

// remembered is how many of a topic's last events a node keeps in memory.
const remembered = 1024

// topic is what some readers of an account follow: all of its log, or one
// conversation's part of it. It remembers the last events.
type topic struct {
	conversationID string // "": all
	readers        int    // guarded by the hub

	mu      sync.RWMutex
	entries []*Entry
	// floor: what follows this number is among the entries.
	floor int64
	// changed is closed when entries are added.
	changed chan struct{}
}

func newTopic(conversationID string, head int64) *topic {
	return &topic{conversationID: conversationID, floor: head, changed: make(chan struct{})}
}

// addEntries remembers new entries and wakes the readers.
func (t *topic) addEntries(entries []*Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entries = append(t.entries, entries...)
	if extra := len(t.entries) - remembered; extra > remembered/4 {
		t.floor = t.entries[extra-1].Sequence
		t.entries = append(make([]*Entry, 0, 2*remembered), t.entries[extra:]...)
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

// after returns the first entry after a position, or a channel that is closed
// when there may be one; known is false when the topic no longer remembers what
// follows that position.
func (t *topic) after(position int64) (e *Entry, more <-chan struct{}, known bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if position < t.floor {
		return nil, nil, false
	}
	n := len(t.entries)
	if n == 0 || t.entries[n-1].Sequence <= position {
		return nil, t.changed, true
	}
	if last := t.entries[n-1]; n == 1 || t.entries[n-2].Sequence <= position {
		return last, nil, true
	}
	i := sort.Search(n, func(i int) bool { return t.entries[i].Sequence > position })
	return t.entries[i], nil, true
}
