package conversation

import (
	"context"
	"strings"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Viewers reports what an actor of an account may do now: background work that
// someone asked for never does more (AC-12), and nothing once the token with which
// it was asked for does not hold. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// Service holds the use cases of conversations. It is safe for concurrent use.
type Service struct {
	store *store.Store
	views *view.Service
	deps  Deps
}

// Deps are what the use cases need of the packages around them. All are required.
type Deps struct {
	Viewers     Viewers
	Outbox      Outbox
	Contacts    Contacts
	Attachments Attachments
}

// New returns the use cases on a store.
func New(s *store.Store, d Deps) *Service {
	return &Service{store: s, views: view.New(s), deps: d}
}

// Attachments gives files that were uploaded to the message that they belong to.
// Package attachment implements it.
type Attachments interface {
	// Claim makes the caller's own uploads the files of a message, in their order.
	// Errors blame attachmentIds and the place in it.
	Claim(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation, messageID string) error
}

// claimFiles gives a new message its files. Where it has no text, a list's row shows
// their names.
func (s *Service) claimFiles(ctx context.Context, ch *change, ids []string, m *ent.Message) error {
	if len(ids) == 0 {
		return nil
	}
	if err := s.deps.Attachments.Claim(ctx, ch.tx, ids, ch.c, m.ID); err != nil {
		return err
	}
	if m.VisibleNumber == 0 || strings.TrimSpace(m.Text) != "" {
		return nil
	}
	return ch.showFiles(ctx, m.ID)
}
