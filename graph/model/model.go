// Package model has the Go types of the SDL that are no entity and no input of
// a use case: generated payloads, and here by hand interfaces, unions and the
// page of the event log.
package model

import (
	"parley/ent"
	"parley/internal/relay"
)

// Node is any object with an id: a pointer to an entity, such as *ent.User.
type Node interface{}

// Actor is whoever did something: *ent.User, *ent.Integration, *ent.Bot,
// *ent.Contact, *ent.Visitor, or *viewer.Viewer for Parley itself.
type Actor interface{}

// Channel is *ent.Channel for a chat, or *ent.EmailChannel.
type Channel interface{}

// EventConnection is one page of the log.
type EventConnection struct {
	relay.Connection[*ent.Event]
	// ScannedTo is the sequence to go on after, also when the page is empty.
	ScannedTo int64
}
