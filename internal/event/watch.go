package event

import (
	"context"
	"slices"

	"parley/ent"
	"parley/internal/viewer"
)

// Stream is the log as one viewer sees it, live.
type Stream struct {
	reader *Reader
	live   viewer.Live
	filter Filter
}

// Watch returns the events after a number that the viewer may see, then what
// comes (NT-3); nil: what comes from now on. Errors are those of Feed.Follow,
// and of a filter that cannot be meant.
func (f *Feed) Watch(ctx context.Context, after *int64, filter Filter) (*Stream, error) {
	if err := filter.check(); err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	r, err := f.Follow(ctx, Topic{AccountID: v.AccountID}, after)
	if err != nil {
		return nil, err
	}
	return &Stream{reader: r, live: viewer.LiveFrom(ctx), filter: filter}, nil
}

// Next waits for the next event. An error ends the stream: the viewer's token
// holds no more, or the log was cut off behind a reader that stood still
// (CURSOR_EXPIRED).
func (s *Stream) Next(ctx context.Context) (*ent.Event, error) {
	for {
		e, err := s.reader.Next(ctx)
		if err != nil {
			return nil, err
		}
		v, err := s.live.At(ctx, e.Sequence)
		if err != nil {
			return nil, err
		}
		if Visible(v, e.Event) && s.filter.match(e.Event) {
			return e.Event, nil
		}
	}
}

// Close ends the stream.
func (s *Stream) Close() { s.reader.Close() }

// match reports whether the filter shows an event.
func (f Filter) match(e *ent.Event) bool {
	return (f.Types == nil || slices.Contains(f.Types, e.Type)) && (f.InboxIDs == nil || slices.Contains(f.InboxIDs, e.InboxID))
}
