package crm

import (
	"context"
	"encoding/json"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entdeal "parley/ent/deal"
	entticket "parley/ent/ticket"
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
	// countLimit is up to where a list is counted.
	countLimit = 10_000
)

// Page is one page of a list of tickets or deals.
type Page[R any] struct {
	paging.Connection[*R]
	count func(context.Context) (*int, error)
}

// TotalCount returns how many rows the whole list has; nil above 10,000, and for words,
// which are tested row by row.
func (p *Page[R]) TotalCount(ctx context.Context) (*int, error) { return p.count(ctx) }

type (
	// TicketPage is a page of tickets.
	TicketPage = Page[ent.Ticket]
	// DealPage is a page of deals.
	DealPage = Page[ent.Deal]
)

// record is what lists know of tickets or deals.
type record[R any] struct {
	typ, table string
	row        func(*R) row
	load       func(context.Context, *Service) store.Narrowed[R]
	// oldest is the order of the lists of one conversation or contact.
	oldest store.Listing[R]
}

var tickets = record[ent.Ticket]{
	typ: ent.TypeTicket, table: entticket.Table,
	row: func(t *ent.Ticket) row {
		return row{t.Number, t.PipelineID, t.StageID, string(t.StageKind), t.OwnerID, string(t.Priority), t.CompanyID, orEmpty(t.ConversationID), orEmpty(t.ExternalID), t.CreatedAt, t.DueOrder, t.Subject}
	},
	load: func(ctx context.Context, s *Service) store.Narrowed[ent.Ticket] {
		return func(narrow func(*sql.Selector)) ([]*ent.Ticket, error) {
			q := s.store.Client(ctx).Ticket.Query()
			q.Modify(narrow)
			return q.All(ctx)
		}
	},
	oldest: ticketsBy("tickets", entticket.FieldCreatedAt, false, func(t *ent.Ticket) int64 { return int64(t.CreatedAt) }),
}

var deals = record[ent.Deal]{
	typ: ent.TypeDeal, table: entdeal.Table,
	row: func(d *ent.Deal) row {
		return row{0, d.PipelineID, d.StageID, string(d.StageKind), d.OwnerID, "", d.CompanyID, orEmpty(d.ConversationID), orEmpty(d.ExternalID), d.CreatedAt, d.ClosesOrder, d.Name}
	},
	load: func(ctx context.Context, s *Service) store.Narrowed[ent.Deal] {
		return func(narrow func(*sql.Selector)) ([]*ent.Deal, error) {
			q := s.store.Client(ctx).Deal.Query()
			q.Modify(narrow)
			return q.All(ctx)
		}
	},
	oldest: dealsBy("deals", entdeal.FieldCreatedAt, false, func(d *ent.Deal) int64 { return int64(d.CreatedAt) }),
}

func ticketsBy(name, column string, desc bool, number func(*ent.Ticket) int64) store.Listing[ent.Ticket] {
	return store.Listing[ent.Ticket]{Name: name, Kind: id.Ticket, Column: column, Desc: desc, Number: number, ID: func(t *ent.Ticket) string { return t.ID }}
}

func dealsBy(name, column string, desc bool, number func(*ent.Deal) int64) store.Listing[ent.Deal] {
	return store.Listing[ent.Deal]{Name: name, Kind: id.Deal, Column: column, Desc: desc, Number: number, ID: func(d *ent.Deal) string { return d.ID }}
}

// ticketOrders are the orders of the list of tickets.
var ticketOrders = map[vocab.TicketOrder]store.Listing[ent.Ticket]{
	vocab.TicketsByActivity: ticketsBy("tickets by activity", entticket.FieldLastActivityAt, true, func(t *ent.Ticket) int64 { return int64(t.LastActivityAt) }),
	vocab.TicketsNewest:     ticketsBy("newest tickets", entticket.FieldCreatedAt, true, func(t *ent.Ticket) int64 { return int64(t.CreatedAt) }),
	vocab.TicketsByDue:      ticketsBy("tickets by due", entticket.FieldDueOrder, false, func(t *ent.Ticket) int64 { return int64(t.DueOrder) }),
}

// dealOrders are the orders of the list of deals.
var dealOrders = map[vocab.DealOrder]store.Listing[ent.Deal]{
	vocab.DealsByActivity: dealsBy("deals by activity", entdeal.FieldLastActivityAt, true, func(d *ent.Deal) int64 { return int64(d.LastActivityAt) }),
	vocab.DealsNewest:     dealsBy("newest deals", entdeal.FieldCreatedAt, true, func(d *ent.Deal) int64 { return int64(d.CreatedAt) }),
	vocab.DealsByClosing:  dealsBy("deals by closing", entdeal.FieldClosesOrder, false, func(d *ent.Deal) int64 { return int64(d.ClosesOrder) }),
}

// Tickets returns a page of the tickets that the viewer may see, by activity if the
// order is "" (CR-7). Where no index has what is asked for, the next 5,000 tickets are
// tested, and a page may be short and say where to go on.
func (s *Service) Tickets(ctx context.Context, f TicketFilter, order vocab.TicketOrder, args paging.PageArgs) (*TicketPage, error) {
	if order == "" {
		order = vocab.TicketsByActivity
	}
	return list(ctx, s, tickets, ticketOrders[order], f, f.criteria(), args)
}

// Deals returns a page of the deals that the viewer may see, as Tickets does (CR-9).
func (s *Service) Deals(ctx context.Context, f DealFilter, order vocab.DealOrder, args paging.PageArgs) (*DealPage, error) {
	if order == "" {
		order = vocab.DealsByActivity
	}
	return list(ctx, s, deals, dealOrders[order], f, f.criteria(), args)
}

