package company

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Create makes a company (CR-6). A domain or external id that another company has is
// ALREADY_EXISTS on domains or externalId.
func (s *Service) Create(ctx context.Context, in CreateCompanyInput) (*ent.Company, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	call := idempotency.Call{
		Mutation: "createCompany", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Company),
		Own: []idempotency.Own{{Kind: id.Company, Field: "id", ID: in.ID}},
	}
	var c *ent.Company
	err := idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = insertCompany(ctx, tx, call.Result, in.CompanyFacts)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		c, err = lockCompany(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Update changes what is known of a company. Errors are those of Create.
func (s *Service) Update(ctx context.Context, in UpdateCompanyInput) (*ent.Company, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	var c *ent.Company
	load := func(ctx context.Context, tx *store.Tx, companyID string) (err error) {
		c, err = lockCompany(ctx, tx, companyID)
		return err
	}
	call := idempotency.Call{Mutation: "updateCompany", Key: in.IdempotencyKey, Input: in, Result: in.CompanyID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.CompanyID); err != nil {
			return err
		}
		return changeCompany(ctx, tx, c, in.CompanyFacts)
	}, load)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// upsertTries is how often an upsert begins again because another made the company just
// before it.
const upsertTries = 5

// Upsert changes the company that a key leads to, and makes it if there is none, which
// created reports. An id never makes one: NOT_FOUND. Callers with one key at the same time
// get the same company. Errors are those of Create and Update.
func (s *Service) Upsert(ctx context.Context, in UpsertCompanyInput) (c *ent.Company, created bool, err error) {
	if err := mayEdit(ctx); err != nil {
		return nil, false, err
	}
	key, err := in.By.clean()
	if err != nil {
		return nil, false, err
	}
	if key.ID != nil && !id.Is(*key.ID, id.Company) {
		return nil, false, noneBy(key)
	}
	for try := 1; ; try++ {
		c, created, err = s.upsert(ctx, key, in)
		if try == upsertTries || !key.isBlamed(err) {
			return c, created, err
		}
	}
}

func (s *Service) upsert(ctx context.Context, key CompanyKey, in UpsertCompanyInput) (c *ent.Company, created bool, err error) {
	call := idempotency.Call{Mutation: "upsertCompany", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Company)}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		if c, err = key.lockBy(ctx, tx); err != nil {
			return err
		}
		if created = c == nil; created {
			c, err = insertBy(ctx, tx, call.Result, key, in.CompanyFacts)
			return err
		}
		if err := call.Settle(ctx, tx, c.ID, "found"); err != nil {
			return err
		}
		return changeCompany(ctx, tx, c, in.CompanyFacts)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		notes, err := call.Notes(ctx, tx)
		if err != nil {
			return err
		}
		created = len(notes) == 0
		c, err = lockCompany(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return c, created, nil
}

// Delete deletes a company for good. Its contacts, tickets and deals stay, and lose it by
// and by: a reaction takes it off them.
func (s *Service) Delete(ctx context.Context, in DeleteCompanyInput) error {
	if err := mayEdit(ctx); err != nil {
		return err
	}
	call := idempotency.Call{Mutation: "deleteCompany", Key: in.IdempotencyKey, Input: in, Result: in.CompanyID}
	return idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := lockCompany(ctx, tx, in.CompanyID)
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.CompanyDeleted, SubjectID: c.ID})
		if err := tx.Retire(ctx, "companies", id.Company, "id", c.AccountID, c.ID); err != nil {
			return err
		}
		if err := tx.DeleteValues(ctx, c.AccountID, c.ID); err != nil {
			return err
		}
		return tx.Client.Company.DeleteOneID(c.ID).Exec(ctx) // its domains go with it
	}, nil)
}

func noneBy(k CompanyKey) error {
	return errs.New(errs.NotFound, "There is no company %q; a key of externalId or domain makes one that is missing.", errs.Clip(*k.ID)).On("by", "id")
}
