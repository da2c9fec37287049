package contact

import (
	"context"
	"encoding/json"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// defaultPage is how many rows a list has when no one asks for another number.
	defaultPage = 50
	// walkLimit is the most rows that a query tests before it answers.
	walkLimit = 5000
	chunk     = 500
	// addressLimit is the most contacts that are looked up by an address; where more have
	// such a one the list is walked.
	addressLimit = 1000
	// countLimit is up to where a list is counted.
	countLimit = 10_000
)

// Page is one page of the list of contacts.
type Page struct {
	paging.Connection[*ent.Contact]
	count func(ctx context.Context) (*int, error)
}

// TotalCount returns how many contacts the whole list has; nil above 10,000, and for a
// query, which tests row by row.
func (p *Page) TotalCount(ctx context.Context) (*int, error) { return p.count(ctx) }

// PageOf returns a page of contacts that are in memory as a whole. name distinguishes its
// cursors from those of other lists.
func PageOf(list []*ent.Contact, args paging.PageArgs, name string) (*Page, error) {
	page, err := paging.OfSlice(list, args, pageOfContact, name)
	if err != nil {
		return nil, err
	}
	return &Page{*page, func(context.Context) (*int, error) { n := len(list); return &n, nil }}, nil
}

// orders are the orders of the list, each of which an index has.
var orders = map[vocab.ContactOrder]store.Listing[ent.Contact]{
	vocab.ContactsNewest: {
		Name: "contacts", Kind: id.Contact, Column: entcontact.FieldCreatedAt, Desc: true,
		Number: func(c *ent.Contact) int64 { return int64(c.CreatedAt) }, ID: idOf,
	},
	vocab.ContactsByName: {
		Name: "contacts by name", Kind: id.Contact, Column: entcontact.FieldName,
		Text: func(c *ent.Contact) string { return c.Name }, ID: idOf,
	},
	vocab.ContactsLastContacted: {
		Name: "contacts last contacted", Kind: id.Contact, Column: entcontact.FieldContactedAt, Desc: true,
		Number: func(c *ent.Contact) int64 { return int64(c.ContactedAt) }, ID: idOf,
	},
	vocab.ContactsLastSeen: {
		Name: "contacts last seen", Kind: id.Contact, Column: entcontact.FieldLastSeenAt, Desc: true,
		Number: func(c *ent.Contact) int64 { return int64(c.LastSeenAt) }, ID: idOf,
	},
}

func idOf(c *ent.Contact) string { return c.ID }

// List returns a page of the account's contacts in an order, newest first if it is "": 50
// unless asked otherwise. Each word of the filter's query must begin a word of the
// name or of an address, whatever case and accents; a word with an @ is the beginning of
// an address, which an index finds. Other queries test the next 5,000 contacts and
// may return a short page that says where to go on.
func (s *Service) List(ctx context.Context, filter ContactFilter, order vocab.ContactOrder, args paging.PageArgs) (*Page, error) {
	filter, err := filter.clean()
	if err != nil {
		return nil, err
	}
	if order == "" {
		order = vocab.ContactsNewest
	}
	key, err := json.Marshal(filter)
	if err != nil {
		return nil, err
	}
	l := list{s: s, listing: orders[order], filter: filter, fingerprint: string(key)}
	if err := l.prepare(ctx); err != nil {
		return nil, err
	}
	if filter.Query == nil {
		page, err := l.page(ctx, args, defaultPage)
		if err != nil {
			return nil, err
		}
		return &Page{*page, l.count}, nil
	}
	page, err := l.search(ctx, args)
	if err != nil {
		return nil, err
	}
	return &Page{*page, func(context.Context) (*int, error) { return nil, nil }}, nil
}

// list is a list of contacts that is read.
type list struct {
	s           *Service
	listing     store.Listing[ent.Contact]
	filter      ContactFilter
	fingerprint string
	// among are those that an index knows to match the query; nil: any.
	among []string
	// tests are the conditions on properties; start are those that an index knows to
	// meet one of them, if they are few.
	tests []property.Test
	start []string
}

// startLimit is up to how many records that meet a condition a list starts from them;
// above that it walks its order.
const startLimit = 5000

// prepare reads the conditions on properties, and looks whether one of what the filter asks
// for has few records.
func (l *list) prepare(ctx context.Context) (err error) {
	client := l.s.store.Client(ctx)
	if l.tests, err = property.Tests(ctx, client, vocab.PropertyOfContact, l.filter.Properties, "filter", "properties"); err != nil {
		return err
	}
	for _, t := range l.tests {
		ids, ok, err := t.Found(ctx, client, startLimit)
		if err != nil {
			return err
		}
		if ok {
			l.startFrom(ids)
		}
	}
	return l.startFew(ctx)
}

// narrow leaves of contacts those that the filter admits, but for its query.
func (l *list) narrow(s *sql.Selector) {
	l.filter.narrow(s)
	if l.start != nil {
		s.Where(sql.In(s.C(entcontact.FieldID), anys(l.start)...))
	}
	for _, t := range l.tests {
		t.Narrow(s, entcontact.FieldID)
	}
}

// page loads a page of what the filter admits, but for its query.
func (l *list) page(ctx context.Context, args paging.PageArgs, byDefault int) (*paging.Connection[*ent.Contact], error) {
	listing := l.listing
	listing.Few = l.start != nil || l.among != nil
	return listing.Page(args, byDefault, func(narrow func(*sql.Selector)) ([]*ent.Contact, error) {
		q := l.s.store.Client(ctx).Contact.Query()
		q.Modify(l.narrow, func(s *sql.Selector) {
			if l.among != nil {
				s.Where(sql.In(s.C(entcontact.FieldID), anys(l.among)...))
			}
		}, narrow)
		return q.All(ctx)
	}, l.fingerprint)
}

func anys[T any](list []T) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}

// count counts the list up to the limit.
func (l *list) count(ctx context.Context) (*int, error) {
	dialect := "sqlite3"
	if l.s.store.Postgres() {
		dialect = "postgres"
	}
	d := sql.Dialect(dialect)
	contacts := d.Table(entcontact.Table)
	rows := d.Select(contacts.C(entcontact.FieldID)).From(contacts)
	visible, err := store.Fence(ctx, ent.TypeContact)
	if err != nil {
		return nil, err
	}
	visible(rows)
	l.narrow(rows)
	rows.Limit(countLimit + 1)
	query, args := d.Select("count(*)").From(rows.As("found")).Query()
	var n int
	err = store.ForEachRow(ctx, l.s.store, query, args, func(rows sql.ColumnScanner) error { return rows.Scan(&n) })
	if err != nil || n > countLimit {
		return nil, err
	}
	return &n, nil
}

// text is the filter's query without needless spaces; "" if it has none.
func (f ContactFilter) text() string {
	if f.Query == nil {
		return ""
	}
	return strings.Join(strings.Fields(*f.Query), " ")
}
