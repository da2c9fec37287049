package quote

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"parley/ent"
	entversion "parley/ent/quoteversion"
	entview "parley/ent/quoteview"
	"parley/internal/account"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Create makes a quote (CO-7). From a deal or a conversation it takes what is not given.
// Errors are those of the fields, and NOT_FOUND on what they name.
func (s *Service) Create(ctx context.Context, in CreateQuoteInput) (*ent.Quote, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	q, chosen := &ent.Quote{ID: id.OrNew(in.ID, id.Quote)}, s.choose(ctx, in.SenderLogoID, "senderLogoId")
	call := idempotency.Call{
		Mutation: "createQuote", Key: in.IdempotencyKey, Input: in, Result: q.ID,
		Own: []idempotency.Own{{Kind: id.Quote, Field: "id", ID: in.ID}},
	}
	err := idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		*q = ent.Quote{ID: q.ID, State: vocab.QuoteDraft, Changed: true}
		return makeQuote(ctx, tx, q, in, chosen)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		q, err = lockQuote(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, account.ExternalIDTaken(err, "quote")
	}
	return q, nil
}

func makeQuote(ctx context.Context, tx *store.Tx, q *ent.Quote, in CreateQuoteInput, chosen choice) (err error) {
	if q.ExternalID, err = account.NewExternalID(in.ExternalID); err != nil {
		return err
	}
	if err := fill(ctx, tx, q, in); err != nil {
		return err
	}
	if err := errors.Join(in.applyReferences(ctx, tx, q), in.applyContent(q), in.applyLogo(&q.Content, chosen)); err != nil {
		return err
	}
	if !in.SenderLogoID.IsSet() {
		if chosen, err = takeDefault(ctx, tx, q); err != nil {
			return err
		}
	}
	if err := (crm.Parties{ContactID: &q.ContactID, CompanyID: &q.CompanyID}).FillCompany(ctx, tx, in.CompanyID); err != nil {
		return err
	}
	accountID := viewer.FromContext(ctx).AccountID
	n, err := tx.Number(ctx, `INSERT INTO record_counters (id, account_id, quotes) VALUES ($1, $2, 1)
		ON CONFLICT (id) DO UPDATE SET quotes = record_counters.quotes + 1 RETURNING quotes`, accountID, accountID)
	if err != nil {
		return err
	}
	q.AccountID, q.Number, q.Revision, q.CreatedAt, q.LastActivityAt = accountID, int(n), 1, tx.Now(), tx.Now()
	err = tx.Client.Quote.Create().SetID(q.ID).SetNumber(q.Number).SetContent(q.Content).SetState(q.State).SetAcceptedStageID(q.AcceptedStageID).
		SetOwnerID(q.OwnerID).SetContactID(q.ContactID).SetCompanyID(q.CompanyID).SetDealID(q.DealID).SetNillableExternalID(q.ExternalID).
		SetNillableConversationID(q.ConversationID).SetLastActivityAt(q.LastActivityAt).SetCreatedAt(q.CreatedAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save quote: %w", err)
	}
	if err := chosen.record(ctx, tx, q); err != nil {
		return err
	}
	return recordEvent(ctx, tx, vocab.QuoteCreated, q)
}

// fill takes from a deal, or else from a conversation, what is known of its quote. One for a deal
// that was made for a conversation is one for that.
func fill(ctx context.Context, tx *store.Tx, q *ent.Quote, in CreateQuoteInput) error {
	c, err := crm.GivenConversation(ctx, tx, in.ConversationID)
	if err != nil {
		return err
	}
	if v := viewer.FromContext(ctx).Actor(); v.IsUser() {
		q.OwnerID = v.ActorID
	}
	if c != nil {
		q.ConversationID, q.ContactID = &c.ID, c.ContactID
	}
	dealID := value(in.DealID.Value())
	if dealID == "" {
		return nil
	}
	d, err := findDeal(ctx, tx, dealID)
	if err != nil {
		return err
	}
	if q.ConversationID == nil {
		q.ConversationID = d.ConversationID
	}
	if d.ContactID != "" {
		q.ContactID = d.ContactID
	}
	q.Content.Title, q.Content.Currency, q.CompanyID = d.Name, d.Currency, d.CompanyID
	return nil
}

