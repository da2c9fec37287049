package view

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
)

// DefaultPage is how many rows a list has when no one asks for another number.
const DefaultPage = 50

// Get returns a conversation that the viewer sees, or nil.
func (s *Service) Get(ctx context.Context, conversationID string) (*ent.Conversation, error) {
	c, err := Find(ctx, s.store.Client(ctx).Conversation.Query(), conversationID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return c, err
}

// List returns a page of a selection: 50 rows unless asked otherwise. With
// conditions that no index serves it tests the next 5,000 rows of the view and
// may return a short page, with HasNextPage and a cursor to go on from.
func (s *Service) List(ctx context.Context, sel Selection, args paging.PageArgs) (*Page, error) {
	page, err := args.Resolve(DefaultPage)
	if err != nil {
		return nil, err
	}
	if sel, err = s.Resolve(ctx, sel); err != nil {
		return nil, err
	}
	p, err := sel.Plan(ctx)
	if err != nil {
		return nil, err
	}
	w := walk{Plan: p, backward: page.Backward(), limit: page.Limit() + 1, limits: s.Limits}
	if key, given, err := page.Key(p.Fingerprint, p.desc, id.Conversation); err != nil {
		return nil, err
	} else if given {
		w.from = &key
	}
	found, stopped, err := w.findPlaces(ctx, s.store)
	if err != nil {
		return nil, err
	}
	// Whether the list goes on is decided by the places: a row that leaves the
	// viewer's sight before it is loaded does not end the list.
	if len(found) == w.limit {
		found, stopped = found[:page.Limit()], &found[page.Limit()-1]
	}
	rows, err := s.loadRows(ctx, found)
	if err != nil {
		return nil, err
	}
	result := &Page{Count: func(ctx context.Context) (*int, error) { return s.Count(ctx, sel) }}
	keys := make(map[string]int64, len(found))
	for _, f := range found {
		keys[f.ID] = f.Key
	}
	result.Connection = *paging.Build(rows, page, func(c *ent.Conversation) string {
		return p.Cursor(Place{ID: c.ID, Key: keys[c.ID]})
	})
	if stopped != nil {
		GoOnAt(&result.PageInfo, page, p.Cursor(*stopped))
	}
	return result, nil
}

// GoOnAt says that the list goes on from a place behind the page's last row.
func GoOnAt(info *paging.PageInfo, page paging.Page, cursor string) {
	if page.Backward() {
		info.HasPreviousPage, info.StartCursor = true, &cursor
	} else {
		info.HasNextPage, info.EndCursor = true, &cursor
	}
}

// Cursor is the cursor of a place in the plan's list.
func (p *Plan) Cursor(at Place) string {
	return paging.EncodeCursor(p.Fingerprint, p.desc, paging.Key{Value: at.Key, ID: at.ID})
}

// RowsAfter returns the next rows of a plan behind a place, at most limit of them,
// and the place up to which the list is known then; nil: to its end.
func (s *Service) RowsAfter(ctx context.Context, p *Plan, after *Place, limit int) ([]*ent.Conversation, *Place, error) {
	w := walk{Plan: p, limit: limit + 1, limits: s.Limits}
	if after != nil {
		w.from = &paging.Key{Value: after.Key, ID: after.ID}
	}
	found, stopped, err := w.findPlaces(ctx, s.store)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == w.limit {
		found = found[:limit]
		stopped = &found[limit-1]
	}
	rows, err := s.loadRows(ctx, found)
	return rows, stopped, err
}

// loadRows loads the conversations at the places, in their order. One that left
// the viewer's sight meanwhile is left out.
func (s *Service) loadRows(ctx context.Context, places []Place) ([]*ent.Conversation, error) {
	if len(places) == 0 {
		return nil, nil
	}
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.ID
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
		if c := byID[p.ID]; c != nil {
			rows = append(rows, c)
		}
	}
	return rows, nil
}

// NextPlaces returns the next places of a plan, and where to go on from; nil: the
// list ends there.
func (s *Service) NextPlaces(ctx context.Context, p *Plan, from *paging.Key, limit int) ([]Place, *paging.Key, error) {
	found, stopped, err := walk{Plan: p, from: from, limit: limit, limits: s.Limits}.findPlaces(ctx, s.store)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == limit {
		stopped = &found[limit-1]
	}
	if stopped == nil {
		return found, nil, nil
	}
	return found, &paging.Key{Value: stopped.Key, ID: stopped.ID}, nil
}
