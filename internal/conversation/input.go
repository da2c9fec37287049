package conversation

import (
	"parley/internal/clock"
	"parley/internal/vocab"
)

// MaxBulk is the most conversations that a bulk change names one by one (IN-6).
const MaxBulk = 1_000

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
	BulkSnooze   BulkAction = "SNOOZE"
	BulkUnsnooze BulkAction = "UNSNOOZE"
	BulkTag      BulkAction = "TAG"
	BulkUntag    BulkAction = "UNTAG"
	BulkPriority BulkAction = "PRIORITY"
)

// LinkContactInput is the input of linkContact. Which contact a conversation
// is with.
type LinkContactInput struct {
	ConversationID   string
	ContactID        string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// UnlinkContactInput is the input of unlinkContact. Which conversation loses
// its contact.
type UnlinkContactInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// Filter narrows a list of conversations. All given conditions must hold;
// within a list, any. Ranges are half-open: after <= t < before (IN-3).
// Snoozed is EXCLUDE if empty.
type Filter struct {
	InboxIDs          []string
	Statuses          []vocab.ConversationStatus
	Channels          []vocab.ChannelKind
	Assignees         *AssigneeFilter
	ContactIDs        []string
	Tags              []string
	Priorities        []vocab.Priority
	OpenedAfter       *clock.Micros
	OpenedBefore      *clock.Micros
	LastMessageAfter  *clock.Micros
	LastMessageBefore *clock.Micros
	ActiveAfter       *clock.Micros
	ActiveBefore      *clock.Micros
	Snoozed           vocab.SnoozedFilter
	Unread            *bool
	Text              *string
}

// AssigneeFilter is the SDL's AssigneeFilter. Any of these; none given: no
// condition.
type AssigneeFilter struct {
	Me      bool
	Nobody  bool
	UserIDs []string
	TeamIDs []string
}

// ClaimConversationInput is the input of claimConversation. Which conversation
// to claim.
type ClaimConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// AssignConversationInput is the input of assignConversation. Exactly one of
// userId and teamId.
type AssignConversationInput struct {
	ConversationID   string
	UserID           *string
	TeamID           *string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// UnassignConversationInput is the input of unassignConversation. Which
// conversation to unassign.
type UnassignConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// CloseConversationInput is the input of closeConversation. Which conversation
// to close.
type CloseConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// ReopenConversationInput is the input of reopenConversation. Which
// conversation to reopen.
type ReopenConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// MarkAsSpamInput is the input of markAsSpam. Which conversation is spam.
type MarkAsSpamInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// MarkAsNotSpamInput is the input of markAsNotSpam. Which conversation is not
// spam.
type MarkAsNotSpamInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// BlockSenderInput is the input of blockSender. Whose sender to block.
type BlockSenderInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// UnblockSenderInput is the input of unblockSender. Whose sender to unblock.
type UnblockSenderInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// DeleteConversationInput is the input of deleteConversation. Which
// conversation to delete.
type DeleteConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// RestoreConversationInput is the input of restoreConversation. Which
// conversation to restore.
type RestoreConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// PurgeConversationInput is the input of purgeConversation. Which conversation
// to purge; it must be in Trash: INVALID else.
type PurgeConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// MarkConversationReadInput is the input of markConversationRead. What was
// read.
type MarkConversationReadInput struct {
	ConversationID string
	Number         *int
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
type TakeOverConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// HandOffConversationInput is the input of handOffConversation. Which
// conversation to hand off.
type HandOffConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// SnoozeConversationInput is the input of snoozeConversation. Which conversation
// to put off, and until when.
type SnoozeConversationInput struct {
	ConversationID   string
	Until            clock.Micros
	ExpectedRevision *int
	IdempotencyKey   *string
}

// UnsnoozeConversationInput is the input of unsnoozeConversation. Which
// conversation comes back now.
type UnsnoozeConversationInput struct {
	ConversationID   string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// TagConversationInput is the input of tagConversation. Which tags to add.
type TagConversationInput struct {
	ConversationID   string
	Tags             []string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// UntagConversationInput is the input of untagConversation. Which tags to take
// away.
type UntagConversationInput struct {
	ConversationID   string
	Tags             []string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// SetConversationPriorityInput is the input of setConversationPriority. How
// pressing the conversation is.
type SetConversationPriorityInput struct {
	ConversationID   string
	Priority         vocab.Priority
	ExpectedRevision *int
	IdempotencyKey   *string
}

// BulkChangeConversationsInput is the input of bulkChangeConversations. What
// to do, and to which conversations: exactly one of conversationIds and whole.
type BulkChangeConversationsInput struct {
	Action          BulkAction
	ConversationIDs []string
	Whole           *BulkSelection
	UserID          *string
	TeamID          *string
	Until           *clock.Micros
	Tags            []string
	Priority        *vocab.Priority
	IdempotencyKey  *string
}

// BulkSelection is the SDL's BulkSelection. A whole view, as in the query
// conversations.
type BulkSelection struct {
	InboxID     *string
	View        *vocab.ConversationView
	SavedViewID *string
	Filter      *Filter
}

// SendMessageInput is the input of sendMessage. A message or note: text, HTML,
// files, or several of them. To, Cc, Bcc, ReplyAll and Subject are of e-mail
// alone. Without To it goes to whoever wrote last and, with ReplyAll, in copy to
// the others of that mail; Cc and Bcc that are given take the place of theirs.
type SendMessageInput struct {
	ConversationID   string
	Text             *string
	HTML             *string
	Note             bool
	MentionUserIDs   []string
	To               []string
	Cc               []string
	Bcc              []string
	ReplyAll         bool
	Subject          *string
	AttachmentIDs    []string
	ExpectedRevision *int
	IdempotencyKey   *string
}

// StartEmailInput is the input of startEmailConversation. A new e-mail conversation: from
// which channel, to whom, and what.
type StartEmailInput struct {
	EmailChannelID string
	To             []string
	Cc             []string
	Bcc            []string
	Subject        string
	Text           *string
	HTML           *string
	AttachmentIDs  []string
	IdempotencyKey *string
}

// EditMessageInput is the input of editMessage. What a message says from now
// on: text, HTML, or both.
type EditMessageInput struct {
	MessageID      string
	Text           *string
	HTML           *string
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
