package inbox

import (
	"context"

	"parley/internal/account"
	"parley/internal/store"
)

// Conversations is what the deletion of an inbox needs of them.
type Conversations interface {
	// EraseOne removes a conversation for good, with all that belongs to it,
	// and makes tombstones of its events; nothing when it is gone already. It
	// joins the context's transaction.
	EraseOne(ctx context.Context, conversationID string) error
}

// Service holds the use cases of inboxes. It is safe for
// concurrent use.
type Service struct {
	store         *store.Store
	people        *account.Service
	conversations Conversations
	mailboxes     Mailboxes
	outgoing      OutgoingMail
}

// Mailboxes is what the deletion of an inbox needs of its e-mail channels.
type Mailboxes interface {
	// Release gives their grants back to the providers, with the transaction.
	Release(ctx context.Context, tx *store.Tx, inboxID string) error
}

// New returns the use cases on a store.
func New(s *store.Store, p *account.Service, c Conversations, m Mailboxes) *Service {
	return &Service{store: s, people: p, conversations: c, mailboxes: m}
}
