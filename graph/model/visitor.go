package model

import (
	"parley/ent"
	"parley/internal/paging"
)

// What visitors see of their conversations has types of its own, so that a Node
// says which of two types of the SDL it is. The rows are the same.
type (
	// VisitorConversation is a conversation as its visitor sees it.
	VisitorConversation ent.Conversation
	// VisitorMessage is a message as the visitor sees it.
	VisitorMessage ent.Message
)

// VisitorMessageConnection is a page of what a visitor sees of a conversation.
type VisitorMessageConnection struct {
	paging.Connection[*VisitorMessage]
	ConversationID string
}

// VisitorConversationPayload is the payload {conversation userErrors} of visitors.
type VisitorConversationPayload struct {
	Conversation *VisitorConversation
	UserErrors   []*UserError
}
