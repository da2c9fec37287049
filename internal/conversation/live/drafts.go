package live

import (
	"context"

	"parley/internal/event"
	"parley/internal/vocab"
)

// DraftChange is a draft that was saved, sent or discarded (CO-3).
type DraftChange struct {
	Sequence       int64
	DraftID        string
	ConversationID string
}

// DraftStream is a viewer's own drafts, live.
type DraftStream struct{ events *event.Stream }

// Drafts returns the changes of the viewer's own drafts after a number of the log, then
// what comes; see event.Feed's Watch.
func (l *Service) Drafts(ctx context.Context, after *int64) (*DraftStream, error) {
	events, err := l.feed.Watch(ctx, after, event.Filter{Types: []vocab.EventType{vocab.DraftChanged}})
	if err != nil {
		return nil, err
	}
	return &DraftStream{events}, nil
}

// Close ends the stream.
func (s *DraftStream) Close() { s.events.Close() }

// Next waits for the next change.
func (s *DraftStream) Next(ctx context.Context) (*DraftChange, error) {
	e, err := s.events.Next(ctx) // those of other users are not visible
	if err != nil {
		return nil, err
	}
	return &DraftChange{Sequence: e.Sequence, DraftID: e.SubjectID, ConversationID: e.ConversationID}, nil
}
