package quote

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entquote "parley/ent/quote"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxVersions is the most versions of a quote.
const MaxVersions = 1_000

// Publish freezes what a quote says as a version, which its link shows from then on; the
// answer to the version before it is no longer the quote's (CO-7). If the version that was
// published last says the same and can still be answered, nothing happens. Errors: REQUIRED
// without lines, INVALID if it would have expired already, CONFLICT on expectedRevision.
func (s *Service) Publish(ctx context.Context, in PublishQuoteInput) (*ent.Quote, error) {
	return s.change(ctx, idempotency.Call{Mutation: "publishQuote", Key: in.IdempotencyKey, Input: in, Result: in.QuoteID}, func(ctx context.Context, tx *store.Tx, q *ent.Quote) error {
		if err := revisionIs(in.ExpectedRevision, q.Revision); err != nil {
			return err
		}
		switch {
		case q.State == vocab.QuotePublished && !q.Changed && !expired(q, tx.Now()):
			return nil
		case q.Content.Title == "": // its contact was erased
			return errs.New(errs.Required, "The quote has no title: give it one by updateQuote.").On("quoteId")
		case len(q.Content.Lines) == 0:
			return errs.New(errs.Required, "A quote that is published has at least one line: give it some by updateQuote.").On("quoteId")
		case q.Content.ValidUntil.IsSet() && q.Content.ValidUntil <= tx.Now():
			return errs.New(errs.Invalid, "It is valid until a time that is over: give it a later validUntil, or none, by updateQuote.").On("quoteId")
		case q.Version >= MaxVersions:
			return errs.Exceeds(MaxVersions, "The quote has %d versions; at most %d are allowed. Create another one.", q.Version, MaxVersions).On("quoteId")
		}
		return publish(ctx, tx, q)
	})
}

func publish(ctx context.Context, tx *store.Tx, q *ent.Quote) error {
	content, err := frozen(ctx, tx, q)
	if err != nil {
		return err
	}
	sums, err := Sum(content)
	if err != nil {
		return err
	}
	q.Version++
	err = tx.Client.QuoteVersion.Create().SetID(id.New("quoteversion")).SetQuoteID(q.ID).SetNumber(q.Version).SetContent(*content).SetSums(*sums).
		SetPublishedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save version: %w", err)
	}
	if err := keepPublished(ctx, tx, q); err != nil {
		return err
	}
	if q.Token == nil {
		token := strings.ToLower(rand.Text())
		q.Token = &token
	}
	q.State, q.Changed, q.ValidUntil, q.PublishedAt = vocab.QuotePublished, false, content.ValidUntil, tx.Now()
	return enter(ctx, tx, q, vocab.QuotePublishedEvent)
}

// enter writes the state that a quote came into, and records it.
func enter(ctx context.Context, tx *store.Tx, q *ent.Quote, t vocab.EventType) error {
	q.Revision, q.LastActivityAt = q.Revision+1, tx.Now()
	err := tx.Client.Quote.UpdateOneID(q.ID).SetState(q.State).SetVersion(q.Version).SetChanged(q.Changed).SetValidUntil(q.ValidUntil).SetPublishedAt(q.PublishedAt).
		SetNillableToken(q.Token).SetRevision(q.Revision).SetLastActivityAt(q.LastActivityAt).Exec(ctx)
	if err != nil {
		return err
	}
	return recordEvent(ctx, tx, t, q)
}

// frozen is what a quote says, with the names of whom it is from and to.
func frozen(ctx context.Context, tx *store.Tx, q *ent.Quote) (*vocab.QuoteContent, error) {
	c, client := q.Content, tx.Client
	if q.OwnerID != "" {
		owner, err := client.User.Get(ctx, q.OwnerID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if owner != nil {
			c.SenderName = owner.Name
		}
	}
	account, err := client.Account.Get(ctx, viewer.FromContext(ctx).AccountID)
	if err != nil {
		return nil, err
	}
	c.SenderCompany = cmp.Or(c.SenderCompany, account.Name)
	if q.ContactID != "" {
		contact, err := client.Contact.Get(ctx, q.ContactID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if contact != nil {
			c.RecipientName = cmp.Or(contact.Name, contact.Email)
		}
	}
	if q.CompanyID != "" {
		company, err := client.Company.Get(ctx, q.CompanyID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if company != nil {
			c.RecipientCompany = company.Name
		}
	}
	return &c, nil
}

// Revoke ends a quote: its link says that it was withdrawn, until it is published again
// (CO-7). INVALID for one that was never published.
func (s *Service) Revoke(ctx context.Context, in RevokeQuoteInput) (*ent.Quote, error) {
	return s.change(ctx, idempotency.Call{Mutation: "revokeQuote", Key: in.IdempotencyKey, Input: in, Result: in.QuoteID}, func(ctx context.Context, tx *store.Tx, q *ent.Quote) error {
		switch q.State {
		case vocab.QuoteRevoked:
			return nil
		case vocab.QuoteDraft:
			return errs.New(errs.Invalid, "The quote was not published: there is nothing to revoke.").On("quoteId")
		}
		q.State = vocab.QuoteRevoked
		return enter(ctx, tx, q, vocab.QuoteRevokedEvent)
	})
}

// change changes a quote that the input names.
func (s *Service) change(ctx context.Context, call idempotency.Call, apply func(context.Context, *store.Tx, *ent.Quote) error) (*ent.Quote, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	var q *ent.Quote
	load := func(ctx context.Context, tx *store.Tx, quoteID string) (err error) {
		q, err = lockQuote(ctx, tx, quoteID)
		return err
	}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, call.Result); err != nil {
			return err
		}
		return apply(ctx, tx, q)
	}, load)
	if err != nil {
		return nil, err
	}
	return q, nil
}

// overdue are published quotes that can no longer be accepted.
const overdue = "SELECT id, account_id FROM quotes WHERE state = 'PUBLISHED' AND valid_until > 0 AND valid_until <= $1 ORDER BY valid_until, id LIMIT 100"

// ExpireDue has quotes expire that are no longer valid (CO-7).
func (s *Service) ExpireDue(ctx context.Context) error {
	for {
		var due [][2]string
		err := store.ForEachRow(ctx, s.store, overdue, []any{int64(s.store.Now())}, func(rows sql.ColumnScanner) error {
			var one [2]string
			err := rows.Scan(&one[0], &one[1])
			due = append(due, one)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		var faults []error // one that fails holds up no other
		for _, one := range due {
			faults = append(faults, s.expire(viewer.NewContext(ctx, viewer.System("quotes", one[1])), one[0]))
		}
		if err := errors.Join(faults...); err != nil {
			return err
		}
	}
}

func (s *Service) expire(ctx context.Context, quoteID string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		q, err := tx.Client.Quote.Query().Where(entquote.ID(quoteID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // deleted at the same moment
		}
		if err != nil || !expired(q, tx.Now()) {
			return err
		}
		q.State = vocab.QuoteExpired
		return enter(ctx, tx, q, vocab.QuoteExpiredEvent)
	})
}
