package company

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entcompany "parley/ent/company"
	"parley/ent/companydomain"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	defaultPage = 50
	// maxFilterValues is the most values of a list in a filter.
	maxFilterValues = 100
	// chunk is how many rows are loaded to be tested, and walkLimit about how many are
	// tested for one page.
	chunk     = 500
	walkLimit = 5_000
	// countLimit is up to where a list is counted.
	countLimit = 10_000
)

// CompanyFilter narrows a list of companies. All that is given must hold; within a list,
// any. The range of time is half-open: after <= t < before.
type CompanyFilter struct {
	Query         *string
	Domains       []string
	ExternalIDs   []string
	OwnerIDs      []string
	CreatedAfter  *clock.Micros
	CreatedBefore *clock.Micros
	Properties    []vocab.PropertyCondition
}

// Page is one page of the list of companies.
type Page struct {
	paging.Connection[*ent.Company]
	count func(ctx context.Context) (*int, error)
}

// TotalCount returns how many companies the whole list has; nil above 10,000, and for a
// query, which tests row by row.
func (p *Page) TotalCount(ctx context.Context) (*int, error) { return p.count(ctx) }

// orders are the orders of the list, each of which an index has.
var orders = map[vocab.CompanyOrder]store.Listing[ent.Company]{
	vocab.CompaniesNewest: {
		Name: "companies", Kind: id.Company, Column: entcompany.FieldCreatedAt, Desc: true,
		Number: func(c *ent.Company) int64 { return int64(c.CreatedAt) }, ID: idOf,
	},
	vocab.CompaniesByName: {
		Name: "companies by name", Kind: id.Company, Column: entcompany.FieldName,
		Text: func(c *ent.Company) string { return c.Name }, ID: idOf,
	},
}

func idOf(c *ent.Company) string { return c.ID }

// List returns a page of the account's companies in an order, newest first if it is "": 50
// unless asked otherwise. Each word of the filter's query must begin a word of the name or
// of a domain, whatever case and accents: the next 5,000 companies are tested, and a page
// may be short and say where to go on.
func (s *Service) List(ctx context.Context, f CompanyFilter, order vocab.CompanyOrder, args paging.PageArgs) (*Page, error) {
	if err := f.clean(); err != nil {
		return nil, err
	}
	if order == "" {
		order = vocab.CompaniesNewest
	}
	fingerprint, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	client := s.store.Client(ctx)
	tests, err := property.Tests(ctx, client, vocab.PropertyOfCompany, f.Properties, "filter", "properties")
	if err != nil {
		return nil, err
	}
	narrow := func(s *sql.Selector) {
		f.narrow(s)
		for _, t := range tests {
			t.Narrow(s, entcompany.FieldID)
		}
	}
	load := func(args paging.PageArgs) (*paging.Connection[*ent.Company], error) {
		return orders[order].Page(args, defaultPage, func(cut func(*sql.Selector)) ([]*ent.Company, error) {
			q := client.Company.Query()
			q.Modify(narrow, cut)
			return q.All(ctx)
		}, string(fingerprint))
	}
	if f.Query == nil {
		page, err := load(args)
		if err != nil {
			return nil, err
		}
		return &Page{*page, func(ctx context.Context) (*int, error) { return s.count(ctx, narrow) }}, nil
	}
	page, err := s.search(ctx, *f.Query, load, args)
	if err != nil {
		return nil, err
	}
	return &Page{*page, func(context.Context) (*int, error) { return nil, nil }}, nil
}

// search returns a page of the companies that a query finds.
func (s *Service) search(ctx context.Context, text string, load func(paging.PageArgs) (*paging.Connection[*ent.Company], error), args paging.PageArgs) (*paging.Connection[*ent.Company], error) {
	query, err := search.ParseBeginnings(text)
	if err != nil {
		return nil, err
	}
	domains := map[string][]string{}
	return paging.Sieve[*ent.Company]{
		Load: func(args paging.PageArgs) (*paging.Connection[*ent.Company], error) {
			page, err := load(args)
			if err != nil {
				return nil, err
			}
			ids := make([]string, len(page.Edges))
			for i, e := range page.Edges {
				ids[i] = e.Node.ID
			}
			domains, err = domainsOf(ctx, s.store.Client(ctx), ids...)
			return page, err
		},
		Passes: func(c *ent.Company) bool { return query.Match(append(domains[c.ID], c.Name)...) },
		Chunk:  chunk, Most: walkLimit,
	}.Page(args, defaultPage)
}

