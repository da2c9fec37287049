package library

import (
	"context"
	"strings"

	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Service holds the use cases of the library. It is safe for concurrent use.
type Service struct {
	store      *store.Store
	properties *property.Service
	publicURL  string
}

// New returns the use cases on a store. Links that are sent lie below publicURL, such as
// "https://parley.example.com".
func New(s *store.Store, publicURL string) *Service {
	return &Service{store: s, properties: property.New(s), publicURL: strings.TrimSuffix(publicURL, "/")}
}

// Limits; lengths in characters.
const (
	// MaxItems is the most items of an account, archived ones included.
	MaxItems       = 5_000
	MaxName        = 200
	MaxFolder      = 100
	MaxShortcut    = 30
	MaxSnippet     = 2_500
	MaxTemplate    = 100_000
	MaxHTML        = 200_000
	MaxSubject     = 500
	MaxDescription = 500
	MaxURL         = 2_000
	MaxVariants    = 50
	MaxCc          = 20
	MaxUserLinks   = 100
	MaxFiles       = 10
	MaxMinutes     = 24 * 60
)

func mayEdit(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && (v.IsUser() || v.Kind == viewer.Integration || v.Kind == viewer.SystemKind) {
		return nil
	}
	return errs.New(errs.Forbidden, "Only users and integrations of the account may edit the library.")
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
