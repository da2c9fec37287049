// Package page names the instances of relay's generic types that the SDL's
// connections and edges are bound to.
//
// It lies below an internal folder because gqlgen takes an alias elsewhere
// that points into one for a type of its own, and then binds no field to it.
package page

import (
	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/relay"
)

type (
	// ContactConnection is a page of contacts.
	ContactConnection = relay.Connection[*ent.Contact]
	// ContactEdge is a row of a page of contacts.
	ContactEdge = relay.Edge[*ent.Contact]
	// ConversationEdge is a row of a page of conversations.
	ConversationEdge = relay.Edge[*ent.Conversation]
	// EventEdge is a row of a page of the event log.
	EventEdge = relay.Edge[*ent.Event]
	// MessageEdge is a row of a page of messages, also as visitors see them.
	MessageEdge = relay.Edge[*ent.Message]
	// SearchConnection is a page of search hits.
	SearchConnection = relay.Connection[*conversation.SearchHit]
	// SearchEdge is a row of a page of search hits.
	SearchEdge = relay.Edge[*conversation.SearchHit]
	// VisitorMessageConnection is a page of messages as visitors see them.
	VisitorMessageConnection = relay.Connection[*ent.Message]
)
