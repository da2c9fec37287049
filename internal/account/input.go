package account

import (
	"parley/internal/clock"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// UpdateAccountInput is the input of updateAccount. What is left out stays as
// it is.
type UpdateAccountInput struct {
	Name        opt.Value[*string]
	TimeZone    opt.Value[*string]
	GdprEnabled opt.Value[*bool]
	TagsManaged opt.Value[*bool]
	// ContactVisibility, WhoMayBlock and TrustTypedAddresses are left out of what a key was
	// used with while they are not given: keys from before they were there stay good.
	ContactVisibility   opt.Value[*vocab.ContactVisibility] `json:",omitzero"`
	WhoMayBlock         opt.Value[*vocab.BlockingRight]     `json:",omitzero"`
	TrustTypedAddresses opt.Value[*bool]                    `json:",omitzero"`
	PhoneRegion         opt.Value[*string]                  `json:",omitzero"`
	SignInLinks         opt.Value[*bool]                    `json:",omitzero"`
	NewApps             opt.Value[*bool]                    `json:",omitzero"`
	IdempotencyKey      *string
}

// CreateUserInput is the input of createUser. Who the new user is.
type CreateUserInput struct {
	// ID is the user's id, if the caller chose it.
	ID             *string
	Name           string
	Email          string
	Role           vocab.UserRole
	Seat           vocab.Seat
	ExternalID     *string
	IdempotencyKey *string
}

// UpdateUserInput is the input of updateUser. What is left out stays as it is.
type UpdateUserInput struct {
	UserID                  string
	Name                    opt.Value[*string]
	Email                   opt.Value[*string]
	AvatarURL               opt.Value[*string]
	Role                    opt.Value[*vocab.UserRole]
	Seat                    opt.Value[*vocab.Seat]
	ReassignRepliesWhenAway opt.Value[*bool]
	ChatCapacity            opt.Value[*int]
	AutoAssign              opt.Value[*bool]
	FollowsPresence         opt.Value[*bool]
	WorkingHours            opt.Value[*vocab.WorkingHours]
	ExternalID              opt.Value[*string]
	IdempotencyKey          *string
}

// UpdateIntegrationInput is the input of updateIntegration. What is left out
// stays as it is.
type UpdateIntegrationInput struct {
	IntegrationID  string
	Name           opt.Value[*string]
	AvatarURL      opt.Value[*string]
	InboxIDs       opt.Value[[]string] `json:",omitzero"`
	IdempotencyKey *string
}

// UpdateOwnProfileInput is the input of updateOwnProfile. What is left out
// stays as it is.
type UpdateOwnProfileInput struct {
	Name                    opt.Value[*string]
	AvatarURL               opt.Value[*string]
	ReassignRepliesWhenAway opt.Value[*bool]
	FollowsPresence         opt.Value[*bool]
	WorkingHours            opt.Value[*vocab.WorkingHours]
	IdempotencyKey          *string
}

// DeactivateUserInput is the input of deactivateUser. Whom to deactivate.
type DeactivateUserInput struct {
	UserID         string
	IdempotencyKey *string
}

// ReactivateUserInput is the input of reactivateUser. Whom to let in again.
type ReactivateUserInput struct {
	UserID         string
	IdempotencyKey *string
}

// InviteUserInput is the input of inviteUser. Whom to invite, and whether their tokens
// end when they accept.
type InviteUserInput struct {
	UserID         string
	EndTokens      *bool
	IdempotencyKey *string
}

// AcceptInvitationInput is the input of acceptInvitation.
type AcceptInvitationInput struct {
	Invitation     string
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
	// ID is the team's id, if the caller chose it.
	ID             *string
	Name           string
	UserIDs        []string
	IdempotencyKey *string
}

// UpdateTeamInput is the input of updateTeam. What is left out stays as it is.
type UpdateTeamInput struct {
	TeamID         string
	Name           opt.Value[*string]
	AddUserIDs     []string
	RemoveUserIDs  []string
	IdempotencyKey *string
}

// DeleteTeamInput is the input of deleteTeam. Which team to delete.
type DeleteTeamInput struct {
	TeamID string
	// Archive archives it if it is in use.
	Archive        *bool
	IdempotencyKey *string
}

// CreateApiTokenInput is the input of createApiToken. For whom a token is, and
// what it grants (AC-9, AC-12).
type CreateApiTokenInput struct {
	Name   string
	UserID *string
	// IntegrationID is an integration that there is; nil, without a user: a new one.
	IntegrationID *string
	// BotID is the bot whose token it is to be.
	BotID    *string `json:",omitempty"`
	Scopes   []string
	InboxIDs []string
	// ChannelID is the custom channel to whose connector it belongs (NT-4).
	ChannelID      *string `json:",omitempty"`
	ExpiresAt      *clock.Micros
	IdempotencyKey *string
}

// UpdateApiTokenInput is the input of updateApiToken. What is left out stays as it is.
type UpdateApiTokenInput struct {
	APITokenID string
	Name       opt.Value[*string]
	Scopes     opt.Value[[]string]
	// ExpiresAt is when the token expires; null: never.
	ExpiresAt opt.Value[*clock.Micros]
	// EndPreviousSecret ends the secret that the token had before it was rotated.
	EndPreviousSecret opt.Value[*bool]
	IdempotencyKey    *string
}

// RotateApiTokenInput is the input of rotateApiToken. Which token gets a new secret,
// and how long the old one still works.
type RotateApiTokenInput struct {
	APITokenID     string
	OverlapSeconds *int
	IdempotencyKey *string
}

// RevokeApiTokenInput is the input of revokeApiToken. Which token to revoke.
type RevokeApiTokenInput struct {
	APITokenID     string
	IdempotencyKey *string
}

// EndSessionInput is the input of endSession. Which session to end.
type EndSessionInput struct {
	SessionID      string
	IdempotencyKey *string
}

// DeleteOauthAppInput is the input of deleteOauthApp. Which app to remove.
type DeleteOauthAppInput struct {
	OauthAppID     string
	IdempotencyKey *string
}

// EndSessionsInput is the input of endSessions. Whose sessions to end; nil: the caller's.
type EndSessionsInput struct {
	UserID         *string
	IdempotencyKey *string
}
