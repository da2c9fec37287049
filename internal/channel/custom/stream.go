package custom

import (
	"context"
	"time"

	"parley/ent"
	"parley/ent/channelmessage"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// usualWork and maxWork are how many messages a connector has at once.
	usualWork, maxWork = 10, 100
	// releaseTime bounds how long a connector's messages are given back; then the clock
	// does it.
	releaseTime = 10 * time.Second
)

// Stream is what goes out by one connection of a connector. It is for one goroutine.
type Stream struct {
	live    *Live
	channel *ent.CustomChannel
	atOnce  int
	lease   string
	who     viewer.Live
	viewer  *viewer.Viewer
	reader  *event.Reader
	alive   *time.Ticker

	// held are the messages that the connector has; lapsed are those that it had for too
	// long, with how often they were handed out then: another is to take them.
	held   map[string]bool
	lapsed map[string]int
	// holds and offers: what is held may be another's, and there may be something to do.
	holds, offers, leased bool
}

// Open returns what is to go out by a channel and what no connector has, oldest first, and
// then what comes: so many at once, 10 unless asked otherwise (CC-3). NOT_FOUND on
// channelId; INVALID for an impossible number.
func (l *Live) Open(ctx context.Context, channelID string, atOnce *int) (*Stream, error) {
	channel, err := findChannel(ctx, l.service.store.Client(ctx), channelID)
	if err != nil {
		return nil, err
	}
	s := &Stream{
		live: l, channel: channel, atOnce: usualWork, lease: id.New("lease"), who: viewer.LiveFrom(ctx), viewer: viewer.FromContext(ctx),
		held: map[string]bool{}, lapsed: map[string]int{}, offers: true,
	}
	if atOnce != nil {
		s.atOnce = *atOnce
	}
	if s.atOnce < 1 || s.atOnce > maxWork {
		return nil, errs.New(errs.Invalid, "A connector has 1 to %d messages at once.", maxWork).On("atOnce")
	}
	if err := s.recordSeen(ctx); err != nil {
		return nil, err
	}
	if s.reader, err = l.feed.Follow(ctx, event.Topic{AccountID: channel.AccountID}, nil); err != nil {
		return nil, err
	}
	s.alive = time.NewTicker(seenEvery)
	return s, nil
}

// recordSeen notes that the connector is there.
func (s *Stream) recordSeen(ctx context.Context) error {
	return s.live.service.store.WithTx(system(viewer.NewContext(ctx, s.viewer)), func(ctx context.Context, tx *store.Tx) error {
		channel, err := tx.Client.CustomChannel.Get(ctx, s.channel.ID)
		if err != nil {
			return err
		}
		return recordSeen(ctx, tx, channel)
	})
}

// Close gives back at once what the connector has.
func (s *Stream) Close() {
	s.alive.Stop()
	s.reader.Close()
	if s.leased {
		s.live.service.release(s.viewer, s.lease)
	}
}

// Next waits for something to go out. An error ends the stream: ctx's cause, one of the
// connector's token, or NOT_FOUND once the channel is gone.
func (s *Stream) Next(ctx context.Context) (*OutboundMessage, error) {
	for {
		out, err := s.find(ctx)
		if out != nil || err != nil {
			return out, err
		}
		if err := s.await(ctx); err != nil {
			return nil, err
		}
	}
}

// find returns what is to go out now; nil: nothing.
func (s *Stream) find(ctx context.Context) (*OutboundMessage, error) {
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
	if !s.offers || len(s.held) >= s.atOnce {
		return nil, nil
	}
	if s.channel, err = findChannel(ctx, s.live.service.store.Client(ctx), s.channel.ID); err != nil {
		return nil, err
	}
	s.leased = true
	row, err := s.live.service.takeOut(ctx, s.channel.ID, s.lease, s.lapsed)
	if err != nil {
		return nil, err
	}
	if row == nil {
		s.offers = false
		return nil, nil
	}
	s.held[row.ID] = true
	delete(s.lapsed, row.ID)
	return s.live.service.outbound(ctx, s.channel, row)
}

// checkHeld finds out what the connector does not have any longer.
func (s *Stream) checkHeld(ctx context.Context) error {
	ids := make([]string, 0, len(s.held))
	for messageID := range s.held {
		ids = append(ids, messageID)
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := s.live.service.store.Client(ctx).ChannelMessage.Query().Where(channelmessage.IDIn(ids...)).All(ctx)
	if err != nil {
		return err
	}
	had := s.held
	s.held = map[string]bool{}
	for _, row := range rows {
		switch {
		case row.LeaseID == s.lease:
			s.held[row.ID] = true
		case row.State == vocab.OutboundWaiting && row.Attempts > 0:
			if len(s.lapsed) >= maxWork { // for those before, others had time enough to take them
				clear(s.lapsed)
			}
			s.lapsed[row.ID] = row.Attempts
		}
	}
	s.offers = s.offers || len(s.held) < len(had)
	return nil
}

// await waits until there may be something.
func (s *Stream) await(ctx context.Context) error {
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
		case <-s.alive.C:
			if err := s.recordSeen(ctx); err != nil {
				return err
			}
			clear(s.lapsed)
			s.offers = true
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// catchUp goes on from the log's end, when it was cut off behind the stream.
func (s *Stream) catchUp(ctx context.Context) error {
	r, err := s.live.feed.Follow(ctx, event.Topic{AccountID: s.channel.AccountID}, nil)
	if err != nil {
		return err
	}
	s.reader.Close()
	s.reader, s.holds, s.offers = r, true, true
	return nil
}

// noteEvent notes what an event may change for the connector.
func (s *Stream) noteEvent(e *event.Entry) {
	switch {
	case e.Type == vocab.ConversationPurged, e.Type.ChangesAuthority():
		s.holds, s.offers = true, true
	case e.InboxID != s.channel.InboxID:
	case e.Type == vocab.MessageCreated, e.Type == vocab.MessageUpdated, e.Type == vocab.MessageDeleted,
		e.Type == vocab.MessageDeliveryChanged, e.Type == vocab.MessageReturned:
		s.holds, s.offers = s.holds || s.held[e.MessageID], true
	}
}

// release gives back all that a connector has. What cannot be given back now, the clock
// takes.
func (s *Service) release(v *viewer.Viewer, lease string) {
	ctx, cancel := context.WithTimeout(context.Background(), releaseTime)
	defer cancel()
	ctx = system(viewer.NewContext(ctx, v))
	//errors:contained the clock takes what stays
	rows, err := s.store.Client(ctx).ChannelMessage.Query().Where(channelmessage.LeaseID(lease)).Modify(hasLease).Order(channelmessage.ByID()).All(ctx)
	if err != nil {
		return
	}
	for _, row := range rows {
		_ = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return s.deps.Conversations.ReturnOutbound(ctx, tx, row, func(now *ent.ChannelMessage) bool { return now.LeaseID == lease })
		})
	}
}
