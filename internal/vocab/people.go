// Package vocab holds the enumerated terms of the domain. Each is spelled the
// same in the SDL, in Go and in the database. It is a leaf.
package vocab

import "strings"

// UserRole says what a user may administer (AC-2).
type UserRole string

// Roles of users.
const (
	RoleAdmin UserRole = "ADMIN"
	RoleAgent UserRole = "AGENT"
)

// RoleMapping gives the role to whoever has a value in an identity provider's claim (AC-9).
type RoleMapping struct {
	Value string   `json:"value"`
	Role  UserRole `json:"role"`
}

// TeamMapping puts whoever has a value in an identity provider's claim into a team (AC-9).
type TeamMapping struct {
	Value  string `json:"value"`
	TeamID string `json:"teamId"`
}

// Seat is a user's paid seat; routing never chooses a user without one (AC-4).
type Seat string

// Seats.
const (
	SeatNone    Seat = "NONE"
	SeatSales   Seat = "SALES"
	SeatService Seat = "SERVICE"
)

// UserAvailability says whether a user takes new chats (AC-7).
type UserAvailability string

// Availabilities of a user.
const (
	Available UserAvailability = "AVAILABLE"
	Away      UserAvailability = "AWAY"
)

// ContactOrder is the order of a list of contacts.
type ContactOrder string

// Orders of contacts.
const (
	ContactsNewest        ContactOrder = "CREATED_AT_DESC"
	ContactsByName        ContactOrder = "NAME_ASC"
	ContactsLastSeen      ContactOrder = "LAST_SEEN_AT_DESC"
	ContactsLastContacted ContactOrder = "LAST_CONTACTED_AT_DESC"
)

// SessionKind is what a user is signed in with (AC-9, AC-18).
type SessionKind string

// Kinds of sessions.
const (
	SessionOfBrowser SessionKind = "BROWSER"
	SessionOfApp     SessionKind = "APP"
	SessionOfTools   SessionKind = "MCP"
)

// DirectoryName is a user's name as a directory has it, and whether it said last that they are inactive (AC-19).
type DirectoryName struct {
	Display   string `json:"display,omitempty"`
	Formatted string `json:"formatted,omitempty"`
	Given     string `json:"given,omitempty"`
	Family    string `json:"family,omitempty"`
	Inactive  bool   `json:"inactive,omitempty"`
}

// String is the name that is shown: the first that there is of the one to show, the whole one, and its parts.
func (n DirectoryName) String() string {
	for _, name := range []string{n.Display, n.Formatted} {
		if strings.TrimSpace(name) != "" {
			return name
		}
	}
	return strings.TrimSpace(n.Given + " " + n.Family)
}
