package presence

import (
	"cmp"
	"slices"
	"time"

	"parley/internal/viewer"
)

// Presence is somebody in a conversation now: one for each actor, over all
// their sockets and nodes.
type Presence struct {
	Kind    viewer.Kind
	ActorID string
	// Viewing: they look at the conversation. Visitors do not say so.
	Viewing bool
	// Typing: they type a message or a note.
	Typing bool
}

// Roster is who is in a conversation, sorted by the actors' ids: everybody, the
// one who asks too. All who follow the conversation on a node share it; nobody
// changes it.
type Roster struct{ List []*Presence }

// hold is a word of one node that holds now.
type hold struct {
	node string
	deed deed // empty: they stopped typing just now
	// streams of this node behind it.
	streams int
	since   time.Time
	timer   *time.Timer
}

func (t *hold) types() bool { return t != nil && t.deed != "" }

func (t *hold) end() {
	if t != nil && t.timer != nil {
		t.timer.Stop()
	}
}

// person is an actor in a room.
type person struct {
	actor
	looking map[string]*hold // by node
	typing  *hold            // the last word of any node
}

// look sets what a node says about the person's looking; nil: they do not.
func (p *person) look(node string, told *hold) {
	p.looking[node].end()
	if told == nil {
		delete(p.looking, node)
		return
	}
	p.looking[node] = told
}

// typed sets what was said last about the person's typing; nil: they do not.
func (p *person) typed(h *hall, self string, told *hold) {
	p.typing.end()
	if p.typing != nil && p.typing.node == self {
		h.typing--
	}
	if told != nil && told.node == self {
		h.typing++
	}
	p.typing = told
}

// room is what a node knows of a conversation.
type room struct {
	hall           *hall
	conversationID string
	persons        map[string]*person

	streams int // that follow it
	staff   int // of which staff's
	roster  *Roster
	typists []actor // who types what visitors may know, sorted by id
	changed chan struct{}
}

func (h *hall) room(conversationID string) *room {
	r := h.rooms[conversationID]
	if r == nil {
		r = &room{hall: h, conversationID: conversationID, persons: map[string]*person{}, roster: &Roster{List: []*Presence{}}, changed: make(chan struct{})}
		h.rooms[conversationID] = r
	}
	return r
}

func (r *room) has(actorID string) bool { return r != nil && r.persons[actorID] != nil }

func (r *room) person(a actor) *person {
	p := r.persons[a.id]
	if p == nil {
		p = &person{looking: map[string]*hold{}}
		r.persons[a.id] = p
		r.hall.persons++
	}
	p.actor = a // an agent may have become an admin
	return p
}

// update draws the consequences of a change: those who do nothing any more are
// forgotten, and so is a room that nobody needs; who follows it is told if
// anything is different now.
func (r *room) update() {
	for key, p := range r.persons {
		if p.typing == nil && len(p.looking) == 0 {
			delete(r.persons, key)
			r.hall.persons--
		}
	}
	if r.streams == 0 {
		if len(r.persons) == 0 {
			delete(r.hall.rooms, r.conversationID)
		}
		return
	}
	list, typists := r.list(), r.typing()
	same := slices.EqualFunc(list, r.roster.List, func(a, b *Presence) bool { return *a == *b })
	if same && slices.Equal(typists, r.typists) {
		return
	}
	if !same {
		r.roster = &Roster{List: list}
	}
	r.typists = typists
	r.wake()
}

func (r *room) list() []*Presence {
	list := []*Presence{}
	for _, p := range r.persons {
		if here := (&Presence{p.kind, p.id, len(p.looking) > 0, p.typing.types()}); here.Viewing || here.Typing {
			list = append(list, here)
		}
	}
	slices.SortFunc(list, func(a, b *Presence) int { return cmp.Compare(a.ActorID, b.ActorID) })
	return list
}

// typing returns who of the staff types a message: all that visitors may know.
func (r *room) typing() []actor {
	var list []actor
	for _, p := range r.persons {
		if p.typing != nil && p.typing.deed == types && p.kind != viewer.Visitor {
			list = append(list, p.actor)
		}
	}
	slices.SortFunc(list, func(a, b actor) int { return cmp.Compare(a.id, b.id) })
	return list
}

func (r *room) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// silence stops the timers of a room that is forgotten.
func (r *room) silence() {
	for _, p := range r.persons {
		p.typing.end()
		for _, t := range p.looking {
			t.end()
		}
	}
}
