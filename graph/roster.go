package graph

import (
	"context"

	"parley/internal/presence"
)

// roster is who is in a conversation, as the list that the SDL has.
type roster struct{ *presence.Stream }

// Next waits for the next roster.
func (r roster) Next(ctx context.Context) ([]*presence.Presence, error) {
	now, err := r.Stream.Next(ctx)
	if err != nil {
		return nil, err
	}
	return now.List, nil
}
