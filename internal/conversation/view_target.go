package conversation

import (
	"context"
	"encoding/json"
	"slices"

	"parley/internal/relay"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// target is what a live view shows one viewer, and with it whom they share a
// watch with: those of the same key.
type target struct {
	sel  Selection // resolved
	plan *plan
	size int
	key  string
	// reader is whose read positions change rows; empty: nobody's.
	reader string
}

// wish is what a subscriber asked for.
type wish struct {
	sel     Selection
	size    int
	perUser bool
}

// target plans a wish for a viewer. A saved view that they do not see is
// NOT_FOUND, and so is an inbox; but a viewer who loses it while they look is
// shown nothing until they have it back.
func (l *Live) target(ctx context.Context, v *viewer.Viewer, w wish, looking bool) (*target, error) {
	ctx = viewer.NewContext(ctx, v)
	sel, err := l.resolve(ctx, w.sel)
	if err != nil {
		return nil, err
	}
	if looking && sel.InboxID != nil && !v.InInbox(*sel.InboxID) {
		sel.InboxID, sel.Filter.InboxIDs = nil, []string{}
	}
	p, err := sel.plan(ctx)
	if err != nil {
		return nil, err
	}
	t := &target{sel: sel, plan: p, size: w.size}
	if w.perUser || p.readsPositions() {
		t.reader = v.ActorID
	}
	t.key, err = t.name()
	return t, err
}

// name names everything that the view depends on.
func (t *target) name() (string, error) {
	user := t.reader
	if t.sel.View == vocab.ViewMine || slices.ContainsFunc(t.plan.filters, func(f Filter) bool { return f.people().Me }) {
		user = t.plan.user
	}
	name, err := json.Marshal(struct {
		Account, User, Reader string
		Inboxes               []string
		InboxID               *string
		View                  vocab.ConversationView
		Order                 vocab.ConversationOrder
		Filters               []Filter
		Size                  int
	}{t.plan.account, user, t.reader, t.plan.inboxes, t.sel.InboxID, t.sel.View, t.sel.Order, t.plan.filters, t.size})
	return string(name), err
}

// readsPositions reports whether what the plan shows depends on what its user
// has read.
func (p *plan) readsPositions() bool {
	return slices.ContainsFunc(p.filters, func(f Filter) bool { return f.Unread != nil })
}

// windowSize is how many rows a window has: 50 unless asked otherwise.
func windowSize(first *int) (int, error) {
	page, err := relay.PageArgs{First: first}.Resolve(defaultPage)
	return page.Limit(), err
}
