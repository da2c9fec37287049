package graph

import (
	"parley/internal/attachment"
	"parley/internal/channel/email"
	"parley/internal/consent"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/crm"
	"parley/internal/event"
	"parley/internal/inbox"
	"parley/internal/node"
	"parley/internal/people"
	"parley/internal/presence"
	"parley/internal/targeting"
	"parley/internal/visitor"
)

// Resolver is the root of all resolvers. It holds the services, and no client
// of the database: a resolver cannot query.
type Resolver struct{ Services Services }

// Services are the use cases that resolvers call, one for each domain.
type Services struct {
	Contacts      *contact.Service
	Consents      *consent.Service
	Targeting     *targeting.Service
	Visitors      *visitor.Service
	People        *people.Service
	Inboxes       *inbox.Service
	Conversations *conversation.Service
	Events        *event.Service
	Nodes         *node.Service
	Emails        *email.Service
	Attachments   *attachment.Service
	Tickets       *crm.Service

	// Streams, for subscriptions.
	Feed              *event.Feed
	Presence          *presence.Service
	LiveConversations *conversation.Live
	LiveVisitors      *visitor.Live
}

// orNull returns a value that may be empty as a nullable field: entities keep
// "" for what is not there.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}
