package bot

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// CreateBotInput is the input of createBot. A new bot.
type CreateBotInput struct {
	// ID is the id that the caller made; nil or empty: a new one.
	ID        *string
	Name      string
	AvatarURL *string
	// Routing is how it hands off; nil: what it hands off stays unassigned.
	Routing             *vocab.Routing
	NobodyAvailableText *string
	// ApprovalTimeoutSeconds is how long its runs wait for approval; nil: ApprovalTimeout.
	ApprovalTimeoutSeconds *int
	InboxIDs               []string
	// Flow makes it a built-in bot; nil: it is external (BT-4).
	Flow           *vocab.Flow `json:",omitempty"`
	IdempotencyKey *string
}

// UpdateBotInput is the input of updateBot. What is left out stays as it is.
type UpdateBotInput struct {
	BotID                  string
	Name                   opt.Value[*string]
	AvatarURL              opt.Value[*string]
	Routing                opt.Value[*vocab.Routing]
	NobodyAvailableText    opt.Value[*string]
	ApprovalTimeoutSeconds opt.Value[*int]
	InboxIDs               opt.Value[[]string] `json:",omitzero"`
	IdempotencyKey         *string
}

// ArchiveBotInput is the input of archiveBot. Which bot to archive.
type ArchiveBotInput struct {
	BotID          string
	IdempotencyKey *string
}

// RestoreBotInput is the input of restoreBot. Which bot to restore.
type RestoreBotInput struct {
	BotID          string
	IdempotencyKey *string
}
