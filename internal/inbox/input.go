package inbox

import (
	"parley/ent/schema"
	"parley/internal/vocab"
	"parley/internal/wording"
)

// CreateInboxInput is the input of createInbox. A new inbox (IB-1).
type CreateInboxInput struct {
	Name           string
	UserIDs        []string
	TeamIDs        []string
	IdempotencyKey *string
}

// RenameInboxInput is the input of renameInbox. A new name for an inbox.
type RenameInboxInput struct {
	InboxID        string
	Name           string
	IdempotencyKey *string
}

// UpdateInboxMembersInput is the input of updateInboxMembers. Whom to add and
// whom to remove. Who is there, or gone, already is passed over.
type UpdateInboxMembersInput struct {
	InboxID        string
	AddUserIDs     []string
	RemoveUserIDs  []string
	AddTeamIDs     []string
	RemoveTeamIDs  []string
	IdempotencyKey *string
}

// DeleteInboxInput is the input of deleteInbox. Which inbox to delete (IB-3).
type DeleteInboxInput struct {
	InboxID        string
	ConfirmName    string
	IdempotencyKey *string
}

// CreateChatChannelInput is the input of createChatChannel. Which inbox gets a
// chat channel.
type CreateChatChannelInput struct {
	InboxID        string
	IdempotencyKey *string
}

// UpdateChatChannelInput is the input of updateChatChannel. What is left out
// stays as it is.
type UpdateChatChannelInput struct {
	ChatChannelID  string
	Title          *string
	AccentColor    *string
	SendTranscript *bool
	Position       *vocab.WidgetPosition
	AvatarURL      *string
	DefaultLocale  *string
	Texts          []wording.Choice
	IdempotencyKey *string
}

// UpdateChatChannelAvailabilityInput is the input of
// updateChatChannelAvailability. What is left out stays as it is.
type UpdateChatChannelAvailabilityInput struct {
	ChatChannelID     string
	Mode              *vocab.AvailabilityMode
	ReplyTime         *vocab.ReplyTime
	WhenAway          *vocab.WhenAway
	AwayMessage       *string
	TimeZone          *string
	Hours             []schema.Hours
	Holidays          []schema.Holiday
	OutOfHours        *vocab.OutOfHours
	OutOfHoursMessage *string
	IdempotencyKey    *string
}

// SendTrackingCodeInput is the input of sendTrackingCode. Which channel's code,
// and to whom.
type SendTrackingCodeInput struct {
	ChatChannelID  string
	Email          string
	Note           *string
	IdempotencyKey *string
}

// CreateIdentitySecretInput is the input of createIdentitySecret. Which
// channel gets a new identity secret.
type CreateIdentitySecretInput struct {
	ChatChannelID  string
	IdempotencyKey *string
}
