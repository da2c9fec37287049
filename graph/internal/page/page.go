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

// Pages and their rows.
type (
	ContactConnection        = relay.Connection[*ent.Contact]
	ContactEdge              = relay.Edge[*ent.Contact]
	ConversationEdge         = relay.Edge[*ent.Conversation]
	EventEdge                = relay.Edge[*ent.Event]
	MessageEdge              = relay.Edge[*ent.Message]
	SearchConnection         = relay.Connection[*conversation.SearchHit]
	SearchEdge               = relay.Edge[*conversation.SearchHit]
	VisitorMessageConnection = relay.Connection[*ent.Message]
)
