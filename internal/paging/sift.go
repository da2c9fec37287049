package paging

import "slices"

// Sieve tests the rows of a list one by one, where no index finds those that are asked
// for.
type Sieve[T any] struct {
	// Load loads a page of the whole list.
	Load func(PageArgs) (*Connection[T], error)
	// Passes reports whether a row is one of those that are asked for.
	Passes func(T) bool
	// Chunk is how many rows are loaded at once, and Most about how many are tested for
	// one page.
	Chunk, Most int
}

// Page returns a page of the rows that pass. One for which enough was tested is short,
// or empty, and says where to go on.
func (s Sieve[T]) Page(args PageArgs, byDefault int) (*Connection[T], error) {
	page, err := args.Resolve(byDefault)
	if err != nil {
		return nil, err
	}
	var found []*Edge[T]
	at := page.cursor
	for tested := 0; ; {
		rows, more, err := s.next(page, at)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if s.Passes(row.Node) {
				found = append(found, row)
			}
		}
		if tested += len(rows); len(found) > page.limit || !more {
			return sifted(page, found, len(found) > page.limit, nil), nil
		}
		if at = &rows[len(rows)-1].Cursor; tested >= s.Most {
			return sifted(page, found, true, at), nil
		}
	}
}

// next loads the next rows in walking order, and reports whether there are more.
func (s Sieve[T]) next(page Page, at *string) ([]*Edge[T], bool, error) {
	args := PageArgs{First: &s.Chunk, After: at, Most: s.Chunk}
	if page.backward {
		args = PageArgs{Last: &s.Chunk, Before: at, Most: s.Chunk}
	}
	some, err := s.Load(args)
	if err != nil {
		return nil, false, err
	}
	if page.backward {
		slices.Reverse(some.Edges)
		return some.Edges, some.PageInfo.HasPreviousPage, nil
	}
	return some.Edges, some.PageInfo.HasNextPage, nil
}

// sifted is the page of what was found in walking order. stopped is where the walk ended
// for its length.
func sifted[T any](p Page, found []*Edge[T], more bool, stopped *string) *Connection[T] {
	edges := append([]*Edge[T]{}, found[:min(len(found), p.limit)]...)
	info := PageInfo{HasNextPage: more, HasPreviousPage: p.cursor != nil}
	if p.backward {
		slices.Reverse(edges)
		info.HasNextPage, info.HasPreviousPage = info.HasPreviousPage, info.HasNextPage
	}
	if len(edges) > 0 {
		info.StartCursor, info.EndCursor = &edges[0].Cursor, &edges[len(edges)-1].Cursor
	}
	switch {
	case stopped == nil:
	case p.backward:
		info.StartCursor = stopped
	default:
		info.EndCursor = stopped
	}
	return &Connection[T]{Edges: edges, PageInfo: info}
}
