package presence

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// seat is a place in a conversation's room on this node, from which a stream
// sees what goes on in it.
type seat struct {
	service *Service
	room    *room
	staff   bool
	left    bool
}

// sit follows a conversation. The first who follows one of an inbox has the node
// ask the others what they know.
func (s *Service) sit(c *ent.Conversation, staff bool) (*seat, error) {
	h := s.enter(c.AccountID, c.InboxID)
	r := h.room(c.ID)
	if staff && r.staff == 0 && s.rosters >= s.limit {
		r.update()
		s.leave(h)
		return nil, errs.New(errs.RateLimited, "Too many conversations are followed on this server. Try again later.")
	}
	if staff {
		if r.staff++; r.staff == 1 {
			s.rosters++
		}
	}
	h.streams++
	r.streams++
	r.update()
	if !h.asked {
		h.asked = true
		s.tell(h, message{Ask: true})
	}
	return &seat{service: s, room: r, staff: staff}, nil
}

// rise ends it. The lock is held.
func (p *seat) rise() {
	s, r := p.service, p.room
	p.left = true
	if p.staff {
		if r.staff--; r.staff == 0 {
			s.rosters--
		}
	}
	r.streams--
	r.hall.streams--
	r.update()
	s.leave(r.hall)
}

// Stream tells who is in a conversation, as it changes. It is for one goroutine.
type Stream struct {
	*seat
	actor   actor
	viewing bool
	live    viewer.Live
	changes <-chan struct{}
	told    *Roster
}

// Watch follows who is in a conversation (IN-16). With viewing, the caller
// counts as looking at it until the stream is closed. Staff alone: FORBIDDEN for
// others; NOT_FOUND for a conversation that the caller may not see; RATE_LIMITED
// when too many are followed on this node.
func (s *Service) Watch(ctx context.Context, conversationID string, viewing bool) (*Stream, error) {
	live := viewer.LiveFrom(ctx)
	changes := live.Changed()
	v, err := live.At(ctx, 0)
	if err != nil {
		return nil, err
	}
	a, ok := caller(v)
	if !ok || !v.IsStaff() {
		return nil, errs.New(errs.Forbidden, "Only staff see who looks at a conversation.")
	}
	c, err := s.find(viewer.NewContext(ctx, v), conversationID)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	place, err := s.sit(c, true)
	if err != nil {
		return nil, err
	}
	if viewing {
		s.look(place.room, a)
	}
	return &Stream{seat: place, actor: a, viewing: viewing, live: live, changes: changes}, nil
}

// Next waits until the roster is another than the one before, and returns it;
// the first at once. It ends with ctx's cause, with NOT_FOUND when the caller
// may not see the conversation any more, and with their token's error; then they
// do not count as looking any more.
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
		if roster != st.told {
			st.told = roster
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
	return st.room.roster, st.room.changed, st.room.hall.err
}

// mayGoOn asks for the viewer anew when they changed (AC-11).
func (st *Stream) mayGoOn(ctx context.Context) error {
	select {
	case <-st.changes:
	default:
		return nil
	}
	st.changes = st.live.Changed()
	v, err := st.live.At(ctx, 0)
	if err == nil && !v.InInbox(st.room.hall.inboxID) {
		err = notFound(st.room.conversationID)
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
		s.lookAway(st.room, st.actor)
	}
	st.rise()
}

// look notes that a stream of this node looks, and tells the others if it is the
// actor's first.
func (s *Service) look(r *room, a actor) {
	p := r.person(a)
	if t := p.looking[s.node]; t != nil {
		t.streams++
		return
	}
	p.look(s.node, &hold{node: s.node, deed: looks, streams: 1})
	s.tell(r.hall, message{Words: []word{say(r.conversationID, a, looks, viewingHolds)}})
	s.repeat()
	r.update()
}

func (s *Service) lookAway(r *room, a actor) {
	p := r.persons[a.id]
	if p.looking[s.node].streams--; p.looking[s.node].streams > 0 {
		return
	}
	p.look(s.node, nil)
	s.tell(r.hall, message{Words: []word{say(r.conversationID, a, looks, 0)}})
	r.update()
}
