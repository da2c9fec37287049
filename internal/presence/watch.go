package presence

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// subscriber is a stream's part in a conversation on this node.
type subscriber struct {
	service      *Service
	conversation *conversationPresence
	staff        bool
	left         bool
}

// followConversation follows a conversation. The first who follows one of an
// inbox has the node ask the others what they know.
func (s *Service) followConversation(c *ent.Conversation, staff bool) (*subscriber, error) {
	h := s.inboxOf(c.AccountID, c.InboxID)
	r := h.conversation(c.ID)
	if staff && r.staff == 0 && s.rosters >= s.limit {
		r.refresh()
		s.closeUnused(h)
		return nil, errs.New(errs.RateLimited, "Too many conversations are being followed on this server. Try again later.")
	}
	if staff {
		if r.staff++; r.staff == 1 {
			s.rosters++
		}
	}
	h.streams++
	r.streams++
	r.refresh()
	if !h.asked {
		h.asked = true
		s.publishMessage(h, message{Ask: true})
	}
	return &subscriber{service: s, conversation: r, staff: staff}, nil
}

// unsubscribe ends it. The lock is held.
func (p *subscriber) unsubscribe() {
	s, r := p.service, p.conversation
	p.left = true
	if p.staff {
		if r.staff--; r.staff == 0 {
			s.rosters--
		}
	}
	r.streams--
	r.inbox.streams--
	r.refresh()
	s.closeUnused(r.inbox)
}

// Stream reports who is in a conversation, as it changes. It is for one goroutine.
type Stream struct {
	*subscriber
	actor    actor
	viewing  bool
	live     viewer.Live
	changes  <-chan struct{}
	reported *Roster
}

// Watch follows who is in a conversation (IN-16). With viewing, the caller
// counts as looking at it until the stream is closed. Only staff: FORBIDDEN for
// others; NOT_FOUND for a conversation that the caller may not see; RATE_LIMITED
// when too many are followed on this node.
func (s *Service) Watch(ctx context.Context, conversationID string, viewing bool) (*Stream, error) {
	live := viewer.LiveFrom(ctx)
	changes := live.Changed()
	v, err := live.At(ctx, 0)
	if err != nil {
		return nil, err
	}
	a, ok := callingActor(v)
	if !ok || !v.IsStaff() {
		return nil, errs.New(errs.Forbidden, "Only staff can see who is viewing a conversation.")
	}
	c, err := s.findConversation(viewer.NewContext(ctx, v), conversationID)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	place, err := s.followConversation(c, true)
	if err != nil {
		return nil, err
	}
	if viewing {
		s.recordLooking(place.conversation, a)
	}
	return &Stream{subscriber: place, actor: a, viewing: viewing, live: live, changes: changes}, nil
}

// Next waits until the roster is another than the one before, and returns it;
// the first at once. It ends with ctx's cause, with NOT_FOUND when the caller
// may not see the conversation any longer, and with their token's error; then they
// do not count as looking any longer.
func (st *Stream) Next(ctx context.Context) (*Roster, error) {
	for {
		if err := st.mayGoOn(ctx); err != nil {
			st.Close()
			return nil, err
		}
		roster, changed, err := st.now()
		if err != nil {
			return nil, err
		}
		if roster != st.reported {
			st.reported = roster
			return roster, nil
		}
		select {
		case <-changed:
		case <-st.changes:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (st *Stream) now() (*Roster, <-chan struct{}, error) {
	st.service.mu.Lock()
	defer st.service.mu.Unlock()
	return st.conversation.roster, st.conversation.changed, st.conversation.inbox.err
}

// mayGoOn asks for the viewer again when they changed (AC-11).
func (st *Stream) mayGoOn(ctx context.Context) error {
	select {
	case <-st.changes:
	default:
		return nil
	}
	st.changes = st.live.Changed()
	v, err := st.live.At(ctx, 0)
	if err == nil && !v.InInbox(st.conversation.inbox.inboxID) {
		err = notFound(st.conversation.conversationID)
	}
	return err
}

// Close ends the stream, and with it that the caller looks.
func (st *Stream) Close() {
	s := st.service
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.left {
		return
	}
	if st.viewing {
		s.lookAway(st.conversation, st.actor)
	}
	st.unsubscribe()
}

// recordLooking notes that a stream of this node looks, and notifies the others
// if it is the actor's first.
func (s *Service) recordLooking(r *conversationPresence, a actor) {
	p := r.personOf(a)
	if t := p.looking[s.node]; t != nil {
		t.streams++
		return
	}
	p.setLooking(s.node, &activeStatement{node: s.node, deed: looks, streams: 1})
	s.publishMessage(r.inbox, message{Statements: []statement{newStatement(r.conversationID, a, looks, viewingHolds)}})
	s.repeatStatements()
	r.refresh()
}

func (s *Service) lookAway(r *conversationPresence, a actor) {
	p := r.persons[a.id]
	if p.looking[s.node].streams--; p.looking[s.node].streams > 0 {
		return
	}
	p.setLooking(s.node, nil)
	s.publishMessage(r.inbox, message{Statements: []statement{newStatement(r.conversationID, a, looks, 0)}})
	r.refresh()
}
