package targeting

import (
	"parley/internal/clock"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// CreateTargetedMessageInput is the input of createTargetedMessage. All that
// is left out has a sensible default: everyone, all pages, unassigned.
type CreateTargetedMessageInput struct {
	ChannelID      string
	Name           string
	WelcomeMessage string
	// WelcomeMarkdown takes its place.
	WelcomeMarkdown *string
	Settings
	IdempotencyKey *string
}

// UpdateTargetedMessageInput is the input of updateTargetedMessage. What is
// left out stays as it is.
type UpdateTargetedMessageInput struct {
	TargetedMessageID string
	Name              opt.Value[*string]
	WelcomeMessage    opt.Value[*string]
	// WelcomeMarkdown takes its place.
	WelcomeMarkdown opt.Value[*string]
	Settings
	IdempotencyKey *string
}

// Settings are all that a targeted message has beside its name and text. What
// is left out stays as it is; what is given replaces the whole of it, and null
// is what a new message has.
type Settings struct {
	Audience          opt.Value[*vocab.Audience]
	IncludeListIDs    opt.Value[[]string]
	ExcludeListIDs    opt.Value[[]string]
	ContactProperties opt.Value[[]*vocab.PropertyCondition]
	Rules             opt.Value[[]*vocab.Targeting]
	Heading           opt.Value[*vocab.Heading]
	EmailCapture      opt.Value[*vocab.EmailCapture]
	Display           opt.Value[*vocab.Display]
	Consent           opt.Value[*vocab.Consent]
	Routing           opt.Value[*vocab.Routing]
	BotID             opt.Value[*string]
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
	ChannelID   string
	PageURL     string
	ContactID   *string
	SmallScreen *bool
	At          *clock.Micros
}
