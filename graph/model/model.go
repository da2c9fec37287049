// Package model has the Go types of the SDL that are no entity and no input of
// a use case: generated payloads, and here by hand interfaces, unions and the
// page of the event log.
package model

import (
	"reflect"
	"strings"

	"parley/ent"
	"parley/internal/paging"
	"parley/internal/vocab"
)

// Node is any object with an id: a pointer to an entity, such as *ent.User.
type Node interface{}

// Subgraph is what a gateway composes with others.
type Subgraph struct{ SDL string }

// Actor is whoever did something: *ent.User, *ent.Integration, *ent.Bot,
// *ent.Contact, *ent.Visitor, or *viewer.Viewer for Parley itself.
type Actor interface{}

// EngagementBody is what an engagement says: *vocab.EngagementNote, *vocab.EngagementCall,
// *vocab.EngagementEmail, *vocab.EngagementMeeting or *vocab.EngagementTask.
type EngagementBody interface{}

// Channel is *ent.Channel for a chat, *ent.EmailChannel, or *ent.CustomChannel.
type Channel interface{}

// EventConnection is one page of the log.
type EventConnection struct {
	paging.Connection[*ent.Event]
	// ScannedTo is the sequence to go on after, also when the page is empty.
	ScannedTo int64
}

// EventTypeInfo is what there is to know of a type of events.
type EventTypeInfo struct {
	Type        vocab.EventType
	Description string
	// Mutations emit it, by name; OtherCause is what else does; nil: nothing.
	Mutations  []string
	OtherCause *string
	// Subject is the type of the object that the event's subjectId names; nil: none.
	Subject *string
	// ChangedFields are the fields that its changes are about.
	ChangedFields []string
	// Sample is an event of the type, as JSON.
	Sample string
}

// TypeName returns the name in the SDL of an object of an interface or union:
// that of its Go type, but for a few.
func TypeName(object any) string {
	t := reflect.TypeOf(object)
	if t == nil {
		return ""
	}
	return SDLName(strings.TrimPrefix(t.String(), "*"))
}

// SDLName returns the name in the SDL of a Go type such as "ent.User", as a
// member of an interface or union.
func SDLName(goType string) string {
	if name, ok := otherNames[goType]; ok {
		return name
	}
	return goType[strings.LastIndexByte(goType, '.')+1:]
}

// otherNames has the members whose Go type has another name; a test compares
// them with the generated code.
var otherNames = map[string]string{
	"ent.Channel":            "ChatChannel",
	"ent.ConsentRecord":      "Consent",
	"ent.ImageSender":        "RemoteImageSender",
	"ent.LibraryOpening":     "DocumentOpening",
	"timeline.ListChange":    "TimelineListChange",
	"ent.SubscriptionType":   "ContactSubscriptionType",
	"model.TargetingURLRule": "TargetingUrlRule",
	"viewer.Viewer":          "SystemActor",
	"visitor.MessageChange":  "VisitorMessageChange",
	"visitor.TypingChange":   "VisitorTyping",
	"visitor.QueueChange":    "VisitorQueueChange",
	"visitor.StatusChange":   "VisitorStatusChange",
	"visitor.Continued":      "VisitorConversationContinued",
}
