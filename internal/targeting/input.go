package targeting

// CreateTargetedMessageInput is the input of createTargetedMessage. All that
// is left out has a sensible default: everyone, all pages, unassigned.
type CreateTargetedMessageInput struct {
	ChatChannelID  string
	Name           string
	WelcomeMessage string
	IdempotencyKey *string
}

// UpdateTargetedMessageInput is the input of updateTargetedMessage. What is
// left out stays as it is.
type UpdateTargetedMessageInput struct {
	TargetedMessageID string
	Name              *string
	WelcomeMessage    *string
	IdempotencyKey    *string
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
