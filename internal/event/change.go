package event

import (
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/vocab"
)

// FieldChange is one change of an event's object, by the type of what changed
// (API-11). Edges are filled in by who shows them. No two types have a field of
// one name and another type, so that all can be asked for together.
type FieldChange interface{ isFieldChange() }

type (
	// StatusChange is of a conversation's status.
	StatusChange struct {
		Field                string
		FromStatus, ToStatus vocab.ConversationStatus
	}
	// AssigneeChange is of who has a conversation.
	AssigneeChange struct {
		Field                        string
		FromAssigneeID, ToAssigneeID *string
		FromAssignee, ToAssignee     *ent.User
	}
	// TeamChange is of the team that has a conversation.
	TeamChange struct {
		Field                string
		FromTeamID, ToTeamID *string
		FromTeam, ToTeam     *ent.Team
	}
	// FilteredChange is of the reasons why a conversation is in Filtered.
	FilteredChange struct {
		Field                    string
		FromFiltered, ToFiltered []vocab.FilteredReason
	}
	// SnoozeChange is of until when a conversation is snoozed.
	SnoozeChange struct {
		Field                            string
		FromSnoozedUntil, ToSnoozedUntil clock.Micros
	}
	// PriorityChange is of a conversation's priority.
	PriorityChange struct {
		Field                    string
		FromPriority, ToPriority vocab.Priority
	}
	// TagsChange is of a conversation's tags: their ids when it happened, and the tags
	// that these are now.
	TagsChange struct {
		Field                string
		AddedIDs, RemovedIDs []string
		Added, Removed       []*ent.Tag
	}
	// PropertiesChange is of what a record has of defined properties: those that have
	// another value, and those that have none any more (CR-11).
	PropertiesChange struct {
		Field              string
		SetIDs, ClearedIDs []string
		Set, Cleared       []*ent.Property
	}
	// ContactChange is of whom a conversation is with.
	ContactChange struct {
		Field                      string
		FromContactID, ToContactID *string
		FromContact, ToContact     *ent.Contact
	}
	// InboxChange is of the inbox that a conversation is in.
	InboxChange struct {
		Field                  string
		FromInboxID, ToInboxID *string
		FromInbox, ToInbox     *ent.Inbox
	}
	// BotStateChange is of a bot's part in a conversation.
	BotStateChange struct {
		Field                    string
		FromBotState, ToBotState vocab.BotState
	}
	// DeliveryChange is of how far a message came.
	DeliveryChange struct {
		Field                    string
		FromDelivery, ToDelivery vocab.DeliveryState
	}
	// AvailabilityChange is of whether a user takes chats.
	AvailabilityChange struct {
		Field                            string
		FromAvailability, ToAvailability vocab.UserAvailability
	}
	// ChannelStateChange is of whether an e-mail channel works.
	ChannelStateChange struct {
		Field                            string
		FromChannelState, ToChannelState vocab.EmailChannelState
	}
	// StageChange is of the stage that a ticket or deal is in.
	StageChange struct {
		Field                  string
		FromStageID, ToStageID *string
		FromStage, ToStage     *ent.PipelineStage
	}
	// OtherFieldChange is of any other field, and of what an earlier version recorded
	// in less detail.
	OtherFieldChange struct {
		Field    string
		From, To *string
	}
)

func (*StatusChange) isFieldChange()       {}
func (*AssigneeChange) isFieldChange()     {}
func (*TeamChange) isFieldChange()         {}
func (*FilteredChange) isFieldChange()     {}
func (*SnoozeChange) isFieldChange()       {}
func (*PriorityChange) isFieldChange()     {}
func (*TagsChange) isFieldChange()         {}
func (*PropertiesChange) isFieldChange()   {}
func (*ContactChange) isFieldChange()      {}
func (*InboxChange) isFieldChange()        {}
func (*BotStateChange) isFieldChange()     {}
func (*DeliveryChange) isFieldChange()     {}
func (*AvailabilityChange) isFieldChange() {}
func (*ChannelStateChange) isFieldChange() {}
func (*StageChange) isFieldChange()        {}
func (*OtherFieldChange) isFieldChange()   {}

// Changes are an event's changes by their types, without edges.
func Changes(e *ent.Event) []FieldChange {
	list := make([]FieldChange, len(e.Changes))
	for i, c := range e.Changes {
		list[i] = &OtherFieldChange{c.Field, c.From, c.To}
		if typed := typeOf(e.Type, c.Field); typed != nil {
			if change := typed(c); change != nil {
				list[i] = change
			}
		}
	}
	return list
}

