package inbox

import (
	"context"

	"parley/internal/people"
	"parley/internal/secret"
	"parley/internal/store"
)

// Conversations is what the deletion of an inbox needs of them.
type Conversations interface {
	// EraseOne removes a conversation for good, with all that belongs to it,
	// and makes tombstones of its events; nothing when it is gone already. It
	// joins the context's transaction.
	EraseOne(ctx context.Context, conversationID string) error
}

// Service holds the use cases of inboxes and channels. It is safe for
// concurrent use.
type Service struct {
	store         *store.Store
	people        *people.Service
	conversations Conversations
	keys          *secret.Keyring
	publicURL     string
	mailboxes     Mailboxes
}

// Mailboxes is what the deletion of an inbox needs of its e-mail channels.
type Mailboxes interface {
	// Release gives their grants back to the providers, with the transaction.
	Release(ctx context.Context, tx *store.Tx, inboxID string) error
}

// UseMailboxes has e-mail channels go with their inbox. It is called before the
// first use case.
func (s *Service) UseMailboxes(m Mailboxes) { s.mailboxes = m }

// New returns the use cases on a store. publicURL is where browsers reach the
// server, such as "https://parley.example.com".
func New(s *store.Store, p *people.Service, c Conversations, keys *secret.Keyring, publicURL string) *Service {
	return &Service{store: s, people: p, conversations: c, keys: keys, publicURL: publicURL}
}
