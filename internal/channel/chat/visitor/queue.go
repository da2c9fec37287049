package visitor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/viewer"
)

// QueuePositions are the visitor's places in the queue of each of their conversations;
// nil: they do not wait, or the inbox does not show it (IN-23).
func (s *Service) QueuePositions(ctx context.Context, list []*ent.Conversation) ([]*int, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	ctx = system(ctx, v)
	queues, places := map[string]*conversation.Queue{}, make([]*int, len(list))
	for i, c := range list {
		if !conversation.WaitsUnassigned(c) {
			continue
		}
		q := queues[c.InboxID]
		if q == nil {
			if q, err = s.conversations.ReadQueue(ctx, c.InboxID); err != nil {
				return nil, err
			}
			queues[c.InboxID] = q
		}
		places[i] = q.PositionOf(c)
	}
	return places, nil
}

// queueFresh is how long all streams of a node go by one reading of an inbox's queue,
// and how often they look: others leave it without an event.
const queueFresh = time.Second

// queues are the queues that a node has read lately.
type queues struct {
	mu    sync.Mutex
	known map[string]*readQueue
}

type readQueue struct {
	mu    sync.Mutex
	at    time.Time
	queue *conversation.Queue
	// since is the last event of the inbox's settings that it goes by.
	since int64
}

// queueOf reads an inbox's queue, or returns what another stream just read, but not
// before the settings were as they are since an event.
func (l *Live) queueOf(ctx context.Context, inboxID string, since int64) (*conversation.Queue, error) {
	l.queues.mu.Lock()
	if l.queues.known == nil || len(l.queues.known) > maxQueues {
		l.queues.known = map[string]*readQueue{}
	}
	r := l.queues.known[inboxID]
	if r == nil {
		r = &readQueue{}
		l.queues.known[inboxID] = r
	}
	l.queues.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := l.clock.Now(); r.queue != nil && r.since >= since && now.Sub(r.at) < queueFresh {
		return r.queue, nil
	}
	q, err := l.conversations.ReadQueue(ctx, inboxID)
	if err == nil {
		r.queue, r.at, r.since = q, l.clock.Now(), max(since, r.since)
	}
	return q, err
}

// maxQueues is how many queues a node remembers.
const maxQueues = 10_000

// queued is what a stream knows of the visitor's place.
type queued struct {
	due      bool // to look again
	position *int
	timer    *time.Timer

	settings chan struct{} // has one while the inbox's settings are new
	since    atomic.Int64  // the last event that made them so
	stop     func()        // ends that; nil: it never began
}

// followSettings has the queue looked at when the inbox's settings change: it may be
// shown from then on, or no longer.
func (s *Stream) followSettings(ctx context.Context) (err error) {
	q := &s.queue
	q.settings = make(chan struct{}, 1)
	q.stop, err = s.live.feed.OnInbox(ctx, s.conversation.AccountID, s.conversation.InboxID, func(sequence int64) {
		q.since.Store(sequence)
		select {
		case q.settings <- struct{}{}:
		default: // it will look anyway
		}
	})
	return err
}

// later is when to look again; nil: not before the conversation's next event.
func (q *queued) later() <-chan time.Time {
	if q.timer == nil {
		return nil
	}
	return q.timer.C
}

// queueChange is the visitor's place, if it is due and another one; nil: as before.
func (s *Stream) queueChange(ctx context.Context) (Change, error) {
	q := &s.queue
	if !q.due {
		return nil, nil
	}
	q.due = false
	ctx = viewer.NewContext(ctx, viewer.System("chat", s.conversation.AccountID))
	queue, err := s.live.queueOf(ctx, s.conversation.InboxID, q.since.Load())
	if err != nil {
		return nil, err
	}
	var position *int
	if queue.Shown {
		c, err := s.live.store.Client(ctx).Conversation.Get(ctx, s.conversation.ID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if c != nil && conversation.WaitsUnassigned(c) {
			position = queue.PositionOf(c)
			q.lookLater()
		}
	}
	if position == nil && q.position == nil || position != nil && q.position != nil && *position == *q.position {
		return nil, nil
	}
	q.position = position
	return &QueueChange{QueuePosition: position}, nil
}

func (q *queued) lookLater() {
	if q.timer == nil {
		q.timer = time.NewTimer(queueFresh)
	} else {
		q.timer.Reset(queueFresh)
	}
}
