package company

import (
	"context"

	"parley/ent"
	entcompany "parley/ent/company"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
)

// Meant is what a file says of a company: its name, one of its mail domains, or both.
type Meant struct{ Name, Domain string }

// Find returns the company that is meant, within the caller's transaction, and makes it if
// there is none (CR-6): the one with the domain, otherwise the one with the name as it is
// written. So the same words lead to the same company again. Errors blame company and
// companyDomain: INVALID, also where several have the name, and TOO_LONG.
func (m Meant) Find(ctx context.Context, tx *store.Tx) (string, error) {
	if err := mayEdit(ctx); err != nil {
		return "", err
	}
	if err := m.clean(); err != nil {
		return "", err
	}
	if m.Domain != "" {
		found, err := byDomain(ctx, tx.Client, m.Domain)
		if err != nil || found != nil {
			return idOrNone(found), err
		}
	}
	if m.Name != "" {
		found, err := byName(ctx, tx.Client, m.Name)
		if err != nil || found != nil {
			return idOrNone(found), err
		}
	}
	var f CompanyFacts
	if m.Name != "" {
		f.Name = opt.Of(m.Name)
	}
	if m.Domain != "" {
		f.Domains = opt.List(m.Domain)
	}
	made, err := insertCompany(ctx, tx, id.New(id.Company), f)
	if e := errs.Of(err); e != nil && len(e.Field) > 0 && e.Field[0] == "domains" {
		return "", e.On("companyDomain")
	}
	return idOrNone(made), err
}

func (m *Meant) clean() (err error) {
	if m.Name != "" {
		if m.Name, err = account.CleanName(m.Name, "company"); err != nil {
			return err
		}
	}
	if m.Domain == "" {
		return nil
	}
	if m.Domain, err = cleanDomain(m.Domain, "companyDomain"); err != nil {
		return err
	}
	if IsFreemail(m.Domain) {
		return errs.New(errs.Invalid, "%q gives addresses to anyone: it leads to no company.", errs.Clip(m.Domain)).On("companyDomain")
	}
	return nil
}

// byName returns the only company of a name, or nil.
func byName(ctx context.Context, client *ent.Client, name string) (*ent.Company, error) {
	found, err := client.Company.Query().Where(entcompany.Name(name)).Limit(2).All(ctx)
	switch {
	case err != nil || len(found) == 0:
		return nil, err
	case len(found) > 1:
		return nil, errs.New(errs.Invalid, "Several companies are called %q: give a domain.", errs.Clip(name)).On("company")
	}
	return found[0], nil
}

func idOrNone(c *ent.Company) string {
	if c == nil {
		return ""
	}
	return c.ID
}
