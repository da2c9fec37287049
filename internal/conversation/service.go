package conversation

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/library"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
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
	Library     Library
	Quotes      Quotes
	// Keys digest what is kept of messages that custom channels must not bring again (CC-2).
	Keys *secret.Keyring
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
	// KeepForDraft makes the caller's own uploads the files of a draft, and reports
	// whether they are others than before (CO-3).
	KeepForDraft(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation, draftID string) (bool, error)
	// LeaveDraft leaves the files of a draft to themselves.
	LeaveDraft(ctx context.Context, tx *store.Tx, draftID string) error
	// Copy makes files of the library the files of a message, behind those that it has,
	// and returns their ids. Errors blame libraryItemIds.
	Copy(ctx context.Context, tx *store.Tx, files []*ent.LibraryFile, c *ent.Conversation, messageID string, before int) ([]string, error)
}

// Library fills texts, and gives a message what it has of the library. Package library
// implements it.
type Library interface {
	// Complete fills the placeholders of a text that is sent: MISSING_PLACEHOLDER.
	Complete(ctx context.Context, of library.Occasion, t library.Text) (library.Text, error)
	// Send takes items for a message. Errors blame libraryItemIds.
	Send(ctx context.Context, tx *store.Tx, of library.Occasion, messageID string, ids []string) (*library.Sent, error)
}

// Quotes gives a message the cards of quotes. Package quote implements it.
type Quotes interface {
	// Cards are the cards of quotes for a message. Errors blame quoteIds.
	Cards(ctx context.Context, tx *store.Tx, c *ent.Conversation, ids []string) ([]vocab.MessageCard, error)
}

// claimFiles gives a new message its files, those of its author and then those of items of
// the library, and returns their ids. Where it has no text, a list's row shows their names.
func (s *Service) claimFiles(ctx context.Context, ch *change, ids []string, items []*ent.LibraryFile, m *ent.Message) ([]string, error) {
	if len(ids)+len(items) == 0 {
		return nil, nil
	}
	if err := s.deps.Attachments.Claim(ctx, ch.tx, ids, ch.c, m.ID); err != nil {
		return nil, err
	}
	copied, err := s.deps.Attachments.Copy(ctx, ch.tx, items, ch.c, m.ID, len(ids))
	if err != nil {
		return nil, err
	}
	all := slices.Concat(ids, copied)
	if m.VisibleNumber == 0 || strings.TrimSpace(m.Text) != "" || len(m.Cards) > 0 {
		return all, nil
	}
	return all, ch.showFiles(ctx, m.ID)
}
