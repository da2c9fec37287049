package conversation

import (
	"slices"

	"parley/ent"
	"parley/internal/vocab"
)

// window is the first rows of a list. It knows every row of the list up to its
// end, and those that it shows are the first of them.
type window struct {
	plan *plan
	// size is how many rows it shows, most how many it knows.
	size, most int
	// known are rows in the list's order.
	known []*ent.Conversation
	// end is the place up to which every row is known; nil: there are no others.
	end *place
}

func (w *window) before(a, b place) bool { return walk{plan: w.plan}.before(a, b) }

// shown are the rows of the window.
func (w *window) shown() []*ent.Conversation { return w.known[:min(w.size, len(w.known))] }

// short reports whether rows behind the end are missing in the window.
func (w *window) short() bool { return w.end != nil && len(w.known) < w.size }

func (w *window) find(conversationID string) *ent.Conversation {
	i := slices.IndexFunc(w.known, func(c *ent.Conversation) bool { return c.ID == conversationID })
	if i < 0 {
		return nil
	}
	return w.known[i]
}

func (w *window) drop(conversationID string) {
	w.known = slices.DeleteFunc(w.known, func(c *ent.Conversation) bool { return c.ID == conversationID })
}

// put gives a row its place, unless that lies behind the end, or the window has
// the row in this state already or in a later one.
func (w *window) put(c *ent.Conversation) {
	if old := w.find(c.ID); old != nil {
		if old.Revision >= c.Revision {
			return
		}
		w.drop(c.ID)
	}
	at := w.plan.placeOf(c)
	if w.end != nil && w.before(*w.end, at) {
		return
	}
	i, _ := slices.BinarySearchFunc(w.known, at, func(other *ent.Conversation, at place) int {
		if w.before(w.plan.placeOf(other), at) {
			return -1
		}
		return 1
	})
	w.known = slices.Insert(w.known, i, c)
	if len(w.known) > w.most {
		w.cut()
	}
}

// cut drops the last row, which shows again when the window is filled.
func (w *window) cut() {
	w.known[len(w.known)-1] = nil
	w.known = w.known[:len(w.known)-1]
	end := w.plan.placeOf(w.known[len(w.known)-1])
	w.end = &end
}

// difference is what became of the rows of a window: first what left, then what
// changed and what entered, in order. touched are rows to tell as changed though
// their state is the same; gone why rows left, where it is not for others.
func (p *plan) difference(before, after []*ent.Conversation, touched map[string]bool, gone func(*ent.Conversation) vocab.LeftReason) []ViewChange {
	was, is := byID(before), byID(after)
	var changes []ViewChange
	for _, c := range before {
		if is[c.ID] == nil {
			changes = append(changes, &ConversationLeft{ConversationID: c.ID, Reason: gone(c)})
		}
	}
	for _, c := range after {
		cursor := func() string { return p.cursor(p.placeOf(c)) }
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
