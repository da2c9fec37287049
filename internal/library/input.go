package library

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// ItemFacts are what an item says. What is left out stays as it is.
type ItemFacts struct {
	Shortcut        opt.Value[*string]                `json:",omitzero"`
	Folder          opt.Value[*string]                `json:",omitzero"`
	OwnerID         opt.Value[*string]                `json:",omitzero"`
	UsableBy        opt.Value[*vocab.LibraryAudience] `json:",omitzero"`
	EditableBy      opt.Value[*vocab.LibraryAudience] `json:",omitzero"`
	TeamID          opt.Value[*string]                `json:",omitzero"`
	Subject         opt.Value[*string]                `json:",omitzero"`
	Cc              opt.Value[[]string]               `json:",omitzero"`
	Markdown        opt.Value[*string]                `json:",omitzero"`
	HTML            opt.Value[*string]                `json:",omitzero"`
	Language        opt.Value[*string]                `json:",omitzero"`
	Variants        opt.Value[[]LibraryVariantInput]  `json:",omitzero"`
	URL             opt.Value[*string]                `json:",omitzero"`
	Description     opt.Value[*string]                `json:",omitzero"`
	DurationMinutes opt.Value[*int]                   `json:",omitzero"`
	UserLinks       opt.Value[[]LibraryUserLinkInput] `json:",omitzero"`
	AttachmentIDs   opt.Value[[]string]               `json:",omitzero"`
	Article         opt.Value[*ArticleInput]          `json:",omitzero"`
	// What documents, videos and cards have.
	AsksForEmail         opt.Value[*bool]   `json:",omitzero"`
	LinkExpiresAfterDays opt.Value[*int]    `json:",omitzero"`
	DurationSeconds      opt.Value[*int]    `json:",omitzero"`
	ImageAttachmentID    opt.Value[*string] `json:",omitzero"`
}

// LibraryVariantInput is a text in another language.
type LibraryVariantInput struct {
	Language    string
	Name        *string
	Description *string
	Subject     *string
	Markdown    *string
	HTML        *string
}

// LibraryUserLinkInput is the page on which a user is booked.
type LibraryUserLinkInput struct {
	UserID string
	URL    string
}

// CreateLibraryItemInput is the input of createLibraryItem. A new item.
type CreateLibraryItemInput struct {
	ItemFacts
	ID             *string
	Kind           vocab.LibraryItemKind
	Name           string
	IdempotencyKey *string
}

// UpdateLibraryItemInput is the input of updateLibraryItem. What is left out stays as it is.
type UpdateLibraryItemInput struct {
	ItemFacts
	LibraryItemID    string
	Name             opt.Value[*string]
	ExpectedRevision *int
	IdempotencyKey   *string
}

// ArchiveLibraryItemInput is the input of archiveLibraryItem. Which item to archive.
type ArchiveLibraryItemInput struct {
	LibraryItemID  string
	IdempotencyKey *string
}

// RestoreLibraryItemInput is the input of restoreLibraryItem. Which item to restore.
type RestoreLibraryItemInput struct {
	LibraryItemID  string
	IdempotencyKey *string
}

// DeleteLibraryItemInput is the input of deleteLibraryItem. Which item to delete.
type DeleteLibraryItemInput struct {
	LibraryItemID  string
	IdempotencyKey *string
}

// Filter narrows a list of items. All that is given must be so.
type Filter struct {
	Query           *string
	Kind            *vocab.LibraryItemKind
	Folder          *string
	IncludeArchived bool
}

// InsertLibraryItemInput says which item is inserted, and where.
type InsertLibraryItemInput struct {
	LibraryItemID  string
	ConversationID *string
	ContactID      *string
	Language       *string
}

// PreviewReplyInput is a message that is not sent yet.
type PreviewReplyInput struct {
	ConversationID   string
	Markdown         *string
	HTML             *string
	LibraryItemIDs   []string
	Links            []MessageLinkInput
	QuoteIDs         []string
	OnBehalfOfUserID *string
}

// MessageLinkInput is a link that becomes a card of a message.
type MessageLinkInput struct {
	URL   string
	Title *string
}
