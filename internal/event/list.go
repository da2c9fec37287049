package event

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/store"
	"parley/internal/vocab"
)

// window is how many sequence numbers a page looks through at most, so that a
// filter which matches little costs little.
const window = 5000

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
		return errs.New(errs.TooLong, "inboxIds has %d values; at most %d are allowed.", len(f.InboxIDs), maxInboxes).On("inboxIds")
	}
	for i, s := range f.InboxIDs {
		if !id.Is(s, id.Inbox) {
			return errs.New(errs.Invalid, "This is not the id of an inbox.").On("inboxIds", strconv.Itoa(i))
		}
	}
	return nil
}

// Page is a page of the log. ScannedTo is the sequence to go on after, also
// when filters left the page empty.
type Page struct {
	relay.Connection[*ent.Event]
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

// List returns the events after a sequence number that the viewer may see,
// oldest first, 100 unless asked otherwise. A number below the log's floor is
// CURSOR_EXPIRED, one beyond its head INVALID.
func (s *Service) List(ctx context.Context, after int64, first *int, filter Filter) (*Page, error) {
	page, err := relay.PageArgs{First: first}.Resolve(100)
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
	if err := bounds(after, log); err != nil {
		return nil, err
	}
	to := min(after+window, log.Sequence)
	query := s.store.Client(ctx).Event.Query().Where(entevent.SequenceGT(after), entevent.SequenceLTE(to)).
		Order(entevent.BySequence()).Limit(page.Limit() + 1)
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
	p := build(rows, page, "log")
	p.ScannedTo = to
	if p.PageInfo.HasNextPage {
		p.ScannedTo = rows[page.Limit()-1].Sequence
	}
	p.PageInfo.HasNextPage = p.ScannedTo < log.Sequence
	p.PageInfo.HasPreviousPage = after > log.LogFloor
	return p, nil
}

func build(rows []*ent.Event, page relay.Page, list string) *Page {
	fingerprint := relay.Fingerprint("events", list)
	return &Page{Connection: *relay.Build(rows, page, func(e *ent.Event) string {
		return relay.EncodeCursor(fingerprint, false, relay.Key{Value: e.Sequence, ID: e.ID})
	})}
}

// Timeline returns a page of a conversation's history, oldest first, 50 events
// unless asked otherwise (IN-17).
func (s *Service) Timeline(ctx context.Context, conversationID string, args relay.PageArgs) (*Page, error) {
	page, err := args.Resolve(50)
	if err != nil {
		return nil, err
	}
	from, given, err := page.Key(relay.Fingerprint("events", conversationID), false, id.Event)
	if err != nil {
		return nil, err
	}
	query := s.store.Client(ctx).Event.Query().Where(entevent.ConversationID(conversationID)).Limit(page.Limit() + 1)
	if page.Backward() {
		query.Order(entevent.BySequence(sql.OrderDesc()))
	} else {
		query.Order(entevent.BySequence())
	}
	switch {
	case given && page.Backward():
		query.Where(entevent.SequenceLT(from.Value))
	case given:
		query.Where(entevent.SequenceGT(from.Value))
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, err
	}
	p := build(rows, page, conversationID)
	if n := len(p.Edges); n > 0 {
		p.ScannedTo = p.Edges[n-1].Node.Sequence
	} else {
		p.ScannedTo = from.Value
	}
	return p, nil
}
