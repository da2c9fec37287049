package presence

import (
	"fmt"
	"time"
)

// inboxPresence is what a node knows of an inbox, while someone on it follows one
// of its conversations, or types in one. All of it is guarded by the service.
type inboxPresence struct {
	accountID     string
	inboxID       string
	conversations map[string]*conversationPresence
	persons       int

	streams int // that follow a conversation
	typing  int // statements of this node about typing, which it can answer with
	asked   bool
	gone    bool
	err     error // why it hears nothing
	stop    func()
	held    *time.Timer // while someone asked lately who looks
}

// inboxOf returns what is known of an inbox.
func (s *Service) inboxOf(accountID, inboxID string) *inboxPresence {
	if h := s.inboxes[inboxID]; h != nil {
		return h
	}
	h := &inboxPresence{accountID: accountID, inboxID: inboxID, conversations: map[string]*conversationPresence{}}
	s.inboxes[inboxID] = h
	s.runLater(func() { s.listenToNodes(h) })
	return h
}

// listenToNodes subscribes to what other nodes say of an inbox. If it cannot, its
// streams end: they would show half of the truth.
func (s *Service) listenToNodes(h *inboxPresence) {
	stop, err := s.bus.Listen(busSubject(h.inboxID), func(data []byte) { s.onNodeMessage(h, data) })
	if err == nil {
		h.stop = stop
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.err = fmt.Errorf("subscribe to presence: %w", err)
	for _, r := range h.conversations {
		r.wakeWaiters()
	}
	s.forgetInbox(h)
}

// closeUnused forgets an inbox that no one needs any longer.
func (s *Service) closeUnused(h *inboxPresence) {
	if h.streams > 0 || h.typing > 0 || h.gone {
		return
	}
	s.forgetInbox(h)
	s.runLater(func() {
		if h.stop != nil {
			h.stop()
		}
	})
}

func (s *Service) forgetInbox(h *inboxPresence) {
	if h.gone {
		return
	}
	h.gone = true
	delete(s.inboxes, h.inboxID)
	for _, r := range h.conversations {
		r.stopTimers()
	}
}

// onNodeMessage takes what another node said. It does not block.
func (s *Service) onNodeMessage(h *inboxPresence, data []byte) {
	m, ok := decodeMessage(data, h.accountID, h.inboxID)
	if !ok {
		s.log.Debug("a message about presence was ignored", "inbox", h.inboxID)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Node == s.node || h.gone {
		return
	}
	for _, w := range m.Statements {
		s.applyStatement(h, m.Node, w)
	}
	if m.Ask {
		s.publishStatements(h, s.ownStatements(h, true))
	}
	s.closeUnused(h)
}

// applyStatement takes over what another node says of someone.
func (s *Service) applyStatement(h *inboxPresence, node string, w statement) {
	a := actor{w.Kind, w.Actor}
	known := h.conversations[w.Conversation].hasActor(a.id)
	if !known && (w.Millis == 0 || h.persons >= maxActors) {
		return
	}
	r := h.conversation(w.Conversation)
	p := r.personOf(a)
	var current *activeStatement
	if w.Millis > 0 {
		current = &activeStatement{node: node, deed: w.Deed}
	}
	if w.Deed == looks {
		p.setLooking(node, current)
	} else {
		p.setTyping(h, s.node, current)
	}
	if current != nil {
		s.expireAfter(r, p, current, w.holds())
	}
	r.refresh()
}

// expireAfter withdraws a statement when its time is over, unless another took
// its place.
func (s *Service) expireAfter(r *conversationPresence, p *person, current *activeStatement, holds time.Duration) {
	current.timer = time.AfterFunc(holds, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case r.inbox.gone:
			return
		case p.typing == current:
			p.setTyping(r.inbox, s.node, nil)
		case p.looking[current.node] == current:
			p.setLooking(current.node, nil)
		}
		r.refresh()
		s.closeUnused(r.inbox)
	})
}

// ownStatements returns what this node itself says about an inbox now: who looks,
// and if wanted, who types.
func (s *Service) ownStatements(h *inboxPresence, typing bool) []statement {
	var statements []statement
	now := s.clock.Now()
	for _, r := range h.conversations {
		for _, p := range r.persons {
			if p.looking[s.node] != nil {
				statements = append(statements, newStatement(r.conversationID, p.actor, looks, viewingHolds))
			}
			if t := p.typing; typing && t.types() && t.node == s.node {
				if left := TypingHolds - max(0, now.Sub(t.since)); left >= time.Millisecond {
					statements = append(statements, newStatement(r.conversationID, p.actor, t.deed, left))
				}
			}
		}
	}
	return statements
}

// repeatStatements says of those who look on this node that they still do, as long as
// there are any: one timer for all.
func (s *Service) repeatStatements() {
	if s.repeating {
		return
	}
	s.repeating = true
	time.AfterFunc(repeatEvery, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.repeating = false
		some := false
		for _, h := range s.inboxes {
			statements := s.ownStatements(h, false)
			s.publishStatements(h, statements)
			some = some || len(statements) > 0
		}
		if some {
			s.repeatStatements()
		}
	})
}
