package company

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/ent/companydomain"
	"parley/internal/emailaddress"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
)

const (
	// maxDomains is the most domains of a company, maxDomain the most characters of one.
	maxDomains = 100
	maxDomain  = 253
)

// DomainOf is the domain of an address.
func DomainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// cleanDomain returns a domain as it is kept. Errors blame the path: REQUIRED, TOO_LONG,
// INVALID.
func cleanDomain(domain string, path ...string) (string, error) {
	clean := strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(domain)), "."), "@")
	switch {
	case clean == "":
		return "", errs.New(errs.Required, "Enter a domain.").On(path...)
	case len(clean) > maxDomain:
		return "", errs.Exceeds(maxDomain, "The domain has %d characters; at most %d are allowed.", len(clean), maxDomain).On(path...)
	case !strings.Contains(clean, ".") || strings.ContainsAny(clean, "@[]:/ ") || !emailaddress.Valid("x@"+clean):
		return "", errs.New(errs.Invalid, "%q is not a mail domain: write it like \"example.com\".", errs.Clip(domain)).On(path...)
	}
	return clean, nil
}

// cleanDomains returns domains as they are kept, each once.
func cleanDomains(given []string) ([]string, error) {
	if n := len(given); n > maxDomains {
		return nil, errs.Exceeds(maxDomains, "There are %d domains; at most %d are allowed.", n, maxDomains).On("domains")
	}
	list := []string{}
	for i, domain := range given {
		clean, err := cleanDomain(domain, "domains", strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, clean) {
			list = append(list, clean)
		}
	}
	return list, nil
}

// setDomains gives a locked company the domains, and takes others off it. It reports
// whether they are others than before. One that another company has is ALREADY_EXISTS.
func setDomains(ctx context.Context, tx *store.Tx, c *ent.Company, wanted []string) (bool, error) {
	was, err := domainsOf(ctx, tx.Client, c.ID)
	if err != nil || slices.Equal(was[c.ID], wanted) {
		return false, err
	}
	if _, err := tx.Client.CompanyDomain.Delete().Where(companydomain.CompanyID(c.ID)).Exec(ctx); err != nil {
		return false, err
	}
	for i, domain := range wanted {
		made, err := tx.Exec(ctx, `INSERT INTO company_domains (id, account_id, company_id, domain, place)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, domain) DO NOTHING`, id.New("domain"), c.AccountID, c.ID, domain, i)
		if err == nil && made == 0 {
			err = errs.New(errs.AlreadyExists, "Another company already has the domain %s.", domain).On("domains", strconv.Itoa(i))
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// domainsOf returns the domains of companies by the company's id, the main one first.
func domainsOf(ctx context.Context, client *ent.Client, companyIDs ...string) (map[string][]string, error) {
	rows, err := client.CompanyDomain.Query().Where(companydomain.CompanyIDIn(companyIDs...)).Order(companydomain.ByPlace(), companydomain.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	domains := make(map[string][]string, len(companyIDs))
	for _, row := range rows {
		domains[row.CompanyID] = append(domains[row.CompanyID], row.Domain)
	}
	return domains, nil
}

// Domains returns the domains of each company, the main one first, with one query.
func (s *Service) Domains(ctx context.Context, companies []*ent.Company) ([][]string, error) {
	ids := make([]string, len(companies))
	for i, c := range companies {
		ids[i] = c.ID
	}
	of, err := domainsOf(ctx, s.store.Client(ctx), ids...)
	if err != nil {
		return nil, err
	}
	lists := make([][]string, len(companies))
	for i, c := range companies {
		lists[i] = append([]string{}, of[c.ID]...)
	}
	return lists, nil
}

// byDomain returns the company that has a domain, or nil.
func byDomain(ctx context.Context, client *ent.Client, domain string) (*ent.Company, error) {
	found, err := client.CompanyDomain.Query().Where(companydomain.Domain(domain)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return orNone(client.Company.Get(ctx, found.CompanyID))
}