// typeOf returns what reads a field's changes in events of a type; nil: it has no
// type of its own.
func typeOf(t vocab.EventType, field string) func(vocab.FieldChange) FieldChange {
	switch {
	case field == "properties" || field == "definedProperties":
		return propertiesChange
	case t == vocab.UserAvailabilityChanged && field == "availability":
		return availabilityChange
	case t == vocab.ChannelStateChanged && field == "state":
		return channelStateChange
	case t == vocab.MessageDeliveryChanged && field == "delivery":
		return deliveryChange
	case t == vocab.TicketUpdated || t == vocab.DealUpdated:
		return ofRecord[field]
	case t.AboutConversation():
		return ofConversation[field]
	}
	return nil
}

// ofConversation reads the changes of a conversation's fields. What it cannot read
// is nil.
var ofConversation = map[string]func(vocab.FieldChange) FieldChange{
	"status": func(c vocab.FieldChange) FieldChange {
		if c.From == nil || c.To == nil {
			return nil
		}
		return &StatusChange{c.Field, vocab.ConversationStatus(*c.From), vocab.ConversationStatus(*c.To)}
	},
	"assignee": func(c vocab.FieldChange) FieldChange {
		return &AssigneeChange{Field: c.Field, FromAssigneeID: c.From, ToAssigneeID: c.To}
	},
	"assignedTeam": func(c vocab.FieldChange) FieldChange {
		return &TeamChange{Field: c.Field, FromTeamID: c.From, ToTeamID: c.To}
	},
	"filtered": func(c vocab.FieldChange) FieldChange {
		return &FilteredChange{c.Field, reasons(c.From), reasons(c.To)}
	},
	"snoozedUntil": snoozeChange,
	"priority": func(c vocab.FieldChange) FieldChange {
		if c.From == nil || c.To == nil {
			return nil
		}
		return &PriorityChange{c.Field, vocab.Priority(*c.From), vocab.Priority(*c.To)}
	},
	"tags": func(c vocab.FieldChange) FieldChange {
		if len(c.Added)+len(c.Removed) == 0 {
			return nil
		}
		return &TagsChange{Field: c.Field, AddedIDs: append([]string{}, c.Added...), RemovedIDs: append([]string{}, c.Removed...)}
	},
	"contact": func(c vocab.FieldChange) FieldChange {
		return &ContactChange{Field: c.Field, FromContactID: c.From, ToContactID: c.To}
	},
	"inbox": func(c vocab.FieldChange) FieldChange {
		return &InboxChange{Field: c.Field, FromInboxID: c.From, ToInboxID: c.To}
	},
	"botState": func(c vocab.FieldChange) FieldChange {
		if c.From == nil || c.To == nil {
			return nil
		}
		return &BotStateChange{c.Field, vocab.BotState(*c.From), vocab.BotState(*c.To)}
	},
}

// ofRecord reads the changes of a ticket's or deal's fields.
var ofRecord = map[string]func(vocab.FieldChange) FieldChange{
	"stage": func(c vocab.FieldChange) FieldChange {
		if c.To == nil || !id.Is(*c.To, id.PipelineStage) { // stages were words before
			return nil
		}
		return &StageChange{Field: c.Field, FromStageID: c.From, ToStageID: c.To}
	},
	"owner":    ofConversation["assignee"],
	"team":     ofConversation["assignedTeam"],
	"priority": ofConversation["priority"],
	"contact":  ofConversation["contact"],
}

func propertiesChange(c vocab.FieldChange) FieldChange {
	if len(c.Added)+len(c.Removed) == 0 {
		return nil
	}
	return &PropertiesChange{Field: c.Field, SetIDs: append([]string{}, c.Added...), ClearedIDs: append([]string{}, c.Removed...)}
}

func deliveryChange(c vocab.FieldChange) FieldChange {
	if c.From == nil || c.To == nil {
		return nil
	}
	return &DeliveryChange{c.Field, vocab.DeliveryState(*c.From), vocab.DeliveryState(*c.To)}
}

func availabilityChange(c vocab.FieldChange) FieldChange {
	if c.From == nil || c.To == nil {
		return nil
	}
	return &AvailabilityChange{c.Field, vocab.UserAvailability(*c.From), vocab.UserAvailability(*c.To)}
}

func channelStateChange(c vocab.FieldChange) FieldChange {
	if c.From == nil || c.To == nil {
		return nil
	}
	return &ChannelStateChange{c.Field, vocab.EmailChannelState(*c.From), vocab.EmailChannelState(*c.To)}
}

func snoozeChange(c vocab.FieldChange) FieldChange {
	var from, to clock.Micros
	if c.From != nil && from.UnmarshalGQL(*c.From) != nil || c.To != nil && to.UnmarshalGQL(*c.To) != nil {
		return nil
	}
	return &SnoozeChange{c.Field, from, to}
}

// reasons reads a set of reasons, which events have with commas between.
func reasons(text *string) []vocab.FilteredReason {
	list := []vocab.FilteredReason{}
	if text != nil {
		for reason := range strings.SplitSeq(*text, ",") {
			list = append(list, vocab.FilteredReason(reason))
		}
	}
	return list
}
