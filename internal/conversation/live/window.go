package live

import (
	"slices"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/vocab"
)

// window is the first rows of a list. It knows every row of the list up to its
// end, and those that it shows are the first of them.
type window struct {
	plan *view.Plan
	// size is how many rows it shows, most how many it knows.
	size, most int
	// known are rows in the list's order.
	known []*ent.Conversation
	// end is the place up to which every row is known; nil: there are no others.
	end *view.Place
}

func (w *window) before(a, b view.Place) bool { return w.plan.Before(a, b) }

// shown are the rows of the window.
func (w *window) shown() []*ent.Conversation { return w.known[:min(w.size, len(w.known))] }

// short reports whether rows behind the end are missing in the window.
func (w *window) short() bool { return w.end != nil && len(w.known) < w.size }

func (w *window) findRow(conversationID string) *ent.Conversation {
	i := slices.IndexFunc(w.known, func(c *ent.Conversation) bool { return c.ID == conversationID })
	if i < 0 {
		return nil
	}
	return w.known[i]
}

func (w *window) dropRow(conversationID string) {
	w.known = slices.DeleteFunc(w.known, func(c *ent.Conversation) bool { return c.ID == conversationID })
}

// placeRow gives a row its place, unless that lies behind the end, or the window has
// the row in this state already or in a later one.
func (w *window) placeRow(c *ent.Conversation) {
	if old := w.findRow(c.ID); old != nil {
		if old.Revision >= c.Revision {
			return
		}
		w.dropRow(c.ID)
	}
	at := w.plan.PlaceOf(c)
	if w.end != nil && w.before(*w.end, at) {
		return
	}
	i, _ := slices.BinarySearchFunc(w.known, at, func(other *ent.Conversation, at view.Place) int {
		if w.before(w.plan.PlaceOf(other), at) {
			return -1
		}
		return 1
	})
	w.known = slices.Insert(w.known, i, c)
	if len(w.known) > w.most {
		w.dropLastRow()
	}
}

// dropLastRow drops the last row, which shows again when the window is filled.
func (w *window) dropLastRow() {
	w.known[len(w.known)-1] = nil
	w.known = w.known[:len(w.known)-1]
	end := w.plan.PlaceOf(w.known[len(w.known)-1])
	w.end = &end
}

// difference is what became of the rows of a window: first what left, then what
// changed and what entered, in order. touched are rows to report as changed though
// their state is the same; gone why rows left, where it is not for others.
func difference(p *view.Plan, before, after []*ent.Conversation, touched map[string]bool, gone func(*ent.Conversation) vocab.LeftReason) []ViewChange {
	was, is := byID(before), byID(after)
	var changes []ViewChange
	for _, c := range before {
		if is[c.ID] == nil {
			changes = append(changes, &ConversationLeft{ConversationID: c.ID, Reason: gone(c)})
		}
	}
	for _, c := range after {
		cursor := func() string { return p.Cursor(p.PlaceOf(c)) }
		switch old := was[c.ID]; {
		case old == nil:
			changes = append(changes, &ConversationEntered{Cursor: cursor(), Conversation: c})
		case old.Revision != c.Revision || touched[c.ID]:
			changes = append(changes, &ConversationChanged{Cursor: cursor(), Conversation: c})
		}
	}
	return changes
}

func byID(rows []*ent.Conversation) map[string]*ent.Conversation {
	m := make(map[string]*ent.Conversation, len(rows))
	for _, c := range rows {
		m[c.ID] = c
	}
	return m
}
