package live_test

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// stage is a desk with streams.
type stage struct {
	*desk.Desk
	live *live.Service
	feed *event.Feed
}

// eachStage runs the test on each database.
func eachStage(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Helper()
	desk.Each(t, func(t *testing.T, d *desk.Desk) { test(t, stageOn(d, &wire{})) })
}

func stageOn(d *desk.Desk, bus event.Bus) *stage {
	feed := event.NewFeed(d.Store, bus, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); feed.Run(ctx) }()
	d.T.Cleanup(func() { cancel(); <-done })
	return &stage{Desk: d, live: live.New(d.Store, feed, slog.New(slog.DiscardHandler)), feed: feed}
}

// wire is a bus within the process; a cut one carries nothing.
type wire struct {
	mu        sync.Mutex
	cut       bool
	listeners map[string][]*func([]byte)
}

func (w *wire) Publish(subject string, data []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.listeners[subject] {
		if !w.cut {
			(*l)(data)
		}
	}
	return nil
}

func (w *wire) Listen(subject string, deliver func([]byte)) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listeners == nil {
		w.listeners = map[string][]*func([]byte){}
	}
	own := &deliver
	w.listeners[subject] = append(w.listeners[subject], own)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.listeners[subject] = slices.DeleteFunc(w.listeners[subject], func(l *func([]byte)) bool { return l == own })
	}, nil
}

// person is a viewer who may change while streams run for them.
type person struct {
	mu      sync.Mutex
	viewer  *viewer.Viewer
	ended   error
	changed chan struct{}
}

func newPerson(ctx context.Context) *person {
	return &person{viewer: viewer.FromContext(ctx), changed: make(chan struct{})}
}

func (p *person) At(context.Context, int64) (*viewer.Viewer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.viewer, p.ended
}

func (p *person) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// becomes a member of these inboxes alone.
func (p *person) becomes(inboxes ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := *p.viewer
	v.InboxIDs = slices.Sorted(slices.Values(inboxes))
	p.viewer = &v
}

// notices has the streams of the person look at once.
func (p *person) notices() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
}

// context is what requests of the person have now.
func (p *person) context(ctx context.Context) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	return viewer.NewLiveContext(viewer.NewContext(ctx, p.viewer), p)
}

// joins makes a person a member of these inboxes alone, and tells it in the log.
func (s *stage) joins(p *person, inboxes ...string) {
	s.T.Helper()
	s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
		tx.AfterCommit(func() {})
		p.becomes(inboxes...) // no one sees the event before the commit
		tx.Append(ctx, store.Event{Type: vocab.MemberAdded, InboxID: s.InboxIDs[0], SubjectID: p.viewer.ActorID})
		return nil
	})
}

// screen is what a client makes of a stream.
type screen struct {
	*live.ViewStream
	s        *stage
	who      *person
	sel      view.Selection
	size     int
	rows     map[string]*live.ConversationEntered
	sequence int64
	resets   int
	left     map[string]vocab.LeftReason
	changes  int
}

func (s *stage) watches(who *person, sel view.Selection, size int) *screen {
	s.T.Helper()
	stream := check.Must(s.live.View(who.context(s.T.Context()), sel, &size, false))(s.T)
	s.T.Cleanup(stream.Close)
	return &screen{ViewStream: stream, s: s, who: who, sel: sel, size: size, rows: map[string]*live.ConversationEntered{}, left: map[string]vocab.LeftReason{}}
}

// head is the number of the newest event.
func (s *stage) head() int64 {
	s.T.Helper()
	return check.Must(s.Store.Client(s.System).AccountSequence.Get(s.System, s.AccountID))(s.T).Sequence
}

// sees takes in everything that happened until now.
func (c *screen) sees() []live.ViewUpdate {
	c.s.T.Helper()
	ctx, cancel := context.WithTimeout(c.who.context(c.s.T.Context()), time.Minute)
	defer cancel()
	updates := check.Must(c.Until(ctx, c.s.head()))(c.s.T)
	for _, u := range updates {
		c.take(u)
	}
	return updates
}

func (c *screen) take(update live.ViewUpdate) {
	c.s.T.Helper()
	switch u := update.(type) {
	case *live.ViewSnapshot:
		clear(c.rows)
		for _, e := range u.Conversations.Edges {
			c.rows[e.Node.ID] = &live.ConversationEntered{Cursor: e.Cursor, Conversation: e.Node}
		}
		c.later(u.Sequence)
	case *live.ViewReset:
		c.resets++
	case *live.ViewChanges:
		c.later(u.Sequence)
		if len(u.Changes) == 0 {
			c.s.T.Error("changes without a change")
		}
		for _, change := range u.Changes {
			c.change(change)
		}
	}
	if len(c.rows) > c.size {
		c.s.T.Errorf("%d rows in a window of %d", len(c.rows), c.size)
	}
}

func (c *screen) later(sequence int64) {
	c.s.T.Helper()
	if sequence < c.sequence {
		c.s.T.Errorf("sequence %d after %d", sequence, c.sequence)
	}
	c.sequence = sequence
}

func (c *screen) change(change live.ViewChange) {
	c.s.T.Helper()
	c.changes++
	switch u := change.(type) {
	case *live.ConversationEntered:
		if c.rows[u.Conversation.ID] != nil {
			c.s.T.Errorf("%s entered twice", u.Conversation.ID)
		}
		c.rows[u.Conversation.ID] = u
	case *live.ConversationChanged:
		if c.rows[u.Conversation.ID] == nil {
			c.s.T.Errorf("%s changed and is not there", u.Conversation.ID)
		}
		c.rows[u.Conversation.ID] = &live.ConversationEntered{Cursor: u.Cursor, Conversation: u.Conversation}
	case *live.ConversationLeft:
		if c.rows[u.ConversationID] == nil {
			c.s.T.Errorf("%s left and is not there", u.ConversationID)
		}
		delete(c.rows, u.ConversationID)
		c.left[u.ConversationID] = u.Reason
	}
}

// shown is what the client shows: ids and cursors, sorted by cursor.
func (c *screen) shown() []edge {
	list := []edge{}
	for id, row := range c.rows {
		list = append(list, edge{row.Cursor, id, row.Conversation.Revision})
	}
	slices.SortFunc(list, func(a, b edge) int { return cmp.Compare(a.Cursor, b.Cursor) })
	return list
}

type edge struct {
	Cursor, ID string
	Revision   int
}

// right checks that the client shows what a list would.
func (c *screen) right(label string) {
	c.s.T.Helper()
	c.sees()
	want := []edge{}
	page, err := c.s.Desk.List(c.who.context(c.s.T.Context()), c.sel, paging.PageArgs{First: &c.size})
	if err == nil {
		for _, e := range page.Edges {
			want = append(want, edge{e.Cursor, e.Node.ID, e.Node.Revision})
		}
	} else if !errs.Is(err, errs.NotFound) {
		c.s.T.Fatal(err)
	}
	if got := c.shown(); !slices.Equal(got, want) {
		c.s.T.Errorf("%s: %s %s %+v:\n got %v\nwant %v", label, c.sel.View, c.sel.Order, c.sel.Filter, got, want)
	}
}
