package tag

import "parley/internal/opt"

// CreateTagInput is the input of createTag. A new tag.
type CreateTagInput struct {
	// ID is the id that the caller made; nil or empty: a new one.
	ID             *string
	Name           string
	Color          *string
	IdempotencyKey *string
}

// UpdateTagInput is the input of updateTag. What is left out stays as it is.
type UpdateTagInput struct {
	TagID          string
	Name           opt.Value[*string]
	Color          opt.Value[*string]
	IdempotencyKey *string
}

// ArchiveTagInput is the input of archiveTag. Which tag to archive.
type ArchiveTagInput struct {
	TagID          string
	IdempotencyKey *string
}

// RestoreTagInput is the input of restoreTag. Which tag to restore.
type RestoreTagInput struct {
	TagID          string
	IdempotencyKey *string
}

// MergeTagsInput is the input of mergeTags. Which tags become another one.
type MergeTagsInput struct {
	IntoTagID      string
	TagIDs         []string
	IdempotencyKey *string
}
