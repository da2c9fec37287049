package property

import "parley/internal/store"

// Service holds the use cases of properties. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

const (
	// MaxProperties is the most properties of an object that are not archived.
	MaxProperties = 200
	// MaxArchived is the most properties of an object in all.
	MaxArchived = 1_000
	// MaxOptions is the most options of a property.
	MaxOptions = 100
	// MaxText is the most characters of a short text.
	MaxText = 255
	// MaxLongText is the most characters of a long text.
	MaxLongText = 10_000
)
