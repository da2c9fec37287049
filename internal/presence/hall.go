package presence

import (
	"fmt"
	"time"
)

// hall is what a node knows of an inbox, while somebody on it follows one of its
// conversations, or types in one. All of it is guarded by the service.
type hall struct {
	accountID string
	inboxID   string
	rooms     map[string]*room
	persons   int

	streams int // that follow a conversation
	typing  int // words of this node about typing, which it can answer with
	asked   bool
	gone    bool
	err     error // why it hears nothing
	stop    func()
}

// enter returns an inbox's hall.
func (s *Service) enter(accountID, inboxID string) *hall {
	if h := s.halls[inboxID]; h != nil {
		return h
	}
	h := &hall{accountID: accountID, inboxID: inboxID, rooms: map[string]*room{}}
	s.halls[inboxID] = h
	s.later(func() { s.listen(h) })
	return h
}

// listen has the hall hear what other nodes say. If it cannot, its streams end:
// they would tell half of the truth.
func (s *Service) listen(h *hall) {
	stop, err := s.bus.Listen(subject(h.inboxID), func(data []byte) { s.hear(h, data) })
	if err == nil {
		h.stop = stop
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.err = fmt.Errorf("listen who is present: %w", err)
	for _, r := range h.rooms {
		r.wake()
	}
	s.forget(h)
}

// leave ends a hall that nobody needs any more.
func (s *Service) leave(h *hall) {
	if h.streams > 0 || h.typing > 0 || h.gone {
		return
	}
	s.forget(h)
	s.later(func() {
		if h.stop != nil {
			h.stop()
		}
	})
}

func (s *Service) forget(h *hall) {
	if h.gone {
		return
	}
	h.gone = true
	delete(s.halls, h.inboxID)
	for _, r := range h.rooms {
		r.silence()
	}
}

// hear takes what another node said. It does not block.
func (s *Service) hear(h *hall, data []byte) {
	m, ok := read(data, h.accountID, h.inboxID)
	if !ok {
		s.log.Debug("a message about who is present was left aside", "inbox", h.inboxID)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Node == s.node || h.gone {
		return
	}
	for _, w := range m.Words {
		s.believe(h, m.Node, w)
	}
	if m.Ask {
		s.tellAll(h, s.own(h, true))
	}
	s.leave(h)
}

// believe takes over what another node says of somebody.
func (s *Service) believe(h *hall, node string, w word) {
	a := actor{w.Kind, w.Actor}
	known := h.rooms[w.Conversation].has(a.id)
	if !known && (w.Millis == 0 || h.persons >= maxActors) {
		return
	}
	r := h.room(w.Conversation)
	p := r.person(a)
	var told *hold
	if w.Millis > 0 {
		told = &hold{node: node, deed: w.Deed}
	}
	if w.Deed == looks {
		p.look(node, told)
	} else {
		p.typed(h, s.node, told)
	}
	if told != nil {
		s.expire(r, p, told, w.holds())
	}
	r.update()
}

// expire takes back a word when its time is over, unless another took its place.
func (s *Service) expire(r *room, p *person, told *hold, holds time.Duration) {
	told.timer = time.AfterFunc(holds, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case r.hall.gone:
			return
		case p.typing == told:
			p.typed(r.hall, s.node, nil)
		case p.looking[told.node] == told:
			p.look(told.node, nil)
		}
		r.update()
		s.leave(r.hall)
	})
}

// own returns what this node itself says about an inbox now: who looks, and if
// wanted, who types.
func (s *Service) own(h *hall, typing bool) []word {
	var words []word
	now := s.clock.Now()
	for _, r := range h.rooms {
		for _, p := range r.persons {
			if p.looking[s.node] != nil {
				words = append(words, say(r.conversationID, p.actor, looks, viewingHolds))
			}
			if t := p.typing; typing && t.types() && t.node == s.node {
				if left := TypingHolds - max(0, now.Sub(t.since)); left >= time.Millisecond {
					words = append(words, say(r.conversationID, p.actor, t.deed, left))
				}
			}
		}
	}
	return words
}

// repeat says of those who look on this node that they still do, as long as
// there are any: one timer for all.
func (s *Service) repeat() {
	if s.repeating {
		return
	}
	s.repeating = true
	time.AfterFunc(repeatEvery, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.repeating = false
		some := false
		for _, h := range s.halls {
			words := s.own(h, false)
			s.tellAll(h, words)
			some = some || len(words) > 0
		}
		if some {
			s.repeat()
		}
	})
}
