package live

import (
	"context"
	"encoding/json"
	"sync"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/loader"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/timeline"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// request is what a subscriber asks for.
type request struct {
	ContactID string
	Kinds     []vocab.TimelineKind
	Size      int
}

// rows are the first rows of a timeline.
type rows struct {
	page *timeline.Page
	// contactID is the contact, or what it became, and ids are all that is shown.
	contactID string
	ids       map[string]bool
}

// window is the first rows of a timeline, for all streams of the node that show the same.
type window struct {
	request
	store     *store.Store
	timelines *timeline.Service
	key       string

	members int // guarded by windows

	mu       sync.Mutex
	sequence int64
	rows     *rows
}

// windows are the windows of a node that someone looks at.
type windows struct {
	mu    sync.Mutex
	byKey map[string]*window
}

// keyOf names everything that a window's rows depend on.
func keyOf(v *viewer.Viewer, r request) (string, error) {
	actor := ""
	if v.OwnContacts {
		actor = v.ActorID // sees the contacts that they made
	}
	key, err := json.Marshal(struct {
		Account, Actor string
		Kind           viewer.Kind
		Inboxes        []string
		Own            bool
		Request        request
	}{v.AccountID, actor, v.Kind, v.InboxIDs, v.OwnContacts, r})
	return string(key), err
}

// joinWindow returns the window of a viewer's request, which the caller leaves again.
func (l *Service) joinWindow(v *viewer.Viewer, r request) (*window, error) {
	key, err := keyOf(v, r)
	if err != nil {
		return nil, err
	}
	w := &l.windows
	w.mu.Lock()
	defer w.mu.Unlock()
	found := w.byKey[key]
	if found == nil {
		found = &window{request: r, store: l.store, timelines: l.timelines, key: key, sequence: -1}
		w.byKey[key] = found
	}
	found.members++
	return found, nil
}

func (w *windows) leaveWindow(one *window) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one.members--; one.members == 0 {
		delete(w.byKey, one.key)
	}
}

// at is the window with everything up to a number of the log in it, or more. NOT_FOUND if the
// viewer may not see the contact.
func (w *window) at(ctx context.Context, sequence int64) (*rows, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sequence >= sequence {
		return w.rows, nil
	}
	c, err := loader.Contact(ctx, w.store.Client(ctx), w.ContactID)
	if ent.IsNotFound(err) {
		return nil, notFound(w.ContactID)
	}
	if err != nil {
		return nil, err
	}
	pages, err := w.timelines.OfContacts(ctx, []*ent.Contact{c}, w.Kinds, paging.PageArgs{First: &w.Size})
	if err != nil {
		return nil, err
	}
	found := &rows{page: pages[0], contactID: c.ID, ids: map[string]bool{c.ID: true, w.ContactID: true}}
	for _, e := range found.page.Edges {
		for _, shownID := range idsOf(e.Node) {
			found.ids[shownID] = true
		}
	}
	w.sequence, w.rows = sequence, found
	return found, nil
}

func notFound(contactID string) error {
	return errs.New(errs.NotFound, "There is no contact %q that you may see.", errs.Clip(contactID)).On("contactId")
}
