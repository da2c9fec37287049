package quote

import (
	"context"
	"strings"

	"parley/ent"
	entquote "parley/ent/quote"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Service holds the use cases of quotes. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	publicURL string
	files     Files
}

// New returns the use cases on a store. Pages of quotes lie below publicURL, such as
// "https://parley.example.com"; files opens what is uploaded for them.
func New(s *store.Store, publicURL string, files Files) *Service {
	return &Service{store: s, publicURL: strings.TrimSuffix(publicURL, "/"), files: files}
}

func mayEdit(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && v.IsStaff() {
		return nil
	}
	return errs.New(errs.Forbidden, "Only users and integrations of the account may edit quotes.")
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// lockQuote loads a quote and keeps others from changing it until the transaction ends.
func lockQuote(ctx context.Context, tx *store.Tx, quoteID string) (*ent.Quote, error) {
	unknown := errs.New(errs.NotFound, "There is no quote %q that you may see.", errs.Clip(quoteID)).On("quoteId")
	if !id.Is(quoteID, id.Quote) {
		return nil, unknown
	}
	q, err := tx.Client.Quote.Query().Where(entquote.ID(quoteID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return q, err
}

// recordEvent records what happened to a quote, as an event of its conversation too if there
// is one.
func recordEvent(ctx context.Context, tx *store.Tx, t vocab.EventType, q *ent.Quote, changes ...vocab.FieldChange) error {
	e := store.Event{Type: t, SubjectID: q.ID, Changes: changes}
	if q.ConversationID != nil {
		c, err := tx.Client.Conversation.Get(ctx, *q.ConversationID)
		switch {
		case ent.IsNotFound(err): // purged, or not the viewer's
		case err != nil:
			return err
		default:
			e.InboxID, e.ConversationID, e.Revision = c.InboxID, c.ID, c.Revision
		}
	}
	tx.Append(ctx, e)
	return nil
}

func revisionIs(expected *int, revision int) error {
	if expected == nil || *expected == revision {
		return nil
	}
	return errs.New(errs.Conflict, "It was changed since then: its revision is %d, not %d. Load it again.", revision, *expected).On("expectedRevision")
}
