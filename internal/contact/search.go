package contact

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/paging"
	"parley/internal/search"
	"parley/internal/viewer"
)

// walk goes through a list, from either end, and collects the contacts that a query
// finds.
type walk struct {
	*list
	query search.Query
	page  paging.Page
	// all: each of among is found, whatever its words.
	all bool
	// at is where it goes on; nil: at the list's end where it begins.
	at    *string
	found []*paging.Edge[*ent.Contact]
}

// search returns a page of what the filter's query finds. Errors of the query are those
// of search.Parse.
func (l *list) search(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.Contact], error) {
	page, err := args.Resolve(defaultPage)
	if err != nil {
		return nil, err
	}
	w := &walk{list: l, page: page, at: args.After}
	if page.Backward() {
		w.at = args.Before
	}
	if w.at != nil && *w.at == "" {
		w.at = nil
	}
	if err := w.lookFor(ctx, l.filter.text()); err != nil {
		return nil, err
	}
	return w.run(ctx)
}

// lookFor prepares the query, and narrows the walk to what an index finds of it.
func (w *walk) lookFor(ctx context.Context, text string) error {
	q, err := search.ParseBeginnings(text)
	if err != nil {
		return err
	}
	w.query = q
	if isPhoneQuery(text) {
		if err := w.lookForPhone(ctx, text); err != nil || w.all {
			return err
		}
	}
	for _, word := range search.PlainWords(text) {
		if strings.Index(word, "@") > 0 {
			ids, err := idsByAddress(ctx, w.s.store.Client(ctx), strings.ToLower(word), addressLimit+1)
			if len(ids) > addressLimit {
				return err // too many to start from: the list is walked, so that none is left out
			}
			w.among = slices.Compact(slices.Sorted(slices.Values(ids)))
			if w.among == nil {
				w.among = []string{}
			}
			return err
		}
	}
	return nil
}

// lookForPhone narrows the walk to contacts with a number that begins so; with none, or
// too many to start from, the query is of words.
func (w *walk) lookForPhone(ctx context.Context, text string) error {
	client := w.s.store.Client(ctx)
	a, err := client.Account.Get(ctx, viewer.FromContext(ctx).AccountID)
	if err != nil {
		return err
	}
	ids, err := idsByPhone(ctx, client, beginnings(text, a.PhoneRegion), addressLimit+1)
	if n := len(ids); err == nil && n > 0 && n <= addressLimit {
		w.among, w.all = slices.Compact(slices.Sorted(slices.Values(ids))), true
	}
	return err
}

// run walks until the page is full, the list ends, or enough was tested: then the page
// says where to go on.
func (w *walk) run(ctx context.Context) (*paging.Connection[*ent.Contact], error) {
	began := w.at != nil
	for tested := 0; ; {
		rows, more, err := w.next(ctx)
		if err != nil {
			return nil, err
		}
		matching, err := w.matching(ctx, rows)
		if err != nil {
			return nil, err
		}
		w.found = append(w.found, matching...)
		if tested += len(rows); len(w.found) > w.page.Limit() || !more {
			return w.result(began, len(w.found) > w.page.Limit(), nil), nil
		}
		w.at = &rows[len(rows)-1].Cursor
		if tested >= walkLimit {
			return w.result(began, true, w.at), nil
		}
	}
}

// next loads the next rows in walking order, and reports whether there are more.
func (w *walk) next(ctx context.Context) ([]*paging.Edge[*ent.Contact], bool, error) {
	size := chunk
	args := paging.PageArgs{First: &size, After: w.at, Most: chunk}
	if w.page.Backward() {
		args = paging.PageArgs{Last: &size, Before: w.at, Most: chunk}
	}
	some, err := w.list.page(ctx, args, chunk)
	if err != nil {
		return nil, false, err
	}
	if w.page.Backward() {
		slices.Reverse(some.Edges)
		return some.Edges, some.PageInfo.HasPreviousPage, nil
	}
	return some.Edges, some.PageInfo.HasNextPage, nil
}

// matching are those of the rows that the query finds.
func (w *walk) matching(ctx context.Context, rows []*paging.Edge[*ent.Contact]) ([]*paging.Edge[*ent.Contact], error) {
	if w.all {
		return rows, nil
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.Node.ID
	}
	addresses, err := addressesOf(ctx, w.s.store.Client(ctx), ids)
	if err != nil {
		return nil, err
	}
	var found []*paging.Edge[*ent.Contact]
	for _, row := range rows {
		if w.query.Match(append(addresses[row.Node.ID], row.Node.Name)...) {
			found = append(found, row)
		}
	}
	return found, nil
}

// result is the page of what was found. stopped is where the walk ended for its length.
func (w *walk) result(began, more bool, stopped *string) *paging.Connection[*ent.Contact] {
	edges := append([]*paging.Edge[*ent.Contact]{}, w.found[:min(len(w.found), w.page.Limit())]...)
	info := paging.PageInfo{HasNextPage: more, HasPreviousPage: began}
	if w.page.Backward() {
		slices.Reverse(edges)
		info.HasNextPage, info.HasPreviousPage = began, more
	}
	if len(edges) > 0 {
		info.StartCursor, info.EndCursor = &edges[0].Cursor, &edges[len(edges)-1].Cursor
	}
	switch {
	case stopped == nil:
	case w.page.Backward():
		info.StartCursor = stopped
	default:
		info.EndCursor = stopped
	}
	return &paging.Connection[*ent.Contact]{Edges: edges, PageInfo: info}
}
