package notification

import (
	"sync"
	"time"
)

const (
	// mostPushing is how many pushes are sent at a time on a node, and mostPushingTo to one
	// push service: one that is slow takes up few of the queue's workers.
	mostPushing   = 6
	mostPushingTo = 3
	// laneWait is how long a push waits that finds no place.
	laneWait = time.Second
)

// lanes bound how many pushes are sent at a time. The zero value is good.
type lanes struct {
	mu   sync.Mutex
	all  int
	each map[string]int
}

// takePlace takes a place for a push to a host; false: there is none.
func (l *lanes) takePlace(host string) (leave func(), free bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= mostPushing || l.each[host] >= mostPushingTo {
		return nil, false
	}
	if l.each == nil {
		l.each = map[string]int{}
	}
	l.all++
	l.each[host]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all--
		if l.each[host]--; l.each[host] == 0 {
			delete(l.each, host)
		}
	}, true
}
