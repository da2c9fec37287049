package conversation

import "parley/internal/vocab"

// CreateSavedViewInput is the input of createSavedView. View is ALL, OrderBy
// LAST_MESSAGE_DESC if left out.
type CreateSavedViewInput struct {
	InboxID        *string
	Name           string
	Shared         bool
	View           *vocab.ConversationView
	Filter         *Filter
	OrderBy        *vocab.ConversationOrder
	IdempotencyKey *string
}

// UpdateSavedViewInput is the input of updateSavedView. What is nil stays.
type UpdateSavedViewInput struct {
	SavedViewID    string
	Name           *string
	Shared         *bool
	View           *vocab.ConversationView
	Filter         *Filter
	OrderBy        *vocab.ConversationOrder
	IdempotencyKey *string
}

// DeleteSavedViewInput is the input of deleteSavedView. Which view to delete.
type DeleteSavedViewInput struct {
	SavedViewID    string
	IdempotencyKey *string
}
