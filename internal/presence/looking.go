package presence

import (
	"context"
	"time"

	"parley/internal/viewer"
)

const (
	// heldFor is how long a node goes on hearing the others about an inbox after someone
	// asked who looks.
	heldFor = time.Minute
	// answersWithin is how long the first who asks waits for the other nodes.
	answersWithin = 200 * time.Millisecond
)

// Looking returns the users who look at a conversation now, on any node. Who asks for an
// inbox first waits for what the other nodes say.
func (s *Service) Looking(ctx context.Context, accountID, inboxID, conversationID string) map[string]bool {
	if s.hold(accountID, inboxID) {
		wait := time.NewTimer(answersWithin)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	looking := map[string]bool{}
	h := s.inboxes[inboxID]
	if h == nil || h.conversations[conversationID] == nil {
		return looking
	}
	for _, p := range h.conversations[conversationID].persons {
		if len(p.looking) > 0 && (p.kind == viewer.Agent || p.kind == viewer.Admin) {
			looking[p.id] = true
		}
	}
	return looking
}

// hold keeps hearing what other nodes say of an inbox for a while, and reports whether they
// were asked only now.
func (s *Service) hold(accountID, inboxID string) (asked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.inboxOf(accountID, inboxID)
	if !h.asked {
		h.asked, asked = true, true
		s.publishMessage(h, message{Ask: true})
	}
	if h.held != nil {
		h.held.Reset(heldFor)
		return asked
	}
	h.streams++
	h.held = time.AfterFunc(heldFor, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		h.held = nil
		h.streams--
		s.closeUnused(h)
	})
	return asked
}
