package contact

import (
	"context"
	"encoding/json"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

// byID is the order in which all contacts are walked: what changes moves none of them.
var byID = store.Listing[ent.Contact]{Name: "all contacts", Kind: id.Contact, ID: idOf}

// CheckFilter returns the errors of a filter, as List does.
func (s *Service) CheckFilter(ctx context.Context, filter ContactFilter) error {
	_, err := s.walkOf(ctx, filter)
	return err
}

// Walk gives do all contacts that the filter admits, some at a time, in the order of their
// ids. ask makes the context of each step: with the rights that the caller has then.
func (s *Service) Walk(ask func() (context.Context, error), filter ContactFilter, do func(context.Context, []*ent.Contact) error) error {
	ctx, err := ask()
	if err != nil {
		return err
	}
	w, err := s.walkOf(ctx, filter)
	if err != nil {
		return err
	}
	for {
		rows, more, err := w.next(ctx)
		if err != nil {
			return err
		}
		found, err := w.matching(ctx, rows)
		if err != nil {
			return err
		}
		some := make([]*ent.Contact, len(found))
		for i, row := range found {
			some[i] = row.Node
		}
		if err := do(ctx, some); err != nil || !more {
			return err
		}
		w.at = &rows[len(rows)-1].Cursor
		if ctx, err = ask(); err != nil {
			return err
		}
	}
}

func (s *Service) walkOf(ctx context.Context, filter ContactFilter) (*walk, error) {
	filter, err := filter.clean()
	if err != nil {
		return nil, err
	}
	key, err := json.Marshal(filter)
	if err != nil {
		return nil, err
	}
	w := &walk{list: &list{s: s, listing: byID, filter: filter, fingerprint: string(key)}, all: filter.Query == nil}
	if err := w.prepare(ctx); err != nil {
		return nil, err
	}
	size := chunk
	if w.page, err = (paging.PageArgs{First: &size, Most: chunk}).Resolve(chunk); err != nil || filter.Query == nil {
		return w, err
	}
	return w, w.lookFor(ctx, filter.text())
}
