package live

import (
	"context"
	"errors"
	"slices"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/conversation/view"
	"parley/internal/event"
	"parley/internal/paging"
	"parley/internal/tag"
	"parley/internal/vocab"
)

// watch keeps the window of one target, for all who look at the same. Its
// memory is what they see of it; all else is its own goroutine's.
type watch struct {
	*target
	memory
	live   *Service
	window window

	members int // guarded by the registry
	cancel  context.CancelFunc
}

func (w *watch) name() string { return "live view " + string(w.sel.View) }

// readerRequests and serveRequests: a watch has nothing to do but to follow.
func (w *watch) readerRequests() <-chan struct{}     { return nil }
func (w *watch) serveRequests(context.Context) error { return nil }

// loadState reads the window.
func (w *watch) loadState(ctx context.Context, sequence int64) error {
	if err := w.readWindow(ctx); err != nil {
		return err
	}
	shown := slices.Clone(w.window.shown())
	w.memory.showWindow(sequence, shown, w.pager(shown))
	return nil
}

// readWindow reads the window from the list's beginning.
func (w *watch) readWindow(ctx context.Context) error {
	w.window = window{plan: w.plan, size: w.size, most: w.size + w.live.spare}
	return w.fillWindow(ctx)
}

// mostReads is how often at once a window reads on that is still short: what is found by
// words is read in bounded steps.
const mostReads = 100

// fillWindow reads on until the window is full, or the list is at its end.
func (w *watch) fillWindow(ctx context.Context) error {
	for range mostReads {
		if err := w.readOn(ctx); err != nil || !w.window.short() {
			return err
		}
	}
	return nil
}

// readOn reads on from the window's end, or from the list's beginning, until the
// window knows as many rows as it keeps. What it reads may be newer than the
// last event: the events that follow change nothing then.
func (w *watch) readOn(ctx context.Context) error {
	rows, end, err := w.live.views.RowsAfter(ctx, w.plan, w.window.end, w.window.most-len(w.window.known))
	if err != nil {
		return err
	}
	w.window.end = end
	for _, c := range rows {
		w.window.placeRow(c)
	}
	return nil
}

// pager makes the window's page, as a list would.
func (w *watch) pager(shown []*ent.Conversation) func() *view.Page {
	p, end, more := w.plan, w.window.end, w.window.end != nil || len(w.window.known) > len(shown)
	return func() *view.Page {
		page := &view.Page{Count: func(ctx context.Context) (*int, error) { return w.live.views.Count(ctx, w.sel) }}
		if p.Empty {
			page.Count = func(context.Context) (*int, error) { return new(int), nil }
		}
		args, err := paging.PageArgs{First: &w.size, Most: MaxWindow}.Resolve(view.DefaultPage)
		if err != nil {
			panic(err) // the size was checked
		}
		page.Connection = *paging.Build(shown, args, func(c *ent.Conversation) string { return p.Cursor(p.PlaceOf(c)) })
		page.PageInfo.HasNextPage = more
		if end != nil && len(shown) < w.size {
			view.GoOnAt(&page.PageInfo, args, p.Cursor(*end))
		}
		return page
	}
}

// applyEvent goes on by an event: what it did to the window is one step.
func (w *watch) applyEvent(ctx context.Context, e *event.Entry) error {
	if w.changesMembers(e) {
		s := step{sequence: e.Sequence, tags: e.Type.ChangesTag()}
		if e.Type.ChangesSavedView() {
			s.viewID = e.SubjectID
		}
		shown := slices.Clone(w.window.shown())
		w.addStep(s, shown, w.pager(shown))
	}
	var err error
	switch {
	case e.AboutConversation() != "":
		err = w.followConversation(ctx, e)
	case e.Type.ChangesContact():
		err = w.followContact(ctx, e)
	case e.Type.ChangesTag():
		err = w.followTag(ctx, e)
	}
	w.advanceTo(e.Sequence)
	return err
}

// changesMembers reports whether members may look at something else afterwards.
func (t *target) changesMembers(e *event.Entry) bool {
	return e.Type.ChangesSavedView() || e.Type.ChangesAuthority() || e.Type.ChangesTag() && t.plan.NamesTags()
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
	conversationID := e.AboutConversation()
	known := w.window.findRow(conversationID)
	if row != nil && known != nil && known.Revision >= row.Revision {
		row = known // it was read after the event
	}
	shows, err := w.shows(ctx, e, row, known != nil)
	if err != nil || known == nil && !shows {
		return err
	}
	before := slices.Clone(w.window.shown())
	if shows {
		w.window.placeRow(row)
	} else {
		w.window.dropRow(conversationID)
	}
	// What is read or drafted, and what became of a message, raises no revision.
	touched := map[string]bool{conversationID: e.Type.KeepsRevision()}
	return w.addChanges(ctx, e, before, touched, leftByEvent(conversationID, shows))
}

