package company

import (
	"context"
	"slices"

	"parley/ent"
	entcompany "parley/ent/company"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
)

// By returns the company that a key leads to; nil: there is none in the account.
func (s *Service) By(ctx context.Context, key CompanyKey) (*ent.Company, error) {
	client := s.store.Client(ctx)
	key, err := key.clean()
	switch {
	case err != nil:
		return nil, nil // nothing has such a key
	case key.ID != nil:
		if !id.Is(*key.ID, id.Company) {
			return nil, nil
		}
		return orNone(client.Company.Get(ctx, *key.ID))
	case key.ExternalID != nil:
		return orNone(client.Company.Query().Where(entcompany.ExternalID(*key.ExternalID)).Only(ctx))
	}
	return byDomain(ctx, client, *key.Domain)
}

// lockBy loads the company that a clean key leads to, and keeps others from changing it;
// nil: there is none.
func (k CompanyKey) lockBy(ctx context.Context, tx *store.Tx) (*ent.Company, error) {
	q := tx.Client.Company.Query()
	switch {
	case k.ID != nil:
		q.Where(entcompany.ID(*k.ID))
	case k.ExternalID != nil:
		q.Where(entcompany.ExternalID(*k.ExternalID))
	default:
		found, err := byDomain(ctx, tx.Client, *k.Domain)
		if err != nil || found == nil {
			return nil, err
		}
		q.Where(entcompany.ID(found.ID))
	}
	c, err := orNone(q.Modify(store.ForUpdate).Only(ctx))
	if err == nil && c == nil && k.ID != nil {
		err = noneBy(k)
	}
	return c, err
}

// clean returns the key as companies have it. Errors blame the field below "by".
func (k CompanyKey) clean() (CompanyKey, error) {
	switch {
	case k.ID != nil:
		return k, nil
	case k.ExternalID != nil:
		externalID, err := account.CleanExternalID(*k.ExternalID, "by", "externalId")
		if err == nil && externalID == "" {
			err = errs.New(errs.Invalid, "An external id has 1 to %d characters.", account.MaxExternalID).On("by", "externalId")
		}
		return CompanyKey{ExternalID: &externalID}, err
	case k.Domain != nil:
		domain, err := cleanDomain(*k.Domain, "by", "domain")
		if errs.Is(err, errs.Required) {
			err = errs.New(errs.Invalid, "Enter a domain, such as \"example.com\".").On("by", "domain")
		}
		return CompanyKey{Domain: &domain}, err
	}
	return k, errs.New(errs.Invalid, "Give exactly one of id, externalId and domain.").On("by")
}

// insertBy makes the company that a key leads to from now on. The facts must not say
// otherwise.
func insertBy(ctx context.Context, tx *store.Tx, companyID string, key CompanyKey, f CompanyFacts) (*ent.Company, error) {
	switch {
	case key.ExternalID != nil:
		sent, given := f.ExternalID.ValueOK()
		if given && (sent == nil || *sent != "" && *sent != *key.ExternalID) {
			return nil, otherThanKey("externalId")
		}
		f.ExternalID = opt.Of(*key.ExternalID)
		if name, given := f.Name.ValueOK(); !given && len(f.Domains.Value()) == 0 || given && name == nil {
			f.Name = opt.Of(*key.ExternalID)
		}
	case key.Domain != nil && !f.Domains.IsSet():
		f.Domains = opt.List(*key.Domain)
	case key.Domain != nil:
		domains, err := cleanDomains(f.Domains.Value())
		if err != nil {
			return nil, err
		}
		if !slices.Contains(domains, *key.Domain) {
			return nil, otherThanKey("domains")
		}
	}
	return insertCompany(ctx, tx, companyID, f)
}

func otherThanKey(field string) error {
	return errs.New(errs.Invalid, "There is no such company yet: omit %s, which a new one has from the key, or give the same value.", field).On(field)
}

// isBlamed reports whether another company has the key's value by now: the next try finds
// it.
func (k CompanyKey) isBlamed(err error) bool {
	if !errs.Is(err, errs.AlreadyExists) {
		return false
	}
	field := errs.Of(err).Field[0]
	return k.ExternalID != nil && field == "externalId" || k.Domain != nil && field == "domains"
}

func orNone(c *ent.Company, err error) (*ent.Company, error) {
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return c, err
}
