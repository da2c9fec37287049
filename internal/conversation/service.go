package conversation

import (
	"context"
	"strings"

	"parley/ent"
	"parley/ent/attachment"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Viewers tells what an actor of an account may do now: background work that
// somebody asked for never does more (AC-12). Package people implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID string) (*viewer.Viewer, error)
}

// Service holds the use cases of conversations. It is safe for concurrent use.
type Service struct {
	store   *store.Store
	viewers Viewers
	limits  limits

	outbox      Outbox
	contacts    Contacts
	attachments Attachments
}

// New returns the use cases on a store.
func New(s *store.Store, viewers Viewers) *Service {
	return &Service{store: s, viewers: viewers, limits: defaultLimits}
}

// Attachments gives files that were uploaded to the message that they belong to.
// Package attachment implements it.
type Attachments interface {
	// Claim makes the caller's own uploads the files of a message, in their order.
	// Errors blame attachmentIds and the place in it.
	Claim(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation, messageID string) error
}

// UseAttachments has messages bear files. It is called before the first use case.
func (s *Service) UseAttachments(a Attachments) { s.attachments = a }

// claim gives a new message its files. Where it has no text, a list's row shows
// their names.
func (s *Service) claim(ctx context.Context, ch *change, ids []string, m *ent.Message) error {
	if len(ids) == 0 {
		return nil
	}
	if s.attachments == nil {
		return errs.New(errs.Invalid, "Files cannot be attached here.").On("attachmentIds")
	}
	if err := s.attachments.Claim(ctx, ch.tx, ids, ch.c, m.ID); err != nil {
		return err
	}
	if m.VisibleNumber == 0 || strings.TrimSpace(m.Text) != "" {
		return nil
	}
	names, err := ch.tx.Client.Attachment.Query().Where(attachment.MessageID(m.ID)).Order(attachment.ByPosition()).
		Select(attachment.FieldFileName).Strings(ctx)
	ch.c.Preview = richtext.Preview(strings.Join(names, ", "), previewLength)
	return err
}