// clean checks the filter; "" is as if left out. Errors blame the field below "filter".
func (f *CompanyFilter) clean() error {
	if f.Query != nil {
		if text := strings.Join(strings.Fields(*f.Query), " "); text == "" {
			f.Query = nil
		} else {
			f.Query = &text
		}
	}
	for field, list := range map[string][]string{"domains": f.Domains, "externalIds": f.ExternalIDs, "ownerIds": f.OwnerIDs} {
		if n := len(list); n > maxFilterValues {
			return errs.Exceeds(maxFilterValues, "%s has %d values; at most %d are allowed.", field, n, maxFilterValues).On("filter", field)
		}
		for i, s := range list {
			if !store.Storable(s) {
				return errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(s)).On("filter", field, strconv.Itoa(i))
			}
		}
	}
	if f.CreatedAfter != nil && f.CreatedBefore != nil && *f.CreatedBefore < *f.CreatedAfter {
		return errs.New(errs.Invalid, "The range ends before it starts.").On("filter", "createdBefore")
	}
	if f.Domains != nil {
		lower := make([]string, len(f.Domains))
		for i, domain := range f.Domains {
			lower[i] = strings.ToLower(strings.TrimSpace(domain))
		}
		f.Domains = lower
	}
	return nil
}

// narrow leaves of companies those that the filter admits, but for its query and conditions.
func (f *CompanyFilter) narrow(s *sql.Selector) {
	d := sql.Dialect(s.Dialect())
	if f.Domains != nil {
		m := d.Table(companydomain.Table)
		s.Where(sql.In(s.C(entcompany.FieldID), d.Select(m.C(companydomain.FieldCompanyID)).From(m).Where(sql.And(
			sql.EQ(m.C(companydomain.FieldAccountID), sql.Expr(s.C(entcompany.FieldAccountID))), sql.In(m.C(companydomain.FieldDomain), anys(f.Domains)...)))))
	}
	if f.ExternalIDs != nil {
		s.Where(sql.In(s.C(entcompany.FieldExternalID), anys(f.ExternalIDs)...))
	}
	if f.OwnerIDs != nil {
		s.Where(sql.In(s.C(entcompany.FieldOwnerID), anys(slices.DeleteFunc(slices.Clone(f.OwnerIDs), func(s string) bool { return s == "" }))...))
	}
	if f.CreatedAfter != nil {
		s.Where(sql.GTE(s.C(entcompany.FieldCreatedAt), int64(*f.CreatedAfter)))
	}
	if f.CreatedBefore != nil {
		s.Where(sql.LT(s.C(entcompany.FieldCreatedAt), int64(*f.CreatedBefore)))
	}
}

func anys(list []string) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}

// count counts the list up to the limit.
func (s *Service) count(ctx context.Context, narrow func(*sql.Selector)) (*int, error) {
	d := sql.Dialect(s.store.Dialect())
	companies := d.Table(entcompany.Table)
	rows := d.Select(companies.C(entcompany.FieldID)).From(companies)
	visible, err := store.Fence(ctx, ent.TypeCompany)
	if err != nil {
		return nil, err
	}
	visible(rows)
	narrow(rows)
	rows.Limit(countLimit + 1)
	query, args := d.Select("count(*)").From(rows.As("found")).Query()
	var n int
	err = store.ForEachRow(ctx, s.store, query, args, func(rows sql.ColumnScanner) error { return rows.Scan(&n) })
	if err != nil || n > countLimit {
		return nil, err
	}
	return &n, nil
}
