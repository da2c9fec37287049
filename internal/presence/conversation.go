package presence

import (
	"cmp"
	"slices"
	"time"

	"parley/internal/viewer"
)

// Presence is someone in a conversation now: one for each actor, over all
// their sockets and nodes.
type Presence struct {
	ConversationID string
	Kind           viewer.Kind
	ActorID        string
	// Viewing: they look at the conversation. Visitors do not say so.
	Viewing bool
	// Typing: they type a message or a note.
	Typing bool
}

// ID names the actor in the conversation, for clients' caches.
func (p *Presence) ID() string { return p.ConversationID + ":" + p.ActorID }

// mostPresent is how many are shown of those who are in a conversation.
const mostPresent = 100

// Roster is who is in a conversation, sorted by the actors' ids: everyone, up to
// mostPresent, the one who asks too. All who follow the conversation on a node share it; no one
// changes it.
type Roster struct{ List []*Presence }

// activeStatement is the valid statement of one node.
type activeStatement struct {
	node string
	deed activity // empty: they stopped typing just now
	// streams of this node behind it.
	streams int
	since   time.Time
	timer   *time.Timer
}

func (t *activeStatement) types() bool { return t != nil && t.deed != "" }

func (t *activeStatement) end() {
	if t != nil && t.timer != nil {
		t.timer.Stop()
	}
}

// person is an actor in a conversation.
type person struct {
	actor
	looking map[string]*activeStatement // by node
	typing  *activeStatement            // the last statement of any node
}

// setLooking sets what a node says about the person's looking; nil: they do not.
func (p *person) setLooking(node string, current *activeStatement) {
	p.looking[node].end()
	if current == nil {
		delete(p.looking, node)
		return
	}
	p.looking[node] = current
}

// setTyping sets what was said last about the person's typing; nil: they do not.
func (p *person) setTyping(h *inboxPresence, self string, current *activeStatement) {
	p.typing.end()
	if p.typing != nil && p.typing.node == self {
		h.typing--
	}
	if current != nil && current.node == self {
		h.typing++
	}
	p.typing = current
}

// conversationPresence is what a node knows of a conversation.
type conversationPresence struct {
	inbox          *inboxPresence
	conversationID string
	persons        map[string]*person

	streams int // that follow it
	staff   int // of which staff's
	roster  *Roster
	typists []actor // who types what visitors may know, sorted by id
	changed chan struct{}
}

func (h *inboxPresence) conversation(conversationID string) *conversationPresence {
	r := h.conversations[conversationID]
	if r == nil {
		r = &conversationPresence{inbox: h, conversationID: conversationID, persons: map[string]*person{}, roster: &Roster{List: []*Presence{}}, changed: make(chan struct{})}
		h.conversations[conversationID] = r
	}
	return r
}

func (r *conversationPresence) hasActor(actorID string) bool {
	return r != nil && r.persons[actorID] != nil
}

func (r *conversationPresence) personOf(a actor) *person {
	p := r.persons[a.id]
	if p == nil {
		p = &person{looking: map[string]*activeStatement{}}
		r.persons[a.id] = p
		r.inbox.persons++
	}
	p.actor = a // an agent may have become an admin
	return p
}

// refresh draws the consequences of a change: those who no longer do anything are
// forgotten, and so is a conversation that no one follows; its subscribers are
// notified if anything is different now.
func (r *conversationPresence) refresh() {
	for key, p := range r.persons {
		if p.typing == nil && len(p.looking) == 0 {
			delete(r.persons, key)
			r.inbox.persons--
		}
	}
	if r.streams == 0 {
		if len(r.persons) == 0 {
			delete(r.inbox.conversations, r.conversationID)
		}
		return
	}
	list, typists := r.listPresent(), r.typistsOf()
	same := slices.EqualFunc(list, r.roster.List, func(a, b *Presence) bool { return *a == *b })
	if same && slices.Equal(typists, r.typists) {
		return
	}
	if !same {
		r.roster = &Roster{List: list}
	}
	r.typists = typists
	r.wakeWaiters()
}

func (r *conversationPresence) listPresent() []*Presence {
	list := []*Presence{}
	for _, p := range r.persons {
		if here := (&Presence{r.conversationID, p.kind, p.id, len(p.looking) > 0, p.typing.types()}); here.Viewing || here.Typing {
			list = append(list, here)
		}
	}
	slices.SortFunc(list, func(a, b *Presence) int { return cmp.Compare(a.ActorID, b.ActorID) })
	return list[:min(len(list), mostPresent)]
}

// typistsOf returns who of the staff types a message: all that visitors may know.
func (r *conversationPresence) typistsOf() []actor {
	var list []actor
	for _, p := range r.persons {
		if p.typing != nil && p.typing.deed == types && p.kind != viewer.Visitor {
			list = append(list, p.actor)
		}
	}
	slices.SortFunc(list, func(a, b actor) int { return cmp.Compare(a.id, b.id) })
	return list
}

func (r *conversationPresence) wakeWaiters() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// stopTimers stops the timers of a conversation that is forgotten.
func (r *conversationPresence) stopTimers() {
	for _, p := range r.persons {
		p.typing.end()
		for _, t := range p.looking {
			t.end()
		}
	}
}
