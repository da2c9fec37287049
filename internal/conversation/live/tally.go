package live

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"parley/internal/conversation/view"
	"parley/internal/event"
	"parley/internal/paging"
)

// recountAfter is how long after one count what cannot be kept up by single rows is
// counted again.
const recountAfter = 10 * time.Second

// rowTotal is how many conversations a selection has, and how many of them are unread.
type rowTotal struct {
	Rows, Unread int
	// Unknown: there are more than lists count.
	Unknown bool
}

// tally keeps how many conversations a selection has, for all who ask the same: with
// each event where rows say what they match, and otherwise, or where there are
// too many, by counting again.
type tally struct {
	*target
	live    *Service
	members int // guarded by the registry
	cancel  context.CancelFunc
	wanted  chan struct{} // it is time to count again

	// rows are the conversations that match, and whether they are unread; nil: they
	// are too many. They are the follower's alone, as is whether a count is due.
	rows map[string]bool
	due  *time.Timer

	mu        sync.Mutex
	total     *rowTotal // nil: not counted yet
	failed    bool
	sequence  int64
	authority int64 // the last event after which someone may look at something else
	pending   bool  // it is to be counted again
	changed   chan struct{}
	awaited   chan struct{}
}

func (t *tally) name() string { return "count of a live view" }

func (t *tally) readerRequests() <-chan struct{} { return t.wanted }

// loadState counts.
func (t *tally) loadState(ctx context.Context, sequence int64) error {
	if err := t.count(ctx); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sequence, t.failed = sequence, false
	t.recordProgress()
	return nil
}

// recordProgress says that more is counted than before. The caller holds the lock.
func (t *tally) recordProgress() {
	if t.awaited != nil {
		close(t.awaited)
		t.awaited = nil
	}
}

// serveRequests counts again.
func (t *tally) serveRequests(ctx context.Context) error {
	t.due = nil
	if err := t.count(ctx); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending = false
	t.recordProgress()
	return nil
}

// count reads all places of the selection, and which of them are unread.
func (t *tally) count(ctx context.Context) error {
	most := t.live.views.Limits.Count
	t.rows = map[string]bool{}
	if err := t.readPlaces(ctx, t.plan, most, false); err != nil {
		return err
	}
	if len(t.rows) > most {
		t.rows = nil
	} else if t.unread != nil {
		if err := t.readPlaces(ctx, t.unread, most, true); err != nil {
			return err
		}
	}
	t.show()
	return nil
}

func (t *tally) readPlaces(ctx context.Context, p *view.Plan, most int, unread bool) error {
	const page = 5000
	var from *paging.Key
	for {
		found, next, err := t.live.views.NextPlaces(ctx, p, from, page)
		if err != nil {
			return err
		}
		for _, place := range found {
			if _, has := t.rows[place.ID]; has || !unread {
				t.rows[place.ID] = unread
			}
		}
		if next == nil || len(t.rows) > most {
			return nil
		}
		from = next
	}
}

// show has those who wait see the total, if it is another.
func (t *tally) show() {
	total := rowTotal{Rows: len(t.rows), Unknown: t.rows == nil}
	for _, unread := range t.rows {
		if unread {
			total.Unread++
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.total == nil || *t.total != total {
		t.total = &total
		t.wake()
	}
}

// wake wakes those who wait. The caller holds the lock.
func (t *tally) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// dropState drops the total until it can be counted again.
func (t *tally) dropState() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = true
	t.wake()
}

// applyEvent goes on by an event.
func (t *tally) applyEvent(ctx context.Context, e *event.Entry) error {
	var err error
	switch {
	case e.AboutConversation() != "" && t.concerns(e):
		err = t.followConversation(ctx, e)
	case e.Type.ChangesContact():
		var again bool
		if again, err = t.live.foundOtherwise(ctx, t.plan, e); again {
			t.countLater()
		}
	}
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sequence = e.Sequence
	if t.changesMembers(e) {
		t.authority = e.Sequence
		t.wake()
	}
	t.recordProgress()
	return nil
}

// concerns reports whether an event of a conversation can change what is shown.
func (t *target) concerns(e *event.Entry) bool {
	if !e.Type.ChangesRow() || e.UserID != "" && e.UserID != t.reader {
		return false
	}
	return slices.Contains(t.plan.Inboxes, e.InboxID)
}

// followConversation takes in what became of an event's conversation.
func (t *tally) followConversation(ctx context.Context, e *event.Entry) error {
	if t.rows == nil || t.plan.NeedsQuery() {
		t.countLater()
		return nil
	}
	row, err := t.live.rowOf(ctx, e)
	if err != nil {
		return err
	}
	conversationID := e.AboutConversation()
	was, had := t.rows[conversationID]
	read := func() view.Position {
		position, failed := t.live.positionOf(ctx, e, t.plan.User)
		err = errors.Join(err, failed)
		return position
	}
	has := row != nil && t.plan.Admits(row, read)
	unread := has && t.unread != nil && view.IsUnread(row, read())
	if err != nil || has == had && was == unread {
		return err
	}
	if has {
		t.rows[conversationID] = unread
	} else {
		delete(t.rows, conversationID)
	}
	if len(t.rows) > t.live.views.Limits.Count {
		t.rows = nil
	}
	t.show()
	return nil
}

// countLater has it counted again, once for all that happens until then.
func (t *tally) countLater() {
	if t.due != nil {
		return
	}
	t.mu.Lock()
	t.pending = true
	t.mu.Unlock()
	t.due = time.AfterFunc(t.live.recount, func() {
		select {
		case t.wanted <- struct{}{}:
		default:
		}
	})
}
