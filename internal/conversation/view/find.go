package view

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/id"
)

// Find returns a conversation that the query's viewer may see: NOT_FOUND otherwise,
// also for what is no conversation's id.
func Find(ctx context.Context, q *ent.ConversationQuery, conversationID string) (*ent.Conversation, error) {
	if !id.Is(conversationID, id.Conversation) {
		return nil, NotFound(conversationID)
	}
	c, err := q.Where(entconversation.ID(conversationID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, NotFound(conversationID)
	}
	return c, err
}

// NotFound says that the viewer sees no conversation of that id.
func NotFound(conversationID string) error {
	return errs.New(errs.NotFound, "There is no conversation %q that you may see.", errs.Clip(conversationID)).On("conversationId")
}
