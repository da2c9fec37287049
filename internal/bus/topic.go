package bus

import (
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
)

// topic is one subject within this process: one NATS subscription and any
// number of receivers.
type topic struct {
	subject string
	sub     *nats.Subscription
	known   chan struct{} // closed: the server knows, or could not be reached

	mu      sync.Mutex // guards the rest
	members map[*Subscription]struct{}
	list    []*Subscription // the members; nil after a change
}

func (t *topic) add(s *Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.members[s] = struct{}{}
	t.list = nil
}

// remove takes s out and returns how many are left.
func (t *topic) remove(s *Subscription) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.members, s)
	t.list = nil
	return len(t.members)
}

// receivers returns those who get the next message. A list that was returned
// does not change any longer.
func (t *topic) receivers() []*Subscription {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list == nil {
		t.list = slices.AppendSeq(make([]*Subscription, 0, len(t.members)), maps.Keys(t.members))
	}
	return t.list
}

// fanOut runs on the subject's own goroutine, one message after the other.
func (t *topic) fanOut(data []byte) {
	for _, s := range t.receivers() {
		s.deliverTo(data)
	}
}
