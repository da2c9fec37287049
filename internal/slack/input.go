package slack

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// BeginSlackInstallInput is the input of beginSlackInstall. Where the browser returns to.
type BeginSlackInstallInput struct {
	ReturnURL      *string
	IdempotencyKey *string
}

// FinishSlackInstallInput is the input of finishSlackInstall. What the browser came back with.
type FinishSlackInstallInput struct {
	State          string
	Code           string
	IdempotencyKey *string
}

// DisconnectSlackWorkspaceInput is the input of disconnectSlackWorkspace. Which workspace.
type DisconnectSlackWorkspaceInput struct {
	SlackWorkspaceID string
	IdempotencyKey   *string
}

// ConnectSlackChannelInput is the input of connectSlackChannel. Which channel gets what of
// which inbox.
type ConnectSlackChannelInput struct {
	InboxID          string
	SlackWorkspaceID string
	SlackID          string
	Kinds            []vocab.SlackPostKind
	SavedViewID      *string
	ThreadReplies    *vocab.SlackThreadReplies
	IdempotencyKey   *string
}

// UpdateSlackChannelInput is the input of updateSlackChannel. What to change of which channel.
type UpdateSlackChannelInput struct {
	SlackChannelID string
	Kinds          opt.Value[[]vocab.SlackPostKind]
	SavedViewID    opt.Value[*string]
	ThreadReplies  opt.Value[*vocab.SlackThreadReplies]
	IdempotencyKey *string
}

// DisconnectSlackChannelInput is the input of disconnectSlackChannel. Which channel.
type DisconnectSlackChannelInput struct {
	SlackChannelID string
	IdempotencyKey *string
}

// TestSlackChannelInput is the input of testSlackChannel. Which channel.
type TestSlackChannelInput struct {
	SlackChannelID string
	IdempotencyKey *string
}
