package property

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// PropertyOptionInput is an option of a property of choices.
type PropertyOptionInput struct {
	Value    string
	Label    *string
	Archived *bool
}

// CreatePropertyInput is the input of createProperty. A new property.
type CreatePropertyInput struct {
	// ID is the id that the caller made; nil or empty: a new one.
	ID             *string
	Object         vocab.PropertyObject
	Name           string
	Label          *string
	Description    *string
	Kind           vocab.PropertyKind
	Options        []PropertyOptionInput
	IdempotencyKey *string
}

// UpdatePropertyInput is the input of updateProperty. What is left out stays as it is.
type UpdatePropertyInput struct {
	PropertyID  string
	Name        opt.Value[*string]
	Label       opt.Value[*string]
	Description opt.Value[*string]
	// Options are all of them; null: they stay.
	Options        opt.Value[[]PropertyOptionInput]
	IdempotencyKey *string
}

// ArchivePropertyInput is the input of archiveProperty. Which property to archive.
type ArchivePropertyInput struct {
	PropertyID     string
	IdempotencyKey *string
}

// UnarchivePropertyInput is the input of unarchiveProperty. Which property to restore.
type UnarchivePropertyInput struct {
	PropertyID     string
	IdempotencyKey *string
}
