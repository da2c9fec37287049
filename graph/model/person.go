package model

import (
	"parley/ent"
	"parley/internal/clock"
	"parley/internal/vocab"
)

// InboxPerson is a member of an inbox at work.
type InboxPerson struct {
	ID                           string
	User                         *ent.User
	Availability                 vocab.UserAvailability
	Connected                    bool
	LastSeenAt                   *clock.Micros
	OpenChats, OpenConversations int
	Capacity                     *int
}
