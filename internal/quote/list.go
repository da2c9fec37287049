package quote

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entquote "parley/ent/quote"
	entversion "parley/ent/quoteversion"
	entview "parley/ent/quoteview"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	defaultPage = 50
	pageOfRow   = 20
	// chunk is how many rows are loaded to be tested, and walkLimit about how many are
	// tested for one page.
	chunk     = 500
	walkLimit = 5_000
	// maxFilterValues is the most values of a criterion.
	maxFilterValues = 100
)

func quotesBy(name, column string, desc bool, number func(*ent.Quote) int64) store.Listing[ent.Quote] {
	return store.Listing[ent.Quote]{Name: name, Kind: id.Quote, Column: column, Desc: desc, Number: number, ID: func(q *ent.Quote) string { return q.ID }}
}

func createdAt(q *ent.Quote) int64 { return int64(q.CreatedAt) }

// orders are those of the list of quotes.
var orders = map[vocab.QuoteOrder]store.Listing[ent.Quote]{
	vocab.QuotesByActivity: quotesBy("quotes by activity", entquote.FieldLastActivityAt, true, func(q *ent.Quote) int64 { return int64(q.LastActivityAt) }),
	vocab.QuotesNewest:     quotesBy("newest quotes", entquote.FieldCreatedAt, true, createdAt),
}

// oldest is the order of the lists of one conversation, contact or deal.
var oldest = quotesBy("quotes", entquote.FieldCreatedAt, false, createdAt)

// criterion asks that a column has one of several values; nil: any.
type criterion struct {
	field, column string
	list          []string
	of            func(*ent.Quote) string
}

// criteria are what a filter asks for. Those before the last two lead to few rows by an index of
// their own.
func (f QuoteFilter) criteria() []criterion {
	var states, numbers []string
	if f.States != nil {
		states = []string{}
		for _, state := range f.States {
			states = append(states, string(state))
		}
	}
	if f.Number != nil {
		numbers = []string{strconv.Itoa(*f.Number)}
	}
	return []criterion{
		{"number", entquote.FieldNumber, numbers, func(q *ent.Quote) string { return strconv.Itoa(q.Number) }},
		{"externalIds", entquote.FieldExternalID, f.ExternalIDs, func(q *ent.Quote) string { return value(q.ExternalID) }},
		{"dealId", entquote.FieldDealID, oneOrAny(f.DealID), func(q *ent.Quote) string { return q.DealID }},
		{"conversationId", entquote.FieldConversationID, oneOrAny(f.ConversationID), func(q *ent.Quote) string { return value(q.ConversationID) }},
		{"contactId", entquote.FieldContactID, oneOrAny(f.ContactID), func(q *ent.Quote) string { return q.ContactID }},
		{"companyIds", entquote.FieldCompanyID, f.CompanyIDs, func(q *ent.Quote) string { return q.CompanyID }},
		{"ownerIds", entquote.FieldOwnerID, f.OwnerIDs, func(q *ent.Quote) string { return q.OwnerID }},
		{"states", entquote.FieldState, states, func(q *ent.Quote) string { return string(q.State) }},
	}
}

const (
	ofOwner = 6
	ofState = 7
)

// oneOrAny is a list of one value; "" is as if left out.
func oneOrAny(s *string) []string {
	if value(s) == "" {
		return nil
	}
	return []string{*s}
}

func clean(all []criterion) error {
	for i, c := range all {
		if n := len(c.list); n > maxFilterValues {
			return errs.Exceeds(maxFilterValues, "%s has %d values; at most %d are allowed.", c.field, n, maxFilterValues).On("filter", c.field)
		}
		for place, s := range c.list {
			if !store.Storable(s) {
				return errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(s)).On("filter", c.field, strconv.Itoa(place))
			}
		}
		if c.list != nil {
			all[i].list = append([]string{}, slices.Compact(slices.Sorted(slices.Values(c.list)))...)
		}
	}
	return nil
}

func (c criterion) arg(s string) any {
	if c.column == entquote.FieldNumber {
		n, _ := strconv.Atoi(s) // it was one
		return n
	}
	return s
}

// lane is an index seek to the rows that have a value.
func (c criterion) lane(s string, more store.Lane) store.Lane {
	return func(q *sql.Selector) {
		q.Where(sql.EQ(q.C(c.column), c.arg(s)))
		if more != nil {
			more(q)
		}
	}
}

