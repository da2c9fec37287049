// Package page names the instances of relay's generic types that the SDL's
// connections and edges are bound to.
//
// It lies below an internal folder because gqlgen takes an alias elsewhere
// that points into one for a type of its own, and then binds no field to it.
package page

import (
	"parley/ent"
	"parley/graph/model"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/paging"
)

type (
	// ContactEdge is a row of a page of contacts.
	ContactEdge = paging.Edge[*ent.Contact]
	// ConversationEdge is a row of a page of conversations.
	ConversationEdge = paging.Edge[*ent.Conversation]
	// EntryConnection is a page of a conversation's history.
	EntryConnection = conversation.EntryPage
	// EntryEdge is a row of a page of a conversation's history.
	EntryEdge = paging.Edge[conversation.Entry]
	// EventEdge is a row of a page of the event log.
	EventEdge = paging.Edge[*ent.Event]
	// MessageEdge is a row of a page of messages.
	MessageEdge = paging.Edge[*ent.Message]
	// SearchEdge is a row of a page of search hits.
	SearchEdge = paging.Edge[*view.SearchHit]
	// InboxPersonConnection is a page of the members of an inbox at work.
	InboxPersonConnection = paging.Connection[*model.InboxPerson]
	// InboxPersonEdge is a row of such a page.
	InboxPersonEdge = paging.Edge[*model.InboxPerson]
	// VisitorConversationConnection is a page of a visitor's conversations.
	VisitorConversationConnection = paging.Connection[*model.VisitorConversation]
	// VisitorConversationEdge is a row of a page of a visitor's conversations.
	VisitorConversationEdge = paging.Edge[*model.VisitorConversation]
	// VisitorMessageEdge is a row of a page of messages as visitors see them.
	VisitorMessageEdge = paging.Edge[*model.VisitorMessage]
)