// Update changes a quote (CO-7): what its link shows stays as it is until the quote is
// published again. Errors are those of Create, and CONFLICT on expectedRevision.
func (s *Service) Update(ctx context.Context, in UpdateQuoteInput) (*ent.Quote, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	var q *ent.Quote
	chosen := s.choose(ctx, in.SenderLogoID, "senderLogoId")
	load := func(ctx context.Context, tx *store.Tx, quoteID string) (err error) {
		q, err = lockQuote(ctx, tx, quoteID)
		return err
	}
	call := idempotency.Call{Mutation: "updateQuote", Key: in.IdempotencyKey, Input: in, Result: in.QuoteID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.QuoteID); err != nil {
			return err
		}
		if err := revisionIs(in.ExpectedRevision, q.Revision); err != nil {
			return err
		}
		before := *q
		if err := errors.Join(in.applyReferences(ctx, tx, q), in.applyContent(q), in.applyLogo(&q.Content, chosen), account.SetExternalID(&q.ExternalID, in.ExternalID), keepsContact(&before, q)); err != nil {
			return err
		}
		if in.SenderLogoID.IsSet() {
			if err := chosen.record(ctx, tx, q); err != nil {
				return err
			}
		}
		return saveQuote(ctx, tx, &before, q)
	}, load)
	if err != nil {
		return nil, account.ExternalIDTaken(err, "quote")
	}
	return q, nil
}

// samePeople reports whether two states of a quote name the same people, as its versions do.
func samePeople(a, b *ent.Quote) bool {
	return a.OwnerID == b.OwnerID && a.ContactID == b.ContactID && a.CompanyID == b.CompanyID
}

// keepsContact refuses to give a quote that was published for a contact to another one, who
// would have the first one's name in its versions, and the first one its link.
func keepsContact(before, after *ent.Quote) error {
	if before.Token == nil || before.ContactID == "" || before.ContactID == after.ContactID {
		return nil
	}
	return errs.New(errs.Invalid, "The quote was published for its contact, who may have its link: create another one.").On("contactId")
}

// saveQuote writes what changed and records it; nothing: nothing happens.
func saveQuote(ctx context.Context, tx *store.Tx, before, after *ent.Quote) error {
	var c store.Changes
	content := !reflect.DeepEqual(before.Content, after.Content)
	c.Named("content", content)
	c.Optional("acceptedStage", before.AcceptedStageID, after.AcceptedStageID)
	c.Optional("owner", before.OwnerID, after.OwnerID)
	c.Optional("contact", before.ContactID, after.ContactID)
	c.Optional("company", before.CompanyID, after.CompanyID)
	c.Optional("deal", before.DealID, after.DealID)
	account.ExternalIDChange(&c, before.ExternalID, after.ExternalID)
	if len(c) == 0 {
		return nil
	}
	if err := recordEvent(ctx, tx, vocab.QuoteUpdated, after, c...); err != nil {
		return err
	}
	after.Revision, after.LastActivityAt, after.Changed = before.Revision+1, tx.Now(), before.Changed || content || !samePeople(before, after)
	update := tx.Client.Quote.UpdateOneID(after.ID)
	if after.ExternalID == nil {
		update.ClearExternalID()
	}
	return update.SetContent(after.Content).SetChanged(after.Changed).SetAcceptedStageID(after.AcceptedStageID).SetOwnerID(after.OwnerID).
		SetContactID(after.ContactID).SetCompanyID(after.CompanyID).SetDealID(after.DealID).SetNillableExternalID(after.ExternalID).
		SetRevision(after.Revision).SetLastActivityAt(after.LastActivityAt).Exec(ctx)
}

// Delete deletes a quote for good, with its versions; its link leads nowhere then.
func (s *Service) Delete(ctx context.Context, in DeleteQuoteInput) error {
	if err := mayEdit(ctx); err != nil {
		return err
	}
	call := idempotency.Call{Mutation: "deleteQuote", Key: in.IdempotencyKey, Input: in, Result: in.QuoteID}
	return idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		q, err := lockQuote(ctx, tx, in.QuoteID)
		if err != nil {
			return err
		}
		if err := recordEvent(ctx, tx, vocab.QuoteDeleted, q); err != nil {
			return err
		}
		if _, err := tx.Client.QuoteView.Delete().Where(entview.QuoteID(q.ID)).Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.Client.QuoteVersion.Delete().Where(entversion.QuoteID(q.ID)).Exec(ctx); err != nil {
			return err
		}
		if _, err := RemoveLogos(ctx, tx, q.ID); err != nil {
			return err
		}
		if err := tx.Retire(ctx, "quotes", id.Quote, "id", q.AccountID, q.ID); err != nil {
			return err
		}
		return tx.Client.Quote.DeleteOneID(q.ID).Exec(ctx)
	}, func(context.Context, *store.Tx, string) error { return nil })
}
