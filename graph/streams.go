package graph

import (
	"context"

	"parley/ent"
	"parley/internal/conversation"
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

// tally is an inbox's counts, as the list that the SDL has.
type tally struct{ *conversation.CountsStream }

// Next waits for the next counts.
func (t tally) Next(ctx context.Context) ([]*conversation.ViewCount, error) {
	now, err := t.CountsStream.Next(ctx)
	if err != nil {
		return nil, err
	}
	return now.Views, nil
}

// sent ends the caller's typing: they wrote what they typed (IN-16).
func (r *Resolver) sent(ctx context.Context, c *ent.Conversation) {
	if r.Services.Presence != nil {
		r.Services.Presence.Sent(ctx, c)
	}
}
