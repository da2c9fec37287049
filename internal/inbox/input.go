package inbox

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// CreateInboxInput is the input of createInbox. A new inbox (IB-1).
type CreateInboxInput struct {
	// ID is the inbox's id, if the caller chose it.
	ID             *string
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

// UpdateInboxSettingsInput is the input of updateInboxSettings. What is left out stays
// as it is.
type UpdateInboxSettingsInput struct {
	InboxID                string
	AssignOnReply          opt.Value[*vocab.AssignOnReply]
	ShowQueuePosition      opt.Value[*bool]
	CloseSilentChatsAfter  opt.Value[*int]
	CloseSilentEmailsAfter opt.Value[*int]
	FarewellText           opt.Value[*string]
	RerouteUnanswered      opt.Value[*bool]
	NoAnswerSeconds        opt.Value[*int]
	PassOnAfter            opt.Value[*int]
	OnClose                opt.Value[*vocab.OnClose]
	FilteredDigest         opt.Value[*bool]
	EscalateAfter          opt.Value[*int]
	EscalateToTeamID       opt.Value[*string]
	AnswersByMail          opt.Value[*bool]
	Rating                 opt.Value[*vocab.RatingSettings]
	IdempotencyKey         *string
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
