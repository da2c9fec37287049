package company

import (
	"context"

	"parley/ent"
	entcompany "parley/ent/company"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Service holds the use cases of companies. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

func mayEdit(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && v.IsStaff() {
		return nil
	}
	return errs.New(errs.Forbidden, "Only users and integrations of the account may edit companies.")
}

// lockCompany loads a company and keeps others from changing it until the transaction
// ends.
func lockCompany(ctx context.Context, tx *store.Tx, companyID string) (*ent.Company, error) {
	if !id.Is(companyID, id.Company) {
		return nil, notFound(companyID)
	}
	c, err := tx.Client.Company.Query().Where(entcompany.ID(companyID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound(companyID)
	}
	return c, err
}

func notFound(companyID string) error {
	return errs.New(errs.NotFound, "There is no company %q.", errs.Clip(companyID)).On("companyId")
}

// Keep refuses a company that the account does not have, NOT_FOUND on companyId, and keeps
// one that it has from being deleted until the transaction ends. "" is none.
func Keep(ctx context.Context, tx *store.Tx, companyID string) error {
	if companyID == "" {
		return nil
	}
	if !id.Is(companyID, id.Company) {
		return notFound(companyID)
	}
	_, err := tx.Client.Company.Query().Where(entcompany.ID(companyID)).Modify(store.ForShare).Only(ctx)
	if ent.IsNotFound(err) {
		return notFound(companyID)
	}
	return err
}
