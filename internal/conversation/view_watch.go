package conversation

import (
	"context"
	"errors"
	"slices"

	"parley/ent"
	"parley/internal/event"
	"parley/internal/relay"
	"parley/internal/vocab"
)

// watch keeps the window of one target, for all who look at the same. Its
// memory is what they see of it; all else is its own goroutine's.
type watch struct {
	*target
	memory
	live   *Live
	window window

	members int // guarded by the registry
	cancel  context.CancelFunc
}

// asked and tend: a watch has nothing to do but to follow.
func (w *watch) asked() <-chan struct{}     { return nil }
func (w *watch) tend(context.Context) error { return nil }

// begin reads the window.
func (w *watch) begin(ctx context.Context, sequence int64) error {
	if err := w.read(ctx); err != nil {
		return err
	}
	shown := slices.Clone(w.window.shown())
	w.memory.begin(sequence, shown, w.pager(shown))
	return nil
}

// read reads the window from the list's beginning.
func (w *watch) read(ctx context.Context) error {
	w.window = window{plan: w.plan, size: w.size, most: w.size + w.live.limits.spare}
	return w.fill(ctx)
}

// fill reads on from the window's end, or from the list's beginning, until the
// window knows as many rows as it keeps. What it reads may be newer than the
// last event: the events that follow change nothing then.
func (w *watch) fill(ctx context.Context) error {
	walk := walk{plan: w.plan, limit: w.window.most - len(w.window.known) + 1, limits: w.live.limits}
	if end := w.window.end; end != nil {
		walk.from = &relay.Key{Value: end.key, ID: end.id}
	}
	found, stopped, err := walk.places(ctx, w.live.store)
	if err != nil {
		return err
	}
	if len(found) == walk.limit {
		found = found[:walk.limit-1]
		stopped = &found[len(found)-1]
	}
	rows, err := w.live.rows(ctx, found)
	if err != nil {
		return err
	}
	w.window.end = stopped
	for _, c := range rows {
		w.window.put(c)
	}
	return nil
}

// pager makes the window's page, as a list would.
func (w *watch) pager(shown []*ent.Conversation) func() *Page {
	p, end, more := w.plan, w.window.end, w.window.end != nil || len(w.window.known) > len(shown)
	return func() *Page {
		page := &Page{Count: func(ctx context.Context) (*int, error) { return w.live.count(ctx, w.sel) }}
		if p.empty {
			page.Count = func(context.Context) (*int, error) { return new(int), nil }
		}
		args, err := relay.PageArgs{First: &w.size}.Resolve(defaultPage)
		if err != nil {
			panic(err) // the size was checked
		}
		page.Connection = *relay.Build(shown, args, func(c *ent.Conversation) string { return p.cursor(p.placeOf(c)) })
		page.PageInfo.HasNextPage = more
		if end != nil && len(shown) < w.size {
			goOn(&page.PageInfo, args, p.cursor(*end))
		}
		return page
	}
}

// apply goes on by an event: what it did to the window is one step.
func (w *watch) apply(ctx context.Context, e *event.Entry) error {
	if changesViewers(e) {
		s := step{sequence: e.Sequence}
		if isViewEvent(e) {
			s.viewID = e.SubjectID
		}
		shown := slices.Clone(w.window.shown())
		w.add(s, shown, w.pager(shown))
	}
	var err error
	switch {
	case conversationOf(e) != "":
		err = w.followConversation(ctx, e)
	case e.Type == vocab.ContactUpdated:
		err = w.followContact(ctx, e)
	}
	w.reach(e.Sequence)
	return err
}

// changesViewers reports whether members may look at something else afterwards.
// Whom a conversation is with matters to visitors alone.
func changesViewers(e *event.Entry) bool {
	return isViewEvent(e) || event.Authority(e.Event) && e.Type != vocab.ContactLinked
}

func isViewEvent(e *event.Entry) bool {
	return e.Type == vocab.SavedViewUpdated || e.Type == vocab.SavedViewDeleted
}

