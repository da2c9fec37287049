package graph

import (
	"context"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/paging"
)

// Rows as visitors see them, and back.

func shownConversation(c *ent.Conversation) *model.VisitorConversation {
	return (*model.VisitorConversation)(c)
}

func shownMessage(m *ent.Message) *model.VisitorMessage { return (*model.VisitorMessage)(m) }

func rowOfConversation(c *model.VisitorConversation) *ent.Conversation { return (*ent.Conversation)(c) }

func rowOfMessage(m *model.VisitorMessage) *ent.Message { return (*ent.Message)(m) }

// shownPage is a page of messages as visitors see them.
func shownPage(of *model.VisitorConversation, page *paging.Connection[*ent.Message]) *model.VisitorMessageConnection {
	return &model.VisitorMessageConnection{Connection: *paging.Map(page, shownMessage), ConversationID: of.ID}
}

func visitorConversationPayload(c *ent.Conversation, err error) (*model.VisitorConversationPayload, error) {
	return &model.VisitorConversationPayload{Conversation: shownConversation(c)}, err
}

// visitorCursor is where a conversation's changes were when the operation began.
func (r *Resolver) visitorCursor(ctx context.Context, conversationID string) (string, error) {
	sequence, err := sequenceOf(ctx, 0)
	if err != nil {
		return "", err
	}
	return r.Services.Visitors.Cursor(conversationID, sequence)
}
