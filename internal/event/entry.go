package event

import (
	"errors"
	"sync"

	"parley/ent"
	"parley/internal/vocab"
)

// Entry is an event as a node's readers share it: one value for all of them
// while the node remembers it.
type Entry struct {
	*ent.Event

	mu      sync.Mutex
	derived map[any]*derivation
}

// AboutConversation is the conversation that the entry is about; "": none. A purged
// one is the subject of its last event.
func (e *Entry) AboutConversation() string {
	if e.ConversationID == "" && e.Type == vocab.ConversationPurged {
		return e.SubjectID
	}
	return e.ConversationID
}

var errNotMade = errors.New("the meaning of an event could not be determined")

type derivation struct {
	once  sync.Once
	value any
	err   error
}

// Derive returns what make makes of an entry: made once for each key, and shared
// by all who ask for it. An error is not kept: the next who asks tries again.
func Derive[T any](e *Entry, key any, make func() (T, error)) (T, error) {
	d := e.derivation(key)
	d.once.Do(func() {
		d.err = errNotMade // should make panic, no one else takes it for made
		d.value, d.err = make()
	})
	if d.err != nil {
		e.forgetDerivation(key, d)
		var none T
		return none, d.err
	}
	return d.value.(T), nil //nolint:errcheck // a key has one type of value
}

func (e *Entry) derivation(key any) *derivation {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.derived[key]
	if d == nil {
		if e.derived == nil {
			e.derived = map[any]*derivation{}
		}
		d = &derivation{}
		e.derived[key] = d
	}
	return d
}

func (e *Entry) forgetDerivation(key any, d *derivation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.derived[key] == d {
		delete(e.derived, key)
	}
}