// concerns reports whether an event of a conversation can change what is shown.
func (w *watch) concerns(e *event.Entry) bool {
	if e.Type == vocab.MessageDeliveryChanged || e.Type == vocab.ConversationRead && e.UserID != w.reader {
		return false
	}
	return slices.Contains(w.plan.inboxes, e.InboxID)
}

// followConversation puts an event's conversation where it belongs now.
func (w *watch) followConversation(ctx context.Context, e *event.Entry) error {
	if !w.concerns(e) {
		return nil
	}
	row, err := w.live.rowOf(ctx, e)
	if err != nil {
		return err
	}
	conversationID := conversationOf(e)
	known := w.window.find(conversationID)
	if row != nil && known != nil && known.Revision >= row.Revision {
		row = known // it was read after the event
	}
	shows, err := w.shows(ctx, e, row, known != nil)
	if err != nil || known == nil && !shows {
		return err
	}
	before := slices.Clone(w.window.shown())
	if shows {
		w.window.put(row)
	} else {
		w.window.drop(conversationID)
	}
	reason := func(c *ent.Conversation) vocab.LeftReason {
		if c.ID == conversationID && !shows {
			return vocab.LeftNoMatch
		}
		return vocab.LeftWindow
	}
	return w.tell(ctx, e, before, map[string]bool{conversationID: e.Type == vocab.ConversationRead}, reason)
}

// shows reports whether the view shows a row, after an event of it.
func (w *watch) shows(ctx context.Context, e *event.Entry, row *ent.Conversation, known bool) (bool, error) {
	if row == nil {
		return false, nil
	}
	var failed error
	read := func() int {
		number, err := w.live.readNumberOf(ctx, e, w.plan.user)
		failed = errors.Join(failed, err)
		return number
	}
	if !w.plan.admits(row, read) || failed != nil {
		return false, failed
	}
	if !w.plan.asksMore() || known && !slices.Contains(telling, e.Type) {
		return true, nil
	}
	return w.live.finds(ctx, w.plan, row.ID)
}

// followContact tells the rows of a contact that changed. When their headers
// were written anew, which an event without changes says, what is found by words
// is read anew (IN-5).
func (w *watch) followContact(ctx context.Context, e *event.Entry) error {
	before := slices.Clone(w.window.shown())
	if len(e.Changes) > 0 {
		touched := map[string]bool{}
		for _, c := range before {
			touched[c.ID] = c.ContactID == e.SubjectID
		}
		return w.tell(ctx, e, before, touched, nil)
	}
	if len(w.plan.words) == 0 {
		return nil
	}
	if err := w.read(ctx); err != nil {
		return err
	}
	return w.tell(ctx, e, before, nil, w.leftBehind)
}

// leftBehind is why a row is not in a window that was read anew.
func (w *watch) leftBehind(c *ent.Conversation) vocab.LeftReason {
	if end := w.window.end; end != nil && w.window.before(*end, w.plan.placeOf(c)) {
		return vocab.LeftWindow
	}
	return vocab.LeftNoMatch
}

// tell fills the window and makes a step of how it differs from before.
func (w *watch) tell(ctx context.Context, e *event.Entry, before []*ent.Conversation, touched map[string]bool, gone func(*ent.Conversation) vocab.LeftReason) error {
	if w.window.short() {
		if err := w.fill(ctx); err != nil {
			return err
		}
	}
	shown := slices.Clone(w.window.shown())
	changes := w.plan.difference(before, shown, touched, gone)
	if len(changes) > 0 {
		s := step{sequence: e.Sequence, changes: &ViewChanges{Sequence: e.Sequence, Changes: changes}, undo: undo(before, changes)}
		w.add(s, shown, w.pager(shown))
	}
	return nil
}

// undo is what the changed rows were before.
func undo(before []*ent.Conversation, changes []ViewChange) []undone {
	was := byID(before)
	list := make([]undone, len(changes))
	for i, change := range changes {
		switch c := change.(type) {
		case *ConversationEntered:
			list[i].conversationID = c.Conversation.ID
		case *ConversationChanged:
			list[i].conversationID = c.Conversation.ID
		case *ConversationLeft:
			list[i].conversationID = c.ConversationID
		}
		list[i].row = was[list[i].conversationID]
	}
	return list
}
