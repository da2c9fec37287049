package live

import (
	"context"

	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Service streams lists of tickets. It is safe for concurrent use.
type Service struct {
	tickets *crm.Service
	feed    *event.Feed
	windows windows
}

// New returns the streams of tickets that follow a feed.
func New(tickets *crm.Service, feed *event.Feed) *Service {
	return &Service{tickets: tickets, feed: feed, windows: windows{byKey: map[string]*window{}}}
}

// Stream is a live list as one subscriber gets it. It is for one goroutine.
type Stream struct {
	live    *Service
	request request
	who     viewer.Live
	viewer  *viewer.Viewer
	changed <-chan struct{} // the viewer may be another
	reader  *event.Reader
	window  *window
	shown   edges
	began   bool
}

// Tickets returns a list, live: its first rows, 50 unless asked otherwise, and each
// change of them. Errors are those of the list.
func (l *Service) Tickets(ctx context.Context, f crm.TicketFilter, order vocab.TicketOrder, first *int) (*Stream, error) {
	s := &Stream{live: l, request: request{f, order, 50}, who: viewer.LiveFrom(ctx), viewer: viewer.FromContext(ctx)}
	if first != nil {
		s.request.Size = *first
	}
	s.changed = s.who.Changed()
	var err error
	if s.reader, err = l.feed.Follow(ctx, event.Topic{AccountID: s.viewer.AccountID}, nil); err != nil {
		return nil, err
	}
	if s.window, err = l.windows.joinWindow(l.tickets, s.viewer, s.request); err == nil {
		_, err = s.window.at(ctx, s.reader.Position())
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the stream.
func (s *Stream) Close() {
	if s.window != nil {
		s.live.windows.leaveWindow(s.window)
		s.window = nil
	}
	if s.reader != nil {
		s.reader.Close()
		s.reader = nil
	}
}

// Next waits for the list's next change and returns it: a *TicketViewSnapshot first. An
// error ends the stream: ctx's cause, or one of the viewer's token.
func (s *Stream) Next(ctx context.Context) (TicketViewUpdate, error) {
	if !s.began {
		return s.beginView(ctx)
	}
	for {
		sequence, err := s.await(ctx)
		if err != nil {
			return nil, err
		}
		changes, err := s.reread(ctx, sequence)
		if err != nil {
			return nil, err
		}
		if len(changes) > 0 {
			return &TicketViewChanges{sequence, changes}, nil
		}
	}
}

func (s *Stream) beginView(ctx context.Context) (TicketViewUpdate, error) {
	sequence := s.reader.Position()
	page, err := s.readList(ctx, sequence)
	if err != nil {
		return nil, err
	}
	s.shown, s.began = page.Edges, true
	return &TicketViewSnapshot{sequence, page}, nil
}

// await waits until the list may be another, and returns the number of the log as of
// which it is to be read.
func (s *Stream) await(ctx context.Context) (int64, error) {
	for {
		select {
		case <-s.changed:
			return s.reader.Position(), nil
		default:
		}
		e, more, err := s.reader.Peek(ctx)
		if errs.Is(err, errs.CursorExpired) {
			return s.catchUp(ctx)
		}
		if err != nil {
			return 0, err
		}
		if e != nil {
			if s.concerns(e) {
				return e.Sequence, nil
			}
			continue
		}
		select {
		case <-more:
		case <-s.changed:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// catchUp goes on from the log's end, when it was cut off behind the stream.
func (s *Stream) catchUp(ctx context.Context) (int64, error) {
	r, err := s.live.feed.Follow(ctx, event.Topic{AccountID: s.viewer.AccountID}, nil)
	if err != nil {
		return 0, err
	}
	s.reader.Close()
	s.reader = r
	return r.Position(), nil
}

// concerns reports whether the list may be another after an event: of tickets, of what
// the viewer may see, and of what leads to contacts, with whom tickets are seen.
func (s *Stream) concerns(e *event.Entry) bool {
	switch e.Type {
	case vocab.TicketCreated, vocab.TicketUpdated, vocab.TicketDeleted, vocab.PipelineUpdated, vocab.ConversationPurged:
		return true
	case vocab.ConversationCreated, vocab.ContactCreated, vocab.ContactLinked, vocab.ContactUnlinked, vocab.MessageCreated:
		return s.viewer.OwnContacts
	case vocab.ConversationUpdated:
		for _, c := range e.Changes {
			if c.Field == "inbox" {
				return true
			}
		}
	}
	return e.Type.ChangesAuthority()
}

// reread returns what is different in the list.
func (s *Stream) reread(ctx context.Context, sequence int64) ([]TicketViewChange, error) {
	page, err := s.readList(ctx, sequence)
	if err != nil {
		return nil, err
	}
	changes := difference(s.shown, page.Edges)
	s.shown = page.Edges
	return changes, nil
}

// readList reads the list as of a number of the log, for the viewer of that moment.
func (s *Stream) readList(ctx context.Context, sequence int64) (*crm.TicketPage, error) {
	s.changed = s.who.Changed()
	v, err := s.who.At(ctx, max(sequence, 1))
	if err != nil {
		return nil, err
	}
	if v != s.viewer {
		s.viewer = v
		w, err := s.live.windows.joinWindow(s.live.tickets, v, s.request)
		if err != nil {
			return nil, err
		}
		s.live.windows.leaveWindow(s.window)
		s.window = w
	}
	return s.window.at(viewer.NewContext(ctx, v), sequence)
}
