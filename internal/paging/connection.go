package paging

import "slices"

// Connection is one page of a list. Bind a GraphQL connection type to an
// instance of it.
type Connection[T any] struct {
	// Edges are in list order, never nil.
	Edges    []*Edge[T]
	PageInfo PageInfo
}

// Nodes returns the rows of the page without their positions, never nil.
func (c *Connection[T]) Nodes() []T {
	nodes := make([]T, len(c.Edges))
	for i, edge := range c.Edges {
		nodes[i] = edge.Node
	}
	return nodes
}

// Edge is one row of a list with its place.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// PageInfo reports whether a list goes on beyond a page. A use case that stops
// before the page is full (a filter that no index serves walks a bounded number
// of rows) sets HasNextPage and EndCursor itself.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Build makes a page from rows in walking order, of which the caller fetched
// up to page.Limit()+1: the one too many reports that the list goes on. Where the
// walk began at a cursor there is something on the cursor's side too.
func Build[T any](rows []T, page Page, cursor func(T) string) *Connection[T] {
	more := len(rows) > page.limit
	if more {
		rows = rows[:page.limit]
	}
	edges := make([]*Edge[T], len(rows))
	for i, row := range rows {
		edges[i] = &Edge[T]{Cursor: cursor(row), Node: row}
	}
	info := PageInfo{HasNextPage: more, HasPreviousPage: page.cursor != nil}
	if page.backward {
		slices.Reverse(edges)
		info.HasNextPage, info.HasPreviousPage = info.HasPreviousPage, info.HasNextPage
	}
	if len(edges) > 0 {
		info.StartCursor = &edges[0].Cursor
		info.EndCursor = &edges[len(edges)-1].Cursor
	}
	return &Connection[T]{Edges: edges, PageInfo: info}
}

// Map returns the same page of other rows.
func Map[T, R any](c *Connection[T], as func(T) R) *Connection[R] {
	edges := make([]*Edge[R], len(c.Edges))
	for i, edge := range c.Edges {
		edges[i] = &Edge[R]{Cursor: edge.Cursor, Node: as(edge.Node)}
	}
	return &Connection[R]{Edges: edges, PageInfo: c.PageInfo}
}

// Walk calls do for each row of a list, page after page of the largest size.
func Walk[T any](load func(PageArgs) (*Connection[T], error), do func(T)) error {
	most := MaxPage
	args := PageArgs{First: &most}
	for {
		page, err := load(args)
		if err != nil {
			return err
		}
		for _, edge := range page.Edges {
			do(edge.Node)
		}
		if !page.PageInfo.HasNextPage {
			return nil
		}
		args.After = page.PageInfo.EndCursor
	}
}
