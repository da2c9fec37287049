package paging

import "parley/internal/id"

// OfSlice returns a page of a list that is in memory as a whole. Its cursors are
// places in it, so they are stable while it only grows at its end. name
// distinguishes its cursors from those of other lists.
func OfSlice[T any](rows []T, args PageArgs, byDefault int, name string) (*Connection[T], error) {
	page, err := args.Resolve(byDefault)
	if err != nil {
		return nil, err
	}
	order := Order{Fingerprint: Fingerprint("slice", name), Kind: placeKind}
	from, err := order.From(page)
	if err != nil {
		return nil, err
	}
	places := make([]int, 0, page.Limit()+1)
	at, step := 0, 1
	if page.Backward() {
		at, step = len(rows)-1, -1
	}
	for ; at >= 0 && at < len(rows) && len(places) <= page.Limit(); at += step {
		if from == nil || step > 0 && int64(at) > from.Value || step < 0 && int64(at) < from.Value {
			places = append(places, at)
		}
	}
	found := Build(places, page, func(place int) string {
		return order.Cursor(Key{Value: int64(place), ID: id.FromBytes(placeKind, [16]byte{})})
	})
	edges := make([]*Edge[T], len(found.Edges))
	for i, edge := range found.Edges {
		edges[i] = &Edge[T]{Cursor: edge.Cursor, Node: rows[edge.Node]}
	}
	return &Connection[T]{Edges: edges, PageInfo: found.PageInfo}, nil
}

// placeKind is what stands for the type of rows that have no ids.
const placeKind = "place"
