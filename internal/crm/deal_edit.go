package crm

import (
	"context"
	"errors"

	"parley/ent"
	entdeal "parley/ent/deal"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// CreateDeal makes a deal (CR-2, CR-9). From a conversation it takes what is not given.
// Errors are those of the fields, and NOT_FOUND on what they name.
func (s *Service) CreateDeal(ctx context.Context, in CreateDealInput) (*ent.Deal, error) {
	if err := mayEdit(ctx, "deals"); err != nil {
		return nil, err
	}
	d := &ent.Deal{ID: id.OrNew(in.ID, id.Deal)}
	call := idempotency.Call{
		Mutation: "createDeal", Key: in.IdempotencyKey, Input: in, Result: d.ID,
		Own: []idempotency.Own{{Kind: id.Deal, Field: "id", ID: in.ID}},
	}
	err := idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		return makeDeal(ctx, tx, d, in)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		d, err = findDeal(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, account.ExternalIDTaken(err, "deal")
	}
	return d, nil
}

// makeDeal makes the deal of an input, whose id d has.
func makeDeal(ctx context.Context, tx *store.Tx, d *ent.Deal, in CreateDealInput) error {
	*d = ent.Deal{ID: d.ID, AccountID: d.AccountID}
	externalID, err := account.NewExternalID(in.ExternalID)
	if err != nil {
		return err
	}
	d.ExternalID = externalID
	c, err := givenConversation(ctx, tx, in.ConversationID)
	if err != nil {
		return err
	}
	if c != nil {
		if err := fillDeal(ctx, tx, d, c); err != nil {
			return err
		}
	}
	if err := errors.Join(in.DealFacts.apply(ctx, tx, d), courseOfDeal(d).fillCompany(ctx, tx, in.CompanyID)); err != nil {
		return err
	}
	if err := insertDeal(ctx, tx, d, c); err != nil {
		return err
	}
	if _, err := (contactChange{recordID: d.ID, mainID: d.ContactID, add: in.AddContactIDs.Value()}).apply(ctx, tx); err != nil {
		return err
	}
	_, err = setDefined(ctx, tx, vocab.PropertyOfDeal, d.ID, in.DefinedProperties)
	return err
}

// UpdateDeal changes a deal (CR-9). Errors are those of CreateDeal, and CONFLICT on
// expectedRevision.
func (s *Service) UpdateDeal(ctx context.Context, in UpdateDealInput) (*ent.Deal, error) {
	if err := mayEdit(ctx, "deals"); err != nil {
		return nil, err
	}
	var d *ent.Deal
	load := func(ctx context.Context, tx *store.Tx, dealID string) (err error) {
		d, err = findDeal(ctx, tx, dealID)
		return err
	}
	call := idempotency.Call{Mutation: "updateDeal", Key: in.IdempotencyKey, Input: in, Result: in.DealID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.DealID); err != nil {
			return err
		}
		if err := revisionIs(in.ExpectedRevision, d.Revision); err != nil {
			return err
		}
		before := *d
		if err := errors.Join(in.DealFacts.apply(ctx, tx, d), account.SetExternalID(&d.ExternalID, in.ExternalID)); err != nil {
			return err
		}
		defined, err := setDefined(ctx, tx, vocab.PropertyOfDeal, d.ID, in.DefinedProperties)
		if err != nil {
			return err
		}
		contacts, err := contactChange{d.ID, d.ContactID, in.AddContactIDs.Value(), in.RemoveContactIDs.Value()}.apply(ctx, tx)
		if err != nil {
			return err
		}
		return saveDeal(ctx, tx, &before, d, append(defined, contacts...)...)
	}, load)
	if err != nil {
		return nil, account.ExternalIDTaken(err, "deal")
	}
	return d, nil
}

// UpsertDeal changes the deal with an external id, and makes it if there is none, which
// created reports. Callers with one id at the same time get the same deal.
func (s *Service) UpsertDeal(ctx context.Context, in UpsertDealInput) (d *ent.Deal, created bool, err error) {
	if err := mayEdit(ctx, "deals"); err != nil {
		return nil, false, err
	}
	if in.ExternalID == "" {
		return nil, false, errs.New(errs.Required, "Enter an external id.").On("externalId")
	}
	for try := 1; ; try++ {
		d, created, err = s.upsertDeal(ctx, in)
		if try == upsertTries || !isBlamed(err) {
			return d, created, err
		}
	}
}

func (s *Service) upsertDeal(ctx context.Context, in UpsertDealInput) (d *ent.Deal, created bool, err error) {
	call := idempotency.Call{Mutation: "upsertDeal", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Deal)}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Client.Deal.Query().Where(entdeal.ExternalID(in.ExternalID)).Modify(store.ForUpdate).Only(ctx)
		if created = ent.IsNotFound(err); created {
			d = &ent.Deal{ID: call.Result}
			return makeDeal(ctx, tx, d, CreateDealInput{DealFacts: in.DealFacts, ConversationID: in.ConversationID, ExternalID: &in.ExternalID})
		}
		if err != nil {
			return err
		}
		d = found
		if err := call.Settle(ctx, tx, d.ID, "found"); err != nil {
			return err
		}
		before := *d
		if err := in.DealFacts.apply(ctx, tx, d); err != nil {
			return err
		}
		defined, err := setDefined(ctx, tx, vocab.PropertyOfDeal, d.ID, in.DefinedProperties)
		if err != nil {
			return err
		}
		contacts, err := contactChange{recordID: d.ID, mainID: d.ContactID, add: in.AddContactIDs.Value()}.apply(ctx, tx)
		if err != nil {
			return err
		}
		return saveDeal(ctx, tx, &before, d, append(defined, contacts...)...)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		notes, err := call.Notes(ctx, tx)
		if err != nil {
			return err
		}
		created = len(notes) == 0
		d, err = findDeal(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, false, account.ExternalIDTaken(err, "deal")
	}
	return d, created, nil
}

// DeleteDeal deletes a deal for good.
func (s *Service) DeleteDeal(ctx context.Context, in DeleteDealInput) error {
	if err := mayEdit(ctx, "deals"); err != nil {
		return err
	}
	call := idempotency.Call{Mutation: "deleteDeal", Key: in.IdempotencyKey, Input: in, Result: in.DealID}
	return idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		d, err := findDeal(ctx, tx, in.DealID)
		if err != nil {
			return err
		}
		c, err := conversationOf(ctx, tx, d.ConversationID)
		if err != nil {
			return err
		}
		tx.Append(ctx, recordEvent(vocab.DealDeleted, d.ID, c))
		if err := tx.Retire(ctx, "deals", id.Deal, "id", d.AccountID, d.ID); err != nil {
			return err
		}
		if err := tx.DeleteValues(ctx, d.AccountID, d.ID); err != nil {
			return err
		}
		if err := dropContacts(ctx, tx, d.AccountID, d.ID); err != nil {
			return err
		}
		if err := leaveEngagements(ctx, tx, "deal_id", d.AccountID, d.ID); err != nil {
			return err
		}
		return tx.Client.Deal.DeleteOneID(d.ID).Exec(ctx)
	}, func(context.Context, *store.Tx, string) error { return nil })
}
