package view

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// CreateSavedViewInput is the input of createSavedView. View is ALL, OrderBy
// ACTIVITY_DESC if left out.
type CreateSavedViewInput struct {
	// ID is the view's id, if the caller chose it.
	ID             *string
	InboxID        *string
	Name           string
	Shared         bool
	View           *vocab.ConversationView
	Filter         *Filter
	OrderBy        *vocab.ConversationOrder
	IdempotencyKey *string
}

// UpdateSavedViewInput is the input of updateSavedView. What is left out
// stays; null is what a new view has.
type UpdateSavedViewInput struct {
	SavedViewID    string
	Name           opt.Value[*string]
	Shared         opt.Value[*bool]
	View           opt.Value[*vocab.ConversationView]
	Filter         opt.Value[*Filter]
	OrderBy        opt.Value[*vocab.ConversationOrder]
	IdempotencyKey *string
}

// DeleteSavedViewInput is the input of deleteSavedView. Which view to delete.
type DeleteSavedViewInput struct {
	SavedViewID    string
	IdempotencyKey *string
}
