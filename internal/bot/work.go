package bot

import (
	"context"

	"parley/ent"
	entrun "parley/ent/agentrun"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// usualWork and maxWork are how many turns a worker has at once.
	usualWork, maxWork = 10, 100
)

// Work hands turns out to the workers of bots (AG-5). It is safe for concurrent use.
type Work struct {
	bots *Service
	feed *event.Feed
}

// NewWork returns the work of bots, which follows a feed.
func NewWork(bots *Service, feed *event.Feed) *Work { return &Work{bots, feed} }

// BotTurn is something to do, or to leave. Each is of one worker only.
type BotTurn struct {
	Run *ent.AgentRun // as it was when it was handed out
	// Turn is what is to be answered, or was.
	Turn   int
	Reason vocab.BotTurnReason
	// LeaseUntil is until when the worker has it without a sign of life; 0: it does not.
	LeaseUntil clock.Micros
	// ProposalID is what a person decided on; "": nothing.
	ProposalID string
}

// WorkStream is the work of one worker. It is for one goroutine.
type WorkStream struct {
	work   *Work
	atOnce int
	lease  string
	who    viewer.Live
	viewer *viewer.Viewer
	reader *event.Reader

	// held are the turns that the worker has, by run.
	held map[string]*ent.AgentRun
	// lapsed are what it had for too long, by run, and since when it was due: others are to
	// take it.
	lapsed map[string]clock.Micros
	// ready are turns that were found while looking after what is held.
	ready []*BotTurn
	// holds and offers: what is held may be another's, and there may be something to do.
	holds, offers bool
	leased        bool
}

// Open returns the turns of the calling bot that no worker has, oldest first, and then those
// that come: so many at once, 10 unless asked otherwise. INVALID for an impossible number.
func (w *Work) Open(ctx context.Context, atOnce *int) (*WorkStream, error) {
	s := &WorkStream{
		work: w, atOnce: usualWork, lease: id.New("lease"), who: viewer.LiveFrom(ctx), viewer: viewer.FromContext(ctx),
		held: map[string]*ent.AgentRun{}, lapsed: map[string]clock.Micros{}, offers: true,
	}
	if atOnce != nil {
		s.atOnce = *atOnce
	}
	if s.atOnce < 1 || s.atOnce > maxWork {
		return nil, errs.New(errs.Invalid, "A worker has 1 to %d turns at once.", maxWork).On("atOnce")
	}
	var err error
	s.reader, err = w.feed.Follow(ctx, event.Topic{AccountID: s.viewer.AccountID}, nil)
	return s, err
}

// Close gives back at once what the worker has.
func (s *WorkStream) Close() {
	s.reader.Close()
	if s.leased {
		s.work.bots.release(s.viewer, s.lease)
	}
}

// Next waits for something to do, or to leave. An error ends the stream: ctx's cause, or one
// of the bot's token.
func (s *WorkStream) Next(ctx context.Context) (*BotTurn, error) {
	for {
		turn, err := s.find(ctx)
		if turn != nil || err != nil {
			return turn, err
		}
		if err := s.await(ctx); err != nil {
			return nil, err
		}
	}
}

// find returns what there is now: first what is to be left.
func (s *WorkStream) find(ctx context.Context) (*BotTurn, error) {
	v, err := s.who.At(ctx, max(s.reader.Position(), 1))
	if err != nil {
		return nil, err
	}
	s.viewer = v
	ctx = viewer.NewContext(ctx, v)
	if s.holds {
		if err := s.checkHeld(ctx); err != nil {
			return nil, err
		}
		s.holds = false
	}
	if len(s.ready) > 0 {
		turn := s.ready[0]
		s.ready = s.ready[1:]
		return turn, nil
	}
	if !s.offers || len(s.held) >= s.atOnce {
		return nil, nil
	}
	turn, err := s.takeRun(ctx, "")
	if err == nil && turn == nil {
		s.offers = false
	}
	return turn, err
}

// takeRun takes a run that waits: the oldest, or one; nil: there is none.
func (s *WorkStream) takeRun(ctx context.Context, runID string) (*BotTurn, error) {
	s.leased = true
	r, err := s.work.bots.takeTurn(ctx, s.lease, runID, s.lapsed)
	if err != nil || r == nil {
		return nil, err
	}
	s.held[r.ID] = r
	delete(s.lapsed, r.ID)
	return &BotTurn{r, r.Turn, r.Reason, r.LeaseUntil, r.ProposalID}, nil
}

// checkHeld finds out what the worker does not have any longer.
func (s *WorkStream) checkHeld(ctx context.Context) error {
	ids := make([]string, 0, len(s.held))
	for runID := range s.held {
		ids = append(ids, runID)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := s.work.bots.store.Client(ctx).AgentRun.Query().Where(entrun.IDIn(ids...)).All(ctx)
	if err != nil {
		return err
	}
	now := map[string]*ent.AgentRun{}
	for _, r := range rows {
		now[r.ID] = r
	}
	for runID, had := range s.held {
		if err := s.compareHeld(ctx, had, now[runID]); err != nil {
			return err
		}
	}
	return nil
}

// compareHeld looks after a run that the worker had: nil: the bot does not see it any
// longer. What it answered it leaves without a word; of a new turn it is the first who is
// asked.
func (s *WorkStream) compareHeld(ctx context.Context, had, now *ent.AgentRun) error {
	if now != nil && now.LeaseID == s.lease {
		return nil
	}
	delete(s.held, had.ID)
	s.offers = true // there is room
	switch {
	case now == nil:
		now = had
	case now.State == vocab.RunAwaitingContact, now.State == vocab.RunAwaitingApproval:
		return nil
	case now.State == vocab.RunPending && now.DueAt == had.DueAt:
		if len(s.lapsed) >= maxWork { // of those before, others had time enough to take them
			clear(s.lapsed)
		}
		s.lapsed[had.ID] = had.DueAt
	case now.State == vocab.RunPending:
		turn, err := s.takeRun(ctx, now.ID)
		if err != nil {
			return err
		}
		if turn != nil {
			s.ready = append(s.ready, turn)
			return nil
		}
	}
	s.ready = append(s.ready, &BotTurn{Run: now, Turn: had.Turn, Reason: vocab.TurnStopped})
	return nil
}

// await waits until there may be something.
func (s *WorkStream) await(ctx context.Context) error {
	for !s.holds && !(s.offers && len(s.held) < s.atOnce) {
		e, more, err := s.reader.Peek(ctx)
		if errs.Is(err, errs.CursorExpired) {
			if err := s.catchUp(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if e != nil {
			s.noteEvent(e)
			continue
		}
		select {
		case <-more:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// catchUp goes on from the log's end, when it was cut off behind the stream.
func (s *WorkStream) catchUp(ctx context.Context) error {
	r, err := s.work.feed.Follow(ctx, event.Topic{AccountID: s.viewer.AccountID}, nil)
	if err != nil {
		return err
	}
	s.reader.Close()
	s.reader, s.holds, s.offers = r, true, true
	return nil
}

// noteEvent notes what an event may change for the worker.
func (s *WorkStream) noteEvent(e *event.Entry) {
	switch {
	case e.Type == vocab.AgentRunChanged:
		s.holds = s.holds || s.held[e.SubjectID] != nil
		s.offers = true
	case e.Type == vocab.ConversationPurged, e.Type.ChangesAuthority():
		s.holds, s.offers = true, true
	}
}
