package conversation

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/relay"
)

// defaultPage is how many rows a list has when nobody asks for another number.
const defaultPage = 50

// countPage is how many rows one query of a count walks.
const countPage = 5000

// Get returns a conversation that the viewer sees, or nil.
func (s *Service) Get(ctx context.Context, conversationID string) (*ent.Conversation, error) {
	c, err := find(ctx, s.store.Client(ctx).Conversation.Query(), conversationID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return c, err
}

// List returns a page of a selection: 50 rows unless asked otherwise. With
// conditions that no index serves it tests the next 5,000 rows of the view and
// may return a short page, with HasNextPage and a cursor to go on from.
func (s *Service) List(ctx context.Context, sel Selection, args relay.PageArgs) (*Page, error) {
	page, err := args.Resolve(defaultPage)
	if err != nil {
		return nil, err
	}
	if sel, err = s.resolve(ctx, sel); err != nil {
		return nil, err
	}
	p, err := sel.plan(ctx)
	if err != nil {
		return nil, err
	}
	w := walk{plan: p, backward: page.Backward(), limit: page.Limit() + 1, limits: s.limits}
	if key, given, err := page.Key(p.fingerprint, p.desc, id.Conversation); err != nil {
		return nil, err
	} else if given {
		w.from = &key
	}
	found, stopped, err := w.places(ctx, s.store)
	if err != nil {
		return nil, err
	}
	// Whether the list goes on is told by the places: a row that leaves the
	// viewer's sight before it is loaded does not end the list.
	if len(found) == w.limit {
		found, stopped = found[:page.Limit()], &found[page.Limit()-1]
	}
	rows, err := s.rows(ctx, found)
	if err != nil {
		return nil, err
	}
	result := &Page{Count: func(ctx context.Context) (*int, error) { return s.count(ctx, sel) }}
	keys := make(map[string]int64, len(found))
	for _, f := range found {
		keys[f.id] = f.key
	}
	result.Connection = *relay.Build(rows, page, func(c *ent.Conversation) string {
		return p.cursor(place{id: c.ID, key: keys[c.ID]})
	})
	if stopped != nil {
		goOn(&result.PageInfo, page, p.cursor(*stopped))
	}
	return result, nil
}

// goOn says that the list goes on from a place behind the page's last row.
func goOn(info *relay.PageInfo, page relay.Page, cursor string) {
	if page.Backward() {
		info.HasPreviousPage, info.StartCursor = true, &cursor
	} else {
		info.HasNextPage, info.EndCursor = true, &cursor
	}
}

func (p *plan) cursor(at place) string {
	return relay.EncodeCursor(p.fingerprint, p.desc, relay.Key{Value: at.key, ID: at.id})
}

// rows loads the conversations at the places, in their order. One that left
// the viewer's sight meanwhile is left out.
func (s *Service) rows(ctx context.Context, places []place) ([]*ent.Conversation, error) {
	if len(places) == 0 {
		return nil, nil
	}
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	loaded, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*ent.Conversation, len(loaded))
	for _, c := range loaded {
		byID[c.ID] = c
	}
	rows := make([]*ent.Conversation, 0, len(places))
	for _, p := range places {
		if c := byID[p.id]; c != nil {
			rows = append(rows, c)
		}
	}
	return rows, nil
}

// count counts a selection, up to 10,000; nil above.
func (s *Service) count(ctx context.Context, sel Selection) (*int, error) {
	p, err := sel.plan(ctx)
	if err != nil {
		return nil, err
	}
	n, err := s.tally(ctx, p, s.limits.count)
	if err != nil || n > s.limits.count {
		return nil, err
	}
	return &n, nil
}

// tally counts a plan's rows, until there are more than most.
func (s *Service) tally(ctx context.Context, p *plan, most int) (int, error) {
	n := 0
	var from *relay.Key
	for {
		found, next, err := s.next(ctx, p, from, countPage)
		if err != nil {
			return 0, err
		}
		if n += len(found); next == nil || n > most {
			return n, nil
		}
		from = next
	}
}

// next returns the next places of a plan, and where to go on from; nil: the
// list ends there.
func (s *Service) next(ctx context.Context, p *plan, from *relay.Key, limit int) ([]place, *relay.Key, error) {
	found, stopped, err := walk{plan: p, from: from, limit: limit, limits: s.limits}.places(ctx, s.store)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == limit {
		stopped = &found[limit-1]
	}
	if stopped == nil {
		return found, nil, nil
	}
	return found, &relay.Key{Value: stopped.key, ID: stopped.id}, nil
}
