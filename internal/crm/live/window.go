package live

import (
	"context"
	"encoding/json"
	"sync"

	"parley/internal/crm"
	"parley/internal/paging"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// request is what a subscriber asks for.
type request struct {
	Filter crm.TicketFilter
	Order  vocab.TicketOrder
	Size   int
}

// window is the first rows of a list, for all streams of the node that show the same.
type window struct {
	request
	tickets *crm.Service
	key     string

	members int // guarded by windows

	mu       sync.Mutex
	sequence int64
	page     *crm.TicketPage
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
func (w *windows) joinWindow(tickets *crm.Service, v *viewer.Viewer, r request) (*window, error) {
	key, err := keyOf(v, r)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	found := w.byKey[key]
	if found == nil {
		found = &window{request: r, tickets: tickets, key: key, sequence: -1}
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

// at is the window with everything up to a number of the log in it, or more.
func (w *window) at(ctx context.Context, sequence int64) (*crm.TicketPage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sequence >= sequence {
		return w.page, nil
	}
	page, err := w.tickets.Tickets(ctx, w.Filter, w.Order, paging.PageArgs{First: &w.Size})
	if err != nil {
		return nil, err
	}
	w.sequence, w.page = sequence, page
	return page, nil
}
