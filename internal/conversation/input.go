package conversation

import (
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// MaxBulk is the most conversations that a bulk change names one by one (IN-6).
const MaxBulk = 1_000

// Target is the conversation that a mutation changes, and under which conditions.
// It is embedded by value: gqlgen binds the SDL's fields to it.
type Target struct {
	ConversationID string
	// ExpectedRevision is the revision that the caller saw, if it matters; a
	// conversation that has another one is not changed (OP-2).
	ExpectedRevision *int
	IdempotencyKey   *string
}

// On is a conversation as a target, whatever its revision.
func On(conversationID string) Target { return Target{ConversationID: conversationID} }

// BulkAction is what a bulk change does to each conversation (IN-6).
type BulkAction string

// Bulk actions.
const (
	BulkAssign   BulkAction = "ASSIGN"
	BulkUnassign BulkAction = "UNASSIGN"
	BulkClose    BulkAction = "CLOSE"
	BulkReopen   BulkAction = "REOPEN"
	BulkSpam     BulkAction = "SPAM"
	BulkNotSpam  BulkAction = "NOT_SPAM"
	BulkDelete   BulkAction = "DELETE"
	BulkRestore  BulkAction = "RESTORE"
	BulkPurge    BulkAction = "PURGE"
	BulkRead     BulkAction = "READ"
	BulkUnread   BulkAction = "UNREAD"
	BulkBlock    BulkAction = "BLOCK"
	BulkUnblock  BulkAction = "UNBLOCK"
	BulkSnooze   BulkAction = "SNOOZE"
	BulkUnsnooze BulkAction = "UNSNOOZE"
	BulkTag      BulkAction = "TAG"
	BulkUntag    BulkAction = "UNTAG"
	BulkPriority BulkAction = "PRIORITY"
)

// LinkContactInput is the input of linkContact. Which contact a conversation
// is with.
type LinkContactInput struct {
	Target
	ContactID string
}

// UnlinkContactInput is the input of unlinkContact. Which conversation loses
// its contact.
type UnlinkContactInput struct{ Target }

// ClaimConversationInput is the input of claimConversation. Which conversation
// to claim.
type ClaimConversationInput struct{ Target }

// DeclineConversationInput is the input of declineConversation. Which conversation
// to give back.
type DeclineConversationInput struct{ Target }

// Assignment is who is to have a conversation (RT-2). What is null is taken from it.
// If only one of user and team is given, the other stays as long as the user is
// in the team; KeepAssignee lets the assignee stay next to any team.
type Assignment struct {
	UserID       opt.Value[*string] `json:"userId,omitzero"`
	TeamID       opt.Value[*string] `json:"teamId,omitzero"`
	KeepAssignee *bool              `json:"keepAssignee,omitempty"`
}

// IsGiven reports whether it says anything.
func (a Assignment) IsGiven() bool { return a.UserID.IsSet() || a.TeamID.IsSet() }

// AssignConversationInput is the input of assignConversation. Which conversation
// to assign, and to whom.
type AssignConversationInput struct {
	Target
	Assignment
}

// CloseConversationInput is the input of closeConversation. Which conversation
// to close.
type CloseConversationInput struct{ Target }

// ReopenConversationInput is the input of reopenConversation. Which
// conversation to reopen.
type ReopenConversationInput struct{ Target }

// MarkConversationAsSpamInput is the input of markConversationAsSpam. Which conversation is spam.
type MarkConversationAsSpamInput struct{ Target }

// MarkConversationAsNotSpamInput is the input of markConversationAsNotSpam. Which conversation is not
// spam.
type MarkConversationAsNotSpamInput struct{ Target }

// BlockConversationSenderInput is the input of blockConversationSender. Whose sender to block.
type BlockConversationSenderInput struct {
	Target
	BlockTerms
}

// BlockTerms say how a block is to be (IN-10).
type BlockTerms struct {
	// Until is when it ends by itself; nil: never.
	Until  *clock.Micros `json:",omitempty"`
	Reason *string       `json:",omitempty"`
	// AllChannels: it holds on every channel of the inbox.
	AllChannels *bool `json:",omitempty"`
	// Domain: it holds for the whole domain of the address that a mail came from.
	Domain *bool `json:",omitempty"`
	// AlsoAddress: new visitors from the same network are blocked for a day.
	AlsoAddress *bool `json:",omitempty"`
}

// SetConversationChannelInput is the input of setConversationChannel. Which
// conversation goes on in which channel (IB-6).
type SetConversationChannelInput struct {
	Target
	ChannelID string
}

// UnblockConversationSenderInput is the input of unblockConversationSender. Whose sender to unblock.
type UnblockConversationSenderInput struct{ Target }

// DeleteConversationInput is the input of deleteConversation. Which
// conversation to delete.
type DeleteConversationInput struct{ Target }

// RestoreConversationInput is the input of restoreConversation. Which
// conversation to restore.
type RestoreConversationInput struct{ Target }

// PurgeConversationInput is the input of purgeConversation. Which conversation
// to purge; it must be in Trash: otherwise INVALID.
type PurgeConversationInput struct{ Target }

// MarkConversationReadInput is the input of markConversationRead. What was
// read.
type MarkConversationReadInput struct {
	ConversationID string
	// UpTo is the last message that was read; nil or empty: all of them.
	UpTo           *string
	IdempotencyKey *string
}

// MarkConversationUnreadInput is the input of markConversationUnread. Which
// conversation to mark as unread.
type MarkConversationUnreadInput struct {
	ConversationID string
	IdempotencyKey *string
}

// TakeOverConversationInput is the input of takeOverConversation. Which
// conversation to take over.
type TakeOverConversationInput struct{ Target }

// HandOffConversationInput is the input of handOffConversation. Which
// conversation to hand off.
type HandOffConversationInput struct{ Target }

// SnoozeConversationInput is the input of snoozeConversation. Which conversation
// to put off, and until when.
type SnoozeConversationInput struct {
	Target
	Until clock.Micros
}

// UnsnoozeConversationInput is the input of unsnoozeConversation. Which
// conversation comes back now.
type UnsnoozeConversationInput struct{ Target }

// TagConversationInput is the input of tagConversation. Which tags to add.
type TagConversationInput struct {
	Target
	Tags []string
}

// UntagConversationInput is the input of untagConversation. Which tags to take
// away.
type UntagConversationInput struct {
	Target
	Tags []string
}

// UpdateConversationInput is the input of updateConversation. What is left out stays as
// it is.
type UpdateConversationInput struct {
	Target
	ExternalID opt.Value[*string]
}

// SetConversationPriorityInput is the input of setConversationPriority. How
// pressing the conversation is.
type SetConversationPriorityInput struct {
	Target
	Priority vocab.Priority
}

// BulkChangeConversationsInput is the input of bulkChangeConversations. What
// to do, and to which conversations.
type BulkChangeConversationsInput struct {
	Action    BulkAction
	Selection BulkSelection
	Assignment
	Until          *clock.Micros
	Tags           []string
	Priority       *vocab.Priority
	IdempotencyKey *string
}

// BulkSelection is the SDL's BulkSelection: conversations by their ids, or a
// whole view.
type BulkSelection struct {
	ConversationIDs []string
	Whole           *WholeViewInput
}

// WholeViewInput is the SDL's WholeViewInput. A whole view, as in the query
// conversations.
type WholeViewInput struct {
	InboxID *string
	View    *view.ViewInput
	Filter  *view.Filter
}

// SendMessageInput is the input of sendMessage. A message or note: text, HTML,
// files, or several of them. To, Cc, Bcc, ReplyAll and Subject are of e-mail
// alone. Without To it goes to whoever wrote last and, with ReplyAll, in copy to
// the others of that mail; Cc and Bcc that are given take the place of theirs.
type SendMessageInput struct {
	Target
	// ID is the message's id, if the caller chose it.
	ID             *string
	ExternalID     *string
	Text           *string
	HTML           *string
	Markdown       *string
	Note           bool
	MentionUserIDs []string
	To             []string
	Cc             []string
	Bcc            []string
	ReplyAll       bool
	Subject        *string
	AttachmentIDs  []string
	// LibraryItemIDs and Links become cards of the message, or add files to it (CO-6).
	LibraryItemIDs []string                   `json:",omitempty"`
	Links          []library.MessageLinkInput `json:",omitempty"`
	// QuoteIDs become cards of the message (CO-7).
	QuoteIDs []string `json:",omitempty"`
	// QuickReplies are answers that a bot offers (CO-6).
	QuickReplies []QuickReplyInput `json:",omitempty"`
	// Reopen opens a closed chat for the message (IN-7).
	Reopen *bool
	// ReplyToMessageID is the message that it answers (IN-30).
	ReplyToMessageID *string
	// IfLastNumber is the number of the last message that the caller saw, if
	// it matters (IN-33).
	IfLastNumber *int
	// Turn is the conversation's turn that the caller answers; a bot names it (AG-2).
	Turn *int `json:",omitempty"`
	// OnBehalfOfUserID is in whose name a program writes.
	OnBehalfOfUserID *string
	// Template is by which approved message a custom channel sends it (CC-4).
	Template *MessageTemplateInput `json:",omitempty"`
}

// MessageTemplateInput names a message that a medium's operator approved before (CC-4).
type MessageTemplateInput struct {
	Name       string
	Language   *string
	Parameters []string
}

// StartEmailConversationInput is the input of startEmailConversation. A new e-mail conversation: from
// which channel, to whom, and what.
type StartEmailConversationInput struct {
	// ID and MessageID are the ids of the conversation and of its message, if the caller
	// chose them.
	ID        *string
	MessageID *string
	// ExternalID is the conversation's.
	ExternalID     *string
	ChannelID      string
	To             []string
	Cc             []string
	Bcc            []string
	Subject        string
	Text           *string
	HTML           *string
	Markdown       *string
	AttachmentIDs  []string
	LibraryItemIDs []string                   `json:",omitempty"`
	Links          []library.MessageLinkInput `json:",omitempty"`
	QuoteIDs       []string                   `json:",omitempty"`
	IdempotencyKey *string
}

// EditMessageInput is the input of editMessage. What a message says from now
// on: text, HTML, or both.
type EditMessageInput struct {
	MessageID      string
	Text           *string
	HTML           *string
	Markdown       *string
	IdempotencyKey *string
}

// DeleteMessageInput is the input of deleteMessage. Which message to delete.
type DeleteMessageInput struct {
	MessageID      string
	IdempotencyKey *string
}

// CancelTaskInput is the input of cancelTask. Which task to stop.
type CancelTaskInput struct {
	TaskID         string
	IdempotencyKey *string
}

// MarkFilteredSeenInput is the input of markFilteredSeen. Whose Filtered the caller
// looked at (IN-11).
type MarkFilteredSeenInput struct {
	InboxID        string
	IdempotencyKey *string
}

// QuickReplyInput is an answer that a bot offers.
type QuickReplyInput struct {
	Text  string
	Value *string
}
