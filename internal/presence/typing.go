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
	// IdempotencyKey is not needed: the same statement again does no harm.
	IdempotencyKey *string
}

// SetTyping says that the caller types in a conversation, for TypingHolds, or
// stopped (IN-16). The same again within a second is not passed on. NOT_FOUND
// for a conversation that the caller may not see.
func (s *Service) SetTyping(ctx context.Context, in SetTypingInput) error {
	a, ok := callingActor(viewer.FromContext(ctx))
	if !ok {
		return errs.New(errs.Forbidden, "Only users, bots, integrations and visitors can signal that they are typing.")
	}
	c, err := s.findConversation(ctx, in.ConversationID)
	if err != nil {
		return err
	}
	var what activity
	if in.Typing {
		what = types
		if in.Note != nil && *in.Note && a.kind != viewer.Visitor {
			what = typesNote
		}
	}
	if muted, err := s.isMuted(ctx, a, c); muted || err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recordTyping(c, a, what)
	return nil
}

// isMuted reports whether a caller is a blocked visitor: their typing reaches
// no one, and they do not notice (IN-10).
func (s *Service) isMuted(ctx context.Context, a actor, c *ent.Conversation) (bool, error) {
	if a.kind != viewer.Visitor {
		return false, nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("typing", c.AccountID))
	return s.store.Client(ctx).Block.Query().
		Where(block.ChannelID(c.ChannelID), block.SenderIn(c.VisitorID, c.ContactID)).Exist(ctx)
}

// Sent says that the caller wrote a message in a conversation: they type no
// more. If only another node knows of it, their typing runs out instead.
func (s *Service) Sent(ctx context.Context, c *ent.Conversation) {
	a, ok := callingActor(viewer.FromContext(ctx))
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.inboxes[c.InboxID]
	if h == nil || !h.conversations[c.ID].hasActor(a.id) || !h.conversations[c.ID].persons[a.id].typing.types() {
		return
	}
	s.recordTyping(c, a, "")
}

// recordTyping notes what someone on this node types, and notifies the others.
// That they stopped is remembered for a moment, lest it be said again and again.
func (s *Service) recordTyping(c *ent.Conversation, a actor, what activity) {
	h := s.inboxOf(c.AccountID, c.InboxID)
	r := h.conversation(c.ID)
	p := r.personOf(a)
	now := s.clock.Now()
	if t := p.typing; t != nil && t.node == s.node && t.deed == what {
		if age := now.Sub(t.since); age >= 0 && age < sameAgain {
			return
		}
	}
	current, holds := &activeStatement{node: s.node, deed: what, since: now}, TypingHolds
	if what == "" {
		holds = sameAgain
		s.publishMessage(h, message{Statements: []statement{newStatement(c.ID, a, types, 0)}})
	} else {
		s.publishMessage(h, message{Statements: []statement{newStatement(c.ID, a, what, TypingHolds)}})
	}
	p.setTyping(h, s.node, current)
	s.expireAfter(r, p, current, holds)
	r.refresh()
}

// Types says that the caller types in a conversation, which they see (IN-16): for those that
// Parley itself writes in the name of.
func (s *Service) Types(ctx context.Context, c *ent.Conversation) { s.recordCaller(ctx, c, types) }

// StopsTyping says that the caller stopped; see Types.
func (s *Service) StopsTyping(ctx context.Context, c *ent.Conversation) { s.recordCaller(ctx, c, "") }

func (s *Service) recordCaller(ctx context.Context, c *ent.Conversation, what activity) {
	a, ok := callingActor(viewer.FromContext(ctx))
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recordTyping(c, a, what)
}