// shows reports whether the view shows a row, after an event of it.
func (w *watch) shows(ctx context.Context, e *event.Entry, row *ent.Conversation, known bool) (bool, error) {
	if row == nil {
		return false, nil
	}
	var failed error
	read := func() view.Position {
		position, err := w.live.positionOf(ctx, e, w.plan.User)
		failed = errors.Join(failed, err)
		return position
	}
	if !w.plan.Admits(row, read) || failed != nil {
		return false, failed
	}
	if !w.plan.NeedsQuery() || known && !e.Type.ChangesContent() && !w.plan.Mixed() {
		return true, nil
	}
	return w.live.views.Lists(ctx, w.plan, row.ID)
}

// followContact tells the rows of a contact that changed, and reads the window again
// where the view may show others by it.
func (w *watch) followContact(ctx context.Context, e *event.Entry) error {
	before := slices.Clone(w.window.shown())
	touched := map[string]bool{}
	for _, c := range before {
		touched[c.ID] = len(e.Changes) > 0 && c.ContactID == e.SubjectID
	}
	again, err := w.live.foundOtherwise(ctx, w.plan, e)
	if err != nil {
		return err
	}
	switch {
	case !again && len(e.Changes) == 0:
		return nil
	case !again:
		return w.addChanges(ctx, e, before, touched, nil)
	}
	if err := w.readWindow(ctx); err != nil {
		return err
	}
	return w.addChanges(ctx, e, before, touched, w.leftBehind)
}

type contactKey struct{}

// foundOtherwise reports whether a plan may find other conversations after an event of a
// contact. What is found by words may when the headers were written again, which an event
// without changes says (IN-5); what is found by the contact's properties, when those are
// others and a conversation has the contact, or after a merge (CR-11).
func (l *Service) foundOtherwise(ctx context.Context, p *view.Plan, e *event.Entry) (bool, error) {
	if len(p.Words) > 0 && len(e.Changes) == 0 {
		return true, nil
	}
	if !p.ReadsContacts() || e.Type != vocab.ContactUpdated {
		return p.ReadsContacts(), nil
	}
	if !slices.ContainsFunc(e.Changes, func(c vocab.FieldChange) bool { return c.Field == "properties" }) {
		return false, nil
	}
	return event.Derive(e, contactKey{}, func() (bool, error) {
		ctx := context.WithoutCancel(ctx)
		return l.store.Client(ctx).Conversation.Query().Where(entconversation.ContactID(e.SubjectID)).Exist(ctx)
	})
}

type tagKey struct{}

// followTag tells the rows that have a tag which changed, by whichever of the ids that
// stand for it now (IN-31): their state is the same.
func (w *watch) followTag(ctx context.Context, e *event.Entry) error {
	if e.Type == vocab.TagCreated {
		return nil
	}
	ids, err := event.Derive(e, tagKey{}, func() ([]string, error) {
		return tag.AllOf(context.WithoutCancel(ctx), w.live.store.Client(ctx), e.SubjectID)
	})
	if err != nil {
		return err
	}
	before := slices.Clone(w.window.shown())
	touched := map[string]bool{}
	for _, c := range before {
		touched[c.ID] = slices.ContainsFunc(c.Tags, func(tagID string) bool { return slices.Contains(ids, tagID) })
	}
	return w.addChanges(ctx, e, before, touched, nil)
}

// addChanges fills the window and makes a step of how it differs from before.
func (w *watch) addChanges(ctx context.Context, e *event.Entry, before []*ent.Conversation, touched map[string]bool, gone func(*ent.Conversation) vocab.LeftReason) error {
	if w.window.short() {
		if err := w.fillWindow(ctx); err != nil {
			return err
		}
	}
	shown := slices.Clone(w.window.shown())
	changes := difference(w.plan, before, shown, touched, gone)
	if len(changes) > 0 {
		s := step{sequence: e.Sequence, changes: &ViewChanges{Sequence: e.Sequence, Changes: changes}, undo: undo(before, changes)}
		w.addStep(s, shown, w.pager(shown))
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
