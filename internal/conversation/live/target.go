package live

import (
	"context"
	"encoding/json"
	"slices"

	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// target is what a live view shows one viewer, and with it whom they share a
// watch with: those of the same key.
type target struct {
	sel  view.Selection // resolved
	plan *view.Plan
	size int
	key  string
	// unread is the same plan of what its reader has not read, where that is counted.
	unread *view.Plan
	// reader is whose read positions change rows; empty: no one's.
	reader string
}

// viewRequest is what a subscriber asked for.
type viewRequest struct {
	sel     view.Selection
	size    int
	perUser bool
}

// planTarget plans a request for a viewer. A saved view that they do not see is
// NOT_FOUND, and so is an inbox; but a viewer who loses it while they look is
// shown nothing until they have it back.
func (l *Service) planTarget(ctx context.Context, v *viewer.Viewer, w viewRequest, looking bool) (*target, error) {
	ctx = viewer.NewContext(ctx, v)
	sel, err := l.views.Resolve(ctx, w.sel)
	if err != nil {
		return nil, err
	}
	if looking && sel.InboxID != nil && !v.InInbox(*sel.InboxID) {
		sel.InboxID, sel.Filter.InboxIDs = nil, []string{}
	}
	p, err := sel.Plan(ctx)
	if err != nil {
		return nil, err
	}
	t := &target{sel: sel, plan: p, size: w.size}
	if w.perUser || p.ReadsPositions() {
		t.reader = v.ActorID
	}
	t.key, err = t.name()
	return t, err
}

// name names everything that the view depends on.
func (t *target) name() (string, error) {
	user := t.reader
	if t.sel.View == vocab.ViewMine || slices.ContainsFunc(t.plan.Filters, view.Filter.NamesMe) {
		user = t.plan.User
	}
	name, err := json.Marshal(struct {
		Account, User, Reader string
		Inboxes               []string
		InboxID               *string
		View                  vocab.ConversationView
		Order                 vocab.ConversationOrder
		Filters               []view.Filter
		Tags                  map[string][]string
		Size                  int
	}{t.plan.Account, user, t.reader, t.plan.Inboxes, t.sel.InboxID, t.sel.View, t.sel.Order, t.plan.Filters, t.plan.TagIDs, t.size})
	return string(name), err
}

// MaxWindow is the most rows of a live view's window: as many as a client may hold
// when it subscribes again (API-4).
const MaxWindow = 500

// windowSize is how many rows a window has: 50 unless asked otherwise.
func windowSize(first *int) (int, error) {
	page, err := paging.PageArgs{First: first, Most: MaxWindow}.Resolve(view.DefaultPage)
	return page.Limit(), err
}
