package presence

import (
	"context"

	"parley/ent"
	"parley/ent/block"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// SetTypingInput is the input of setTyping. Who types where.
type SetTypingInput struct {
	ConversationID string
	// Typing: they type; false: they stopped.
	Typing bool
	// Note: what they type is an internal note. Visitors write none.
	Note *bool
	// IdempotencyKey is not needed: the same word again does no harm.
	IdempotencyKey *string
}

// SetTyping says that the caller types in a conversation, for TypingHolds, or
// stopped (IN-16). The same again within a second is not passed on. NOT_FOUND
// for a conversation that the caller may not see.
func (s *Service) SetTyping(ctx context.Context, in SetTypingInput) error {
	a, ok := caller(viewer.FromContext(ctx))
	if !ok {
		return errs.New(errs.Forbidden, "Only people, bots, integrations and visitors type.")
	}
	c, err := s.find(ctx, in.ConversationID)
	if err != nil {
		return err
	}
	var what deed
	if in.Typing {
		what = types
		if in.Note != nil && *in.Note && a.kind != viewer.Visitor {
			what = typesNote
		}
	}
	if muted, err := s.muted(ctx, a, c); muted || err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.typed(c, a, what)
	return nil
}

// muted reports whether a caller is a blocked visitor: their typing reaches
// nobody, and they do not notice (IN-10).
func (s *Service) muted(ctx context.Context, a actor, c *ent.Conversation) (bool, error) {
	if a.kind != viewer.Visitor {
		return false, nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("typing", c.AccountID))
	return s.store.Client(ctx).Block.Query().
		Where(block.ChannelID(c.ChannelID), block.SenderIn(c.VisitorID, c.ContactID)).Exist(ctx)
}

// Sent says that the caller wrote a message in a conversation: they type no
// more. If another node knows of it alone, their typing runs out instead.
func (s *Service) Sent(ctx context.Context, c *ent.Conversation) {
	a, ok := caller(viewer.FromContext(ctx))
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.halls[c.InboxID]
	if h == nil || !h.rooms[c.ID].has(a.id) || !h.rooms[c.ID].persons[a.id].typing.types() {
		return
	}
	s.typed(c, a, "")
}

// typed notes what somebody on this node types, and tells the others. That they
// stopped is remembered for a moment, lest it be said again and again.
func (s *Service) typed(c *ent.Conversation, a actor, what deed) {
	h := s.enter(c.AccountID, c.InboxID)
	r := h.room(c.ID)
	p := r.person(a)
	now := s.clock.Now()
	if t := p.typing; t != nil && t.node == s.node && t.deed == what {
		if age := now.Sub(t.since); age >= 0 && age < sameAgain {
			return
		}
	}
	told, holds := &hold{node: s.node, deed: what, since: now}, TypingHolds
	if what == "" {
		holds = sameAgain
		s.tell(h, message{Words: []word{say(c.ID, a, types, 0)}})
	} else {
		s.tell(h, message{Words: []word{say(c.ID, a, what, TypingHolds)}})
	}
	p.typed(h, s.node, told)
	s.expire(r, p, told, holds)
	r.update()
}
