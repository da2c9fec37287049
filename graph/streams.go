package graph

import (
	"context"

	"parley/ent"
	"parley/graph/subscription"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
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

// tally is the counts of views, as the list that the SDL has.
type tally struct{ *live.CountsGroup }

// Next waits for the next counts.
func (t tally) Next(ctx context.Context) ([]*view.ViewCount, error) {
	now, err := t.CountsGroup.Next(ctx)
	if err != nil {
		return nil, err
	}
	return now.Views, nil
}

// liveView is a live view, with the total of the whole view where the document asks for
// it.
func (r *Resolver) liveView(ctx context.Context, sel view.Selection, first *int) (*live.ViewStream, error) {
	stream, err := r.Services.LiveConversations.View(ctx, sel, first, subscription.PerViewer(ctx))
	if err != nil || !subscription.Selects(ctx, "ViewTotal") {
		return stream, err
	}
	if err := stream.WithTotals(ctx); err != nil {
		stream.Close()
		return nil, err
	}
	return stream, nil
}

// counted is a number of a view's; null where there were too many to count.
func counted(c *view.ViewCount, n int) *int {
	if c.Unknown {
		return nil
	}
	return &n
}

// endTyping ends the caller's typing: they wrote what they typed (IN-16).
func (r *Resolver) endTyping(ctx context.Context, c *ent.Conversation) {
	r.Services.Presence.Sent(ctx, c)
}
