package settings

import (
	"parley/internal/account"
	"parley/internal/secret"
	"parley/internal/store"
)

// Service holds the use cases of chat channels' settings. It is safe for
// concurrent use.
type Service struct {
	store     *store.Store
	people    *account.Service
	keys      *secret.Keyring
	publicURL string
}

// New returns the use cases on a store. publicURL is where browsers reach
// the server, such as "https://parley.example.com".
func New(s *store.Store, p *account.Service, keys *secret.Keyring, publicURL string) *Service {
	return &Service{store: s, people: p, keys: keys, publicURL: publicURL}
}
