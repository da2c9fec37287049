package live

import (
	"context"
	"slices"

	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/timeline"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Service streams timelines. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	timelines *timeline.Service
	feed      *event.Feed
	windows   windows
}

// New returns the streams of timelines of a store that follow a feed.
func New(s *store.Store, feed *event.Feed) *Service {
	return &Service{store: s, timelines: timeline.New(s), feed: feed, windows: windows{byKey: map[string]*window{}}}
}

// kindsShown are the kinds of entries that are live, if no others are asked for.
var kindsShown = slices.DeleteFunc(vocab.TimelineKinds(), func(k vocab.TimelineKind) bool { return k == vocab.TimelinePageView })

// Stream is a live timeline as one subscriber gets it. It is for one goroutine.
type Stream struct {
	live    *Service
	request request
	who     viewer.Live
	viewer  *viewer.Viewer
	changed <-chan struct{} // the viewer may be another
	reader  *event.Reader
	window  *window
	shown   *rows
	began   bool
}

// Contact returns the timeline of a contact, live: its first rows, 20 unless asked otherwise,
// and each change of them. Errors are NOT_FOUND on contactId, INVALID on kinds, and those of the
// timeline.
func (l *Service) Contact(ctx context.Context, contactID string, kinds []vocab.TimelineKind, first *int) (*Stream, error) {
	if !id.Is(contactID, id.Contact) {
		return nil, notFound(contactID)
	}
	if slices.Contains(kinds, vocab.TimelinePageView) {
		return nil, errs.New(errs.Invalid, "Pages that are viewed are not live: leave out PAGE_VIEW, and load them by Contact.timeline.").On("kinds")
	}
	if kinds == nil {
		kinds = kindsShown
	}
	s := &Stream{live: l, request: request{contactID, kinds, 20}, who: viewer.LiveFrom(ctx), viewer: viewer.FromContext(ctx)}
	if first != nil {
		s.request.Size = *first
	}
	s.changed = s.who.Changed()
	var err error
	if s.reader, err = l.feed.Follow(ctx, event.Topic{AccountID: s.viewer.AccountID}, nil); err != nil {
		return nil, err
	}
	if s.window, err = l.joinWindow(s.viewer, s.request); err == nil {
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

// Next waits for the timeline's next change and returns it: a *ContactTimelineSnapshot first. An
// error ends the stream: ctx's cause, one of the viewer's token, or NOT_FOUND when the viewer may
// not see the contact any longer.
func (s *Stream) Next(ctx context.Context) (ContactTimelineUpdate, error) {
	if !s.began {
		sequence := s.reader.Position()
		found, err := s.readRows(ctx, sequence)
		if err != nil {
			return nil, err
		}
		s.shown, s.began = found, true
		return &ContactTimelineSnapshot{sequence, found.page}, nil
	}
	for {
		sequence, err := s.await(ctx)
		if err != nil {
			return nil, err
		}
		found, err := s.readRows(ctx, sequence)
		if err != nil {
			return nil, err
		}
		changes := difference(s.shown.page.Edges, found.page.Edges)
		if s.shown = found; len(changes) > 0 {
			return &ContactTimelineChanges{sequence, changes}, nil
		}
	}
}

// await waits until the timeline may be another, and returns the number of the log as of which
// it is to be read.
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
			if concerned, err := s.concerns(ctx, e); err != nil || concerned {
				return e.Sequence, err
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

// readRows reads the timeline as of a number of the log, for the viewer of that moment.
func (s *Stream) readRows(ctx context.Context, sequence int64) (*rows, error) {
	s.changed = s.who.Changed()
	v, err := s.who.At(ctx, max(sequence, 1))
	if err != nil {
		return nil, err
	}
	if v != s.viewer {
		s.viewer = v
		w, err := s.live.joinWindow(v, s.request)
		if err != nil {
			return nil, err
		}
		s.live.windows.leaveWindow(s.window)
		s.window = w
	}
	return s.window.at(viewer.NewContext(ctx, v), sequence)
}
