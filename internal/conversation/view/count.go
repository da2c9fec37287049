package view

import (
	"context"
	"strconv"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/paging"
	"parley/internal/store"
)

// countPage is how many rows one query of a count walks.
const countPage = 5000

// Count counts a selection, up to 10,000. nil: there are more, or it would take too long
// to know, as for a text that very many messages contain among conversations that
// hardly any pass.
func (s *Service) Count(ctx context.Context, sel Selection) (*int, error) {
	p, err := sel.Plan(ctx)
	if err != nil {
		return nil, err
	}
	return s.countRows(ctx, p)
}

// countRows counts a plan's rows; nil: see Count.
func (s *Service) countRows(ctx context.Context, p *Plan) (*int, error) {
	if p.Empty {
		return new(int), nil
	}
	w := walk{Plan: p, limit: s.Limits.Count + 1, limits: s.Limits}
	w.limits.Hits = s.Limits.CountedHits
	n, known := 0, true
	start, err := w.chooseStart(ctx, s.store)
	switch {
	case err != nil:
	case start.from != fromView:
		n, err = w.countDriven(ctx, s.store, start)
	default:
		n, known, err = s.countWalked(ctx, p)
	}
	if err != nil || !known || n > s.Limits.Count {
		return nil, err
	}
	return &n, nil
}

// countDriven counts what the start leads to, in one statement.
func (w walk) countDriven(ctx context.Context, db *store.Store, at start) (int, error) {
	q := &store.Statement{}
	q.WriteString("SELECT COUNT(*) FROM (SELECT 1")
	w.writeDriven(q, db.Postgres(), at)
	q.WriteString(" LIMIT " + strconv.Itoa(w.limit) + ") counted")
	return readNumber(ctx, db, q)
}

// countWalked counts along the view, until there are more than a count says. Where each
// row is asked for a text it walks a bounded number of pages, and may not know.
func (s *Service) countWalked(ctx context.Context, p *Plan) (n int, known bool, err error) {
	var from *paging.Key
	for page := 1; ; page++ {
		found, next, err := s.NextPlaces(ctx, p, from, countPage)
		if err != nil {
			return 0, false, err
		}
		if n += len(found); next == nil || n > s.Limits.Count {
			return n, true, nil
		}
		if len(p.Words) > 0 && page >= s.Limits.CountedPages {
			return n, false, nil
		}
		from = next
	}
}

func readNumber(ctx context.Context, db *store.Store, q *store.Statement) (n int, err error) {
	err = store.ForEachRow(ctx, db, q.String(), planned(db, q.Args), func(rows entsql.ColumnScanner) error { return rows.Scan(&n) })
	return n, err
}
