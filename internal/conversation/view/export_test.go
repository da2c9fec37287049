package view

import (
	"context"

	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/viewer"
)

// LimitWalks has a query of a list test at most so many rows and have so many
// seeks, so that few rows make short pages and several queries.
func (s *Service) LimitWalks(rows, seeks int) { s.Limits.Rows, s.Limits.Seeks = rows, seeks }

// LimitHits has lists and counts start from at most so many documents.
func (s *Service) LimitHits(n int) { s.Limits.Hits, s.Limits.CountedHits = n, n }

// LimitCountedPages has a count walk at most n pages for a text.
func (s *Service) LimitCountedPages(n int) { s.Limits.CountedPages = n }

// Criteria is how many criteria a filter has.
func (f Filter) Criteria() int { return f.countCriteria() }

// LimitCounts has lists count up to n.
func (s *Service) LimitCounts(n int) { s.Limits.Count = n }

// ListSQL returns the statement that finds the places of a page.
func (s *Service) ListSQL(ctx context.Context, sel Selection, args paging.PageArgs) (string, []any, error) {
	page, err := args.Resolve(DefaultPage)
	if err != nil {
		return "", nil, err
	}
	if sel, err = s.Resolve(ctx, sel); err != nil {
		return "", nil, err
	}
	p, err := sel.Plan(ctx)
	if err != nil {
		return "", nil, err
	}
	w := walk{Plan: p, backward: page.Backward(), limit: page.Limit() + 1, limits: s.Limits}
	if key, given, err := page.Key(p.Fingerprint, p.desc, id.Conversation); err != nil {
		return "", nil, err
	} else if given {
		w.from = &key
	}
	query := &store.Statement{}
	start, err := w.chooseStart(ctx, s.store)
	switch {
	case err != nil:
	case start.from != fromView:
		w.driveSQL(query, s.store.Postgres(), start)
	case len(p.conditions)+len(p.Words) == 0:
		w.seekSQL(query, p.indexSeeks(), s.store.Postgres())
	default:
		w.siftSQL(query, p.indexSeeks(), s.store.Postgres())
	}
	return query.String(), query.Args, err
}

// SearchSQL returns the statement that finds the first documents of a query,
// with its arguments as the driver gets them.
func (s *Service) SearchSQL(ctx context.Context, query string) (string, []any, error) {
	words, err := search.Parse(query)
	if err != nil {
		return "", nil, err
	}
	p, err := Selection{}.Plan(ctx)
	if err != nil {
		return "", nil, err
	}
	text := &store.Statement{}
	err = s.searchSQL(ctx, text, words, p, span{}, 21)
	return text.String(), planned(s.store, text.Args), err
}

// CountSQL returns the statement that counts the views of inboxes.
func CountSQL(ctx context.Context, inboxIDs []string) (string, []any) {
	query := &store.Statement{}
	countSQL(query, viewer.FromContext(ctx), inboxIDs)
	return query.String(), query.Args
}