func list[R any](ctx context.Context, s *Service, of record[R], order store.Listing[R], filter any, c criteria, args paging.PageArgs) (*Page[R], error) {
	if err := c.clean(); err != nil {
		return nil, err
	}
	if err := c.resolve(ctx, s); err != nil {
		return nil, err
	}
	if err := c.readDefined(ctx, s); err != nil {
		return nil, err
	}
	fingerprint, err := json.Marshal(filter)
	if err != nil {
		return nil, err
	}
	lanes, exact := c.definedLanes()
	order.Few = c.start != nil || c.contacts != nil
	load := func(args paging.PageArgs) (*paging.Connection[*R], error) {
		return order.Merged(args, defaultPage, lanes, of.load(ctx, s), string(fingerprint))
	}
	var page *paging.Connection[*R]
	if exact {
		page, err = load(args)
	} else {
		page, err = paging.Sieve[*R]{Load: load, Passes: func(r *R) bool { return c.passes(of.row(r)) }, Chunk: chunk, Most: walkLimit}.Page(args, defaultPage)
	}
	if err != nil {
		return nil, err
	}
	return &Page[R]{*page, func(ctx context.Context) (*int, error) { return count(ctx, s, of, c) }}, nil
}

// count counts a list up to the limit; nil: there are more, or words are asked for.
func count[R any](ctx context.Context, s *Service, of record[R], c criteria) (*int, error) {
	if c.query != nil {
		return nil, nil
	}
	d := sql.Dialect(s.store.Dialect())
	table := d.Table(of.table)
	rows := d.Select(table.C("id")).From(table)
	visible, err := store.Fence(ctx, of.typ)
	if err != nil {
		return nil, err
	}
	visible(rows)
	c.narrow(rows)
	rows.Limit(countLimit + 1)
	query, args := d.Select("count(*)").From(rows.As("found")).Query()
	var n int
	err = store.ForEachRow(ctx, s.store, query, args, func(rows sql.ColumnScanner) error { return rows.Scan(&n) })
	if err != nil || n > countLimit {
		return nil, err
	}
	return &n, nil
}

// TicketsOfConversations returns a page of each conversation's tickets, oldest first.
func (s *Service) TicketsOfConversations(ctx context.Context, list []*ent.Conversation, args paging.PageArgs) ([]*TicketPage, error) {
	return pagesOf(ctx, s, tickets, entticket.FieldConversationID, idsOf(list, func(c *ent.Conversation) string { return c.ID }), args,
		func(of string) criteria { return TicketFilter{ConversationID: &of}.criteria() })
}

// TicketsOfContacts returns a page of each contact's tickets, oldest first.
func (s *Service) TicketsOfContacts(ctx context.Context, list []*ent.Contact, args paging.PageArgs) ([]*TicketPage, error) {
	return pagesOf(ctx, s, tickets, entticket.FieldContactID, idsOf(list, func(c *ent.Contact) string { return c.ID }), args,
		func(of string) criteria { return TicketFilter{ContactID: &of}.criteria() })
}

// DealsOfConversations returns a page of each conversation's deals, oldest first.
func (s *Service) DealsOfConversations(ctx context.Context, list []*ent.Conversation, args paging.PageArgs) ([]*DealPage, error) {
	return pagesOf(ctx, s, deals, entdeal.FieldConversationID, idsOf(list, func(c *ent.Conversation) string { return c.ID }), args,
		func(of string) criteria { return DealFilter{ConversationID: &of}.criteria() })
}

// DealsOfContacts returns a page of each contact's deals, oldest first.
func (s *Service) DealsOfContacts(ctx context.Context, list []*ent.Contact, args paging.PageArgs) ([]*DealPage, error) {
	return pagesOf(ctx, s, deals, entticket.FieldContactID, idsOf(list, func(c *ent.Contact) string { return c.ID }), args,
		func(of string) criteria { return DealFilter{ContactID: &of}.criteria() })
}

// TicketsOfCompanies returns a page of each company's tickets, oldest first.
func (s *Service) TicketsOfCompanies(ctx context.Context, list []*ent.Company, args paging.PageArgs) ([]*TicketPage, error) {
	return pagesOf(ctx, s, tickets, entticket.FieldCompanyID, idsOf(list, func(c *ent.Company) string { return c.ID }), args,
		func(of string) criteria { return TicketFilter{CompanyIDs: []string{of}}.criteria() })
}

// DealsOfCompanies returns a page of each company's deals, oldest first.
func (s *Service) DealsOfCompanies(ctx context.Context, list []*ent.Company, args paging.PageArgs) ([]*DealPage, error) {
	return pagesOf(ctx, s, deals, entdeal.FieldCompanyID, idsOf(list, func(c *ent.Company) string { return c.ID }), args,
		func(of string) criteria { return DealFilter{CompanyIDs: []string{of}}.criteria() })
}

func idsOf[T any](list []*T, idOf func(*T) string) []string {
	ids := make([]string, len(list))
	for i, one := range list {
		ids[i] = idOf(one)
	}
	return ids
}

func pagesOf[R any](ctx context.Context, s *Service, of record[R], column string, ids []string, args paging.PageArgs, criteriaOf func(string) criteria) ([]*Page[R], error) {
	order, within := of.oldest, store.Of(column)
	if column == entticket.FieldContactID { // of one of its contacts
		order.Few, within = true, store.OfContact
	}
	found, err := order.Pages(args, pageOfRow, ids, within, of.load(ctx, s))
	if err != nil {
		return nil, err
	}
	pages := make([]*Page[R], len(found))
	for i, page := range found {
		pages[i] = &Page[R]{*page, func(ctx context.Context) (*int, error) { return count(ctx, s, of, criteriaOf(ids[i])) }}
	}
	return pages, nil
}
