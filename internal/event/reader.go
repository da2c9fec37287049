package event

import (
	"context"

	"parley/internal/viewer"
)

// Topic is a part of the logs: an account's, all of it or one conversation's.
type Topic struct {
	AccountID string
	// ConversationID narrows it; empty: everything.
	ConversationID string
}

// Reader goes along a topic, event by event, as they are committed. It is for
// one goroutine. It shows all events, whoever may see them: see Visible.
type Reader struct {
	hub      *hub
	topic    *topic
	position int64
	pending  []*Entry
	// scanned is the position once the pending entries are reported.
	scanned int64
}

// Follow returns a reader of what follows a position; nil: of what is committed
// from now on. A position below the log's floor is CURSOR_EXPIRED, one beyond
// its end INVALID.
func (f *Feed) Follow(ctx context.Context, t Topic, after *int64) (*Reader, error) {
	h, err := f.acquireHub(ctx, t.AccountID)
	if err != nil {
		return nil, err
	}
	r := &Reader{hub: h, topic: h.joinTopic(t.ConversationID)}
	log, err := f.store.Client(h.ctx).AccountSequence.Query().Only(viewer.NewContext(ctx, viewer.FromContext(h.ctx)))
	if err == nil && after != nil {
		err = CheckBounds(*after, log)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	r.position = log.Sequence
	if after != nil {
		r.position = *after
	}
	return r, nil
}

// joinTopic returns the hub's topic, which remembers what follows from now on.
func (h *hub) joinTopic(conversationID string) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[conversationID]
	if t == nil {
		t = newTopic(conversationID, h.head)
		h.topics[conversationID] = t
	}
	t.readers++
	return t
}

func (h *hub) leaveTopic(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.readers--; t.readers == 0 {
		delete(h.topics, t.conversationID)
	}
}

// Close ends the reader.
func (r *Reader) Close() {
	if r.hub == nil {
		return
	}
	r.hub.leaveTopic(r.topic)
	r.hub.feed.releaseHub(r.hub)
	r.hub = nil
}

// Position is the number up to which everything of the topic was returned.
func (r *Reader) Position() int64 { return r.position }

// Next waits for the topic's next event and returns it. Errors: ctx's, and
// CURSOR_EXPIRED when the log was cut off behind a reader that stood still.
func (r *Reader) Next(ctx context.Context) (*Entry, error) {
	for {
		e, more, err := r.Peek(ctx)
		if e != nil || err != nil {
			return e, err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Peek returns the topic's next event without waiting for it. If there is none
// yet, it returns a channel that is closed when there may be one, for those who
// wait for several things; then they call it again.
func (r *Reader) Peek(ctx context.Context) (*Entry, <-chan struct{}, error) {
	for {
		if len(r.pending) > 0 {
			e := r.pending[0]
			r.pending = r.pending[1:]
			r.position = e.Sequence
			if len(r.pending) == 0 {
				r.position = max(r.position, r.scanned)
			}
			return e, nil, nil
		}
		e, more, known := r.topic.after(r.position)
		if known {
			if e != nil {
				r.position = e.Sequence
			}
			return e, more, nil
		}
		if err := r.replayTable(ctx); err != nil {
			return nil, nil, err
		}
	}
}

// replayPage is how many events a reader that is behind reads at once.
const replayPage = 200

// replayTable reads on from the table. The hub's head bounds it: what follows comes
// from memory.
func (r *Reader) replayTable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	r.hub.mu.Lock()
	head := r.hub.head
	r.hub.mu.Unlock()
	entries, err := r.hub.readPage(r.position, head, r.topic.conversationID, replayPage)
	if err != nil {
		return err
	}
	log, err := r.hub.feed.store.Client(r.hub.ctx).AccountSequence.Query().Only(r.hub.ctx)
	if err != nil {
		return err
	}
	if err := CheckBounds(r.position, log); err != nil {
		return err
	}
	r.pending, r.scanned = entries, 0
	if len(entries) < replayPage {
		r.scanned = head
	}
	if len(entries) == 0 {
		r.position = max(r.position, head)
	}
	return nil
}
