package event

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// window is how many sequence numbers a page looks through at most, so that a
// filter which matches little costs little.
const window = 5000

// MaxPage is the largest number of events in one page: those who follow the
// log read much at once, and little of each.
const MaxPage = 1000

// Service reads the log. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the log's use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// Filter narrows a page of the log; nil lists: all.
type Filter struct {
	Types    []vocab.EventType
	InboxIDs []string
}

// maxInboxes is the most inboxes that a filter names.
const maxInboxes = 100

func (f Filter) check() error {
	if len(f.InboxIDs) > maxInboxes {
		return errs.Exceeds(maxInboxes, "inboxIds has %d values; at most %d are allowed.", len(f.InboxIDs), maxInboxes).On("inboxIds")
	}
	for i, s := range f.InboxIDs {
		if !id.Is(s, id.Inbox) {
			return errs.New(errs.Invalid, "This is not the id of an inbox.").On("inboxIds", strconv.Itoa(i))
		}
	}
	return nil
}

// Page is a page of the log. ScannedTo is the sequence to go on after, or before where
// the page was read backward, also when filters left the page empty.
type Page struct {
	paging.Connection[*ent.Event]
	ScannedTo int64
}

// Head returns the sequence of the account's newest event.
func (s *Service) Head(ctx context.Context) (int64, error) {
	row, err := s.store.Client(ctx).AccountSequence.Query().Only(ctx)
	if err != nil {
		return 0, err
	}
	return row.Sequence, nil
}

// Bounds are where a page of the log begins, and how long it is: forward after a number,
// or with Last backward before one; nil: from the log's beginning, or its end.
type Bounds struct {
	After  *int64
	First  *int
	Before *int64
	Last   *int
}

// After are the bounds of a page after a number.
func After(sequence int64) Bounds { return Bounds{After: &sequence} }

func (b Bounds) resolve() (paging.Page, error) {
	given := func(n *int64) *string {
		if n == nil {
			return nil
		}
		return new(strconv.FormatInt(*n, 10))
	}
	return paging.PageArgs{First: b.First, After: given(b.After), Last: b.Last, Before: given(b.Before), Most: MaxPage}.Resolve(100)
}

// span are the numbers that a page looks through: those above from, up to to. Bounds
// below the log's floor are CURSOR_EXPIRED, beyond its head INVALID.
func (b Bounds) span(log *ent.AccountSequence) (from, to int64, err error) {
	if b.Last == nil {
		if b.After != nil {
			from = *b.After
		}
		return from, min(from+window, log.Sequence), CheckBounds(from, log)
	}
	to = log.Sequence
	if b.Before != nil {
		to = *b.Before - 1
		if e := errs.Of(CheckBounds(to, log)); e != nil {
			return 0, 0, e.On("before")
		}
	}
	return max(log.LogFloor, to-window), to, nil
}

// List returns the events of a part of the log that the viewer may see, oldest first,
// 100 unless asked otherwise.
func (s *Service) List(ctx context.Context, bounds Bounds, filter Filter) (*Page, error) {
	page, err := bounds.resolve()
	if err != nil {
		return nil, err
	}
	if err := filter.check(); err != nil {
		return nil, err
	}
	log, err := s.store.Client(ctx).AccountSequence.Query().Only(ctx)
	if err != nil {
		return nil, err
	}
	from, to, err := bounds.span(log)
	if err != nil {
		return nil, err
	}
	query := s.store.Client(ctx).Event.Query().Where(entevent.SequenceGT(from), entevent.SequenceLTE(to)).Limit(page.Limit() + 1)
	if page.Backward() {
		query.Order(entevent.BySequence(sql.OrderDesc()))
	} else {
		query.Order(entevent.BySequence())
	}
	if filter.Types != nil {
		query.Where(entevent.TypeIn(filter.Types...))
	}
	if filter.InboxIDs != nil {
		query.Where(entevent.InboxIDIn(filter.InboxIDs...))
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, err
	}
	return pageOf(rows, page, log, from, to), nil
}

// pageOf is a page of rows in walking order, which were looked for above from, up to to.
func pageOf(rows []*ent.Event, page paging.Page, log *ent.AccountSequence, from, to int64) *Page {
	fingerprint := paging.Fingerprint("events", "log")
	p := &Page{Connection: *paging.Build(rows, page, func(e *ent.Event) string {
		return paging.EncodeCursor(fingerprint, false, paging.Key{Value: e.Sequence, ID: e.ID})
	})}
	full := len(rows) > page.Limit()
	if page.Backward() {
		p.ScannedTo = from + 1
		if full {
			p.ScannedTo = rows[page.Limit()-1].Sequence
		}
		p.PageInfo.HasPreviousPage, p.PageInfo.HasNextPage = p.ScannedTo > log.LogFloor+1, to < log.Sequence
		return p
	}
	p.ScannedTo = to
	if full {
		p.ScannedTo = rows[page.Limit()-1].Sequence
	}
	p.PageInfo.HasNextPage, p.PageInfo.HasPreviousPage = p.ScannedTo < log.Sequence, from > log.LogFloor
	return p
}
