package live

import (
	"context"

	"parley/internal/event"
	"parley/internal/vocab"
)

// Entries is the changes of one conversation's history, live (API-6).
type Entries struct{ *follow }

// Entries returns the changes of a conversation's history after a number of the
// log, then what comes; see Thread.
func (l *Service) Entries(ctx context.Context, conversationID string, after *int64) (*Entries, error) {
	f, err := l.followConversation(ctx, conversationID, after)
	if err != nil {
		return nil, err
	}
	return &Entries{f}, nil
}

// Next waits for the next change; see Thread.
func (h *Entries) Next(ctx context.Context) (*EntryChange, error) {
	return nextOf(ctx, h.follow, h.live.entryOf)
}

type entryKey struct{}

// entryOf returns what an event did to its conversation's history, the same for
// all who ask on this node; nil: nothing that others than its user may see.
func (l *Service) entryOf(ctx context.Context, e *event.Entry) (*EntryChange, error) {
	return event.Derive(e, entryKey{}, func() (*EntryChange, error) {
		if e.Type.Entry() == vocab.EntryEvent && e.UserID == "" {
			return &EntryChange{Sequence: e.Sequence, Kind: vocab.ChangeAdded, Entry: e.Event}, nil
		}
		m, err := l.MessageOf(ctx, e)
		if m == nil || err != nil {
			return nil, err
		}
		return &EntryChange{Sequence: m.Sequence, Kind: m.Kind, Entry: m.Message}, nil
	})
}
