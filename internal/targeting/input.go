package targeting

import (
	"parley/ent/schema"
	"parley/internal/clock"
	"parley/internal/vocab"
)

// CreateTargetedMessageInput is the input of createTargetedMessage. All that
// is left out has a sensible default: everyone, all pages, unassigned.
type CreateTargetedMessageInput struct {
	ChatChannelID  string
	Name           string
	WelcomeMessage string
	Settings
	IdempotencyKey *string
}

// UpdateTargetedMessageInput is the input of updateTargetedMessage. What is
// left out stays as it is.
type UpdateTargetedMessageInput struct {
	TargetedMessageID string
	Name              *string
	WelcomeMessage    *string
	Settings
	// RemoveBot takes the bot away.
	RemoveBot      *bool
	IdempotencyKey *string
}

// Settings are all that a targeted message has beside its name and text. What
// is nil stays as it is; what is given replaces the whole of it.
type Settings struct {
	Audience       *vocab.Audience
	IncludeListIDs []string
	ExcludeListIDs []string
	Rules          []*schema.Targeting
	Heading        *schema.Heading
	EmailCapture   *schema.EmailCapture
	Display        *schema.Display
	Consent        *schema.Consent
	Routing        *schema.Routing
	BotID          *string
}

// PublishTargetedMessageInput is the input of publishTargetedMessage. Which
// draft to publish.
type PublishTargetedMessageInput struct {
	TargetedMessageID string
	IdempotencyKey    *string
}

// SetTargetedMessageStateInput is the input of setTargetedMessageState. Which
// targeted message to turn on or off.
type SetTargetedMessageStateInput struct {
	TargetedMessageID string
	On                bool
	IdempotencyKey    *string
}

// DuplicateTargetedMessageInput is the input of duplicateTargetedMessage. Which
// targeted message to copy, and what to call the copy.
type DuplicateTargetedMessageInput struct {
	TargetedMessageID string
	Name              *string
	IdempotencyKey    *string
}

// DeleteTargetedMessageInput is the input of deleteTargetedMessage. Which
// targeted message to delete.
type DeleteTargetedMessageInput struct {
	TargetedMessageID string
	IdempotencyKey    *string
}

// MoveTargetedMessageInput is the input of moveTargetedMessage. Where a
// targeted message is to stand.
type MoveTargetedMessageInput struct {
	TargetedMessageID string
	Position          int
	IdempotencyKey    *string
}

// TargetedMessagePreviewInput is the input of targetedMessagePreview. Who is
// where, and when.
type TargetedMessagePreviewInput struct {
	ChatChannelID string
	PageURL       string
	ContactID     *string
	SmallScreen   *bool
	At            *clock.Micros
}