// lanes are the index seeks that have all rows which the criteria admit; few reports that
// they lead to few rows, and exact that they have no others.
func lanes(all []criterion) (list []store.Lane, few, exact bool) {
	asked := 0
	for _, c := range all {
		if c.list != nil {
			asked++
		}
	}
	for _, c := range all[:ofOwner] {
		if c.list != nil {
			for _, one := range c.list {
				list = append(list, c.lane(one, nil))
			}
			return list, true, asked == 1
		}
	}
	states, owners := all[ofState], all[ofOwner]
	if states.list == nil {
		for _, state := range vocab.QuoteStates() {
			states.list = append(states.list, string(state))
		}
	}
	byOwner := owners.list != nil && len(owners.list)*len(states.list) <= maxFilterValues
	for _, state := range states.list {
		if !byOwner {
			list = append(list, states.lane(state, nil))
			continue
		}
		for _, owner := range owners.list {
			list = append(list, owners.lane(owner, states.lane(state, nil)))
		}
	}
	return list, false, owners.list == nil || byOwner
}

func (s *Service) load(ctx context.Context) store.Narrowed[ent.Quote] {
	return func(narrow func(*sql.Selector)) ([]*ent.Quote, error) {
		q := s.store.Client(ctx).Quote.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}
}

// List returns a page of the quotes that the viewer may see, by activity if the order is ""
// (CO-7). Where no index has what is asked for, the next 5,000 are tested, and a page may be
// short and say where to go on.
func (s *Service) List(ctx context.Context, f QuoteFilter, order vocab.QuoteOrder, args paging.PageArgs) (*paging.Connection[*ent.Quote], error) {
	if order == "" {
		order = vocab.QuotesByActivity
	}
	all := f.criteria()
	if err := clean(all); err != nil {
		return nil, err
	}
	fingerprint, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	seeks, few, exact := lanes(all)
	listing := orders[order]
	listing.Few = few
	load := func(args paging.PageArgs) (*paging.Connection[*ent.Quote], error) {
		return listing.Merged(args, defaultPage, seeks, s.load(ctx), string(fingerprint))
	}
	if exact {
		return load(args)
	}
	return paging.Sieve[*ent.Quote]{Load: load, Passes: func(q *ent.Quote) bool {
		return !slices.ContainsFunc(all, func(c criterion) bool { return c.list != nil && !slices.Contains(c.list, c.of(q)) })
	}, Chunk: chunk, Most: walkLimit}.Page(args, defaultPage)
}

// Of returns a page of the quotes of each parent, which a column of theirs names, oldest first.
func (s *Service) Of(ctx context.Context, column string, parents []string, args paging.PageArgs) ([]*paging.Connection[*ent.Quote], error) {
	return oldest.Pages(args, pageOfRow, parents, store.Of(column), s.load(ctx))
}

// versions of a quote are listed the last first.
var versions = store.Listing[ent.QuoteVersion]{
	Name: "quote versions", Kind: "quoteversion", Column: entversion.FieldNumber, Desc: true,
	Number: func(v *ent.QuoteVersion) int64 { return int64(v.Number) }, ID: func(v *ent.QuoteVersion) string { return v.ID },
}

// VersionsOf returns a page of the versions of each quote, the last first.
func (s *Service) VersionsOf(ctx context.Context, list []*ent.Quote, args paging.PageArgs) ([]*paging.Connection[*ent.QuoteVersion], error) {
	return versions.Pages(args, pageOfRow, idsOf(list), store.Of(entversion.FieldQuoteID), func(narrow func(*sql.Selector)) ([]*ent.QuoteVersion, error) {
		q := s.store.Client(ctx).QuoteVersion.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// LastVersions are the last versions of quotes, nil where there is none.
func (s *Service) LastVersions(ctx context.Context, list []*ent.Quote) ([]*ent.QuoteVersion, error) {
	one := 1
	pages, err := s.VersionsOf(ctx, list, paging.PageArgs{First: &one})
	if err != nil {
		return nil, err
	}
	last := make([]*ent.QuoteVersion, len(list))
	for i, page := range pages {
		if nodes := page.Nodes(); len(nodes) > 0 {
			last[i] = nodes[0]
		}
	}
	return last, nil
}

// views of a quote are listed the latest first.
var views = store.Listing[ent.QuoteView]{
	Name: "quote views", Kind: id.QuoteView, Column: entview.FieldViewedAt, Desc: true,
	Number: func(v *ent.QuoteView) int64 { return int64(v.ViewedAt) }, ID: func(v *ent.QuoteView) string { return v.ID },
}

// ViewsOf returns a page of the views of each quote, the latest first.
func (s *Service) ViewsOf(ctx context.Context, list []*ent.Quote, args paging.PageArgs) ([]*paging.Connection[*ent.QuoteView], error) {
	return views.Pages(args, pageOfRow, idsOf(list), store.Of(entview.FieldQuoteID), func(narrow func(*sql.Selector)) ([]*ent.QuoteView, error) {
		q := s.store.Client(ctx).QuoteView.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

func idsOf(list []*ent.Quote) []string {
	ids := make([]string, len(list))
	for i, q := range list {
		ids[i] = q.ID
	}
	return ids
}
