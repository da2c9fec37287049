package store

import (
	"fmt"

	"entgo.io/ent/dialect/sql"

	"parley/internal/paging"
)

// Lane narrows a selector to some of a list's rows. If it does so by one value for each
// column before the order's in an index, the index has the lane in the list's order.
type Lane = func(*sql.Selector)

// Merged loads one page of a list whose rows are those of several lanes, which must not
// overlap: each lane is read up to the page's length, and what is read is merged. No
// lanes: no rows. Errors and filters are those of Page.
func (l Listing[R]) Merged(args paging.PageArgs, byDefault int, lanes []Lane, load Narrowed[R], filters ...string) (*paging.Connection[*R], error) {
	return l.resolved(args, byDefault, filters, func(page paging.Page, from *paging.Key) ([]*R, error) {
		if len(lanes) == 0 {
			return nil, nil
		}
		return load(func(s *sql.Selector) { l.cutLanes(s, lanes, page, from) })
	})
}

// cutLanes makes of a selector one that answers with a page of the rows of all lanes.
func (l Listing[R]) cutLanes(s *sql.Selector, lanes []Lane, page paging.Page, from *paging.Key) {
	if len(lanes) == 1 {
		lanes[0](s)
		l.cutRows(s, page, from)
		return
	}
	d := sql.Dialect(s.Dialect())
	var all *sql.Selector
	for i, lane := range lanes {
		one := s.Clone()
		lane(one)
		l.cutRows(one, page, from)
		part := d.Select("*").From(one.As(fmt.Sprintf("lane_%d", i)))
		if all == nil {
			all = part
		} else {
			all.UnionAll(part)
		}
	}
	ctx := s.Context()
	rows := d.Select("*").From(all.As("lanes"))
	l.sort(rows, d.Table("lanes").C, page)
	*s = *rows.Limit(page.Limit() + 1).WithContext(ctx)
}
