package conversation

import (
	"context"

	"parley/internal/id"
	"parley/internal/relay"
)

// LimitWalks has lists test at most n rows for conditions, so that few rows
// make short pages.
func (s *Service) LimitWalks(n int) { s.walk = n }

// ListSQL returns the statement that finds the places of a page.
func (s *Service) ListSQL(ctx context.Context, sel Selection, args relay.PageArgs) (string, []any, error) {
	page, err := args.Resolve(defaultPage)
	if err != nil {
		return "", nil, err
	}
	p, err := sel.plan(ctx)
	if err != nil {
		return "", nil, err
	}
	w := walk{plan: p, backward: page.Backward(), limit: page.Limit() + 1, most: s.walk}
	if key, given, err := page.Key(p.fingerprint, p.desc, id.Conversation); err != nil {
		return "", nil, err
	} else if given {
		w.from = &key
	}
	query := &statement{}
	if len(p.conditions) == 0 {
		w.seekSQL(query, p.arms(), w.limit)
	} else {
		w.siftSQL(query, p.arms(), s.store.Postgres())
	}
	return query.String(), query.args, nil
}
