package people

import (
	"parley/internal/clock"
	"parley/internal/vocab"
)

// UpdateAccountInput is the input of updateAccount. What is left out stays as
// it is.
type UpdateAccountInput struct {
	Name           *string
	TimeZone       *string
	GdprEnabled    *bool
	IdempotencyKey *string
}

// CreateUserInput is the input of createUser. Who the new user is.
type CreateUserInput struct {
	Name           string
	Email          string
	Role           vocab.UserRole
	Seat           vocab.Seat
	IdempotencyKey *string
}

// UpdateUserInput is the input of updateUser. What is left out stays as it is.
type UpdateUserInput struct {
	UserID                  string
	Name                    *string
	AvatarURL               *string
	Role                    *vocab.UserRole
	Seat                    *vocab.Seat
	ReassignRepliesWhenAway *bool
	ChatCapacity            *int
	IdempotencyKey          *string
}

// UpdateOwnProfileInput is the input of updateOwnProfile. What is left out
// stays as it is.
type UpdateOwnProfileInput struct {
	Name                    *string
	AvatarURL               *string
	ReassignRepliesWhenAway *bool
	IdempotencyKey          *string
}

// DeactivateUserInput is the input of deactivateUser. Whom to deactivate.
type DeactivateUserInput struct {
	UserID         string
	IdempotencyKey *string
}

// SetAvailabilityInput is the input of setAvailability. Whose availability,
// and what it is to be (AC-7).
type SetAvailabilityInput struct {
	UserID         *string
	Availability   vocab.UserAvailability
	IdempotencyKey *string
}

// CreateTeamInput is the input of createTeam. A new team.
type CreateTeamInput struct {
	Name           string
	UserIDs        []string
	IdempotencyKey *string
}

// UpdateTeamInput is the input of updateTeam. What is left out stays as it is.
type UpdateTeamInput struct {
	TeamID         string
	Name           *string
	AddUserIDs     []string
	RemoveUserIDs  []string
	IdempotencyKey *string
}

// DeleteTeamInput is the input of deleteTeam. Which team to delete.
type DeleteTeamInput struct {
	TeamID         string
	IdempotencyKey *string
}

// CreateApiTokenInput is the input of createApiToken. For whom a token is, and
// what it grants (AC-9, AC-12).
type CreateApiTokenInput struct {
	Name           string
	UserID         *string
	Scopes         []string
	InboxIDs       []string
	ExpiresAt      *clock.Micros
	IdempotencyKey *string
}

// RevokeApiTokenInput is the input of revokeApiToken. Which token to revoke.
type RevokeApiTokenInput struct {
	TokenID        string
	IdempotencyKey *string
}
