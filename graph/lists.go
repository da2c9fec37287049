package graph

import (
	"context"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/vocab"
)

// pickAll loads, for each object, the rows that it lists by id, in their order,
// with one load for all. Those that are gone, or hidden, are left out.
func pickAll[T, R any](ctx context.Context, objs []*T, list func(*T) []string, load func(context.Context, []string) ([]*R, error)) ([][]*R, error) {
	var ids []string
	for _, o := range objs {
		ids = append(ids, list(o)...)
	}
	found, err := load(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([][]*R, len(objs))
	for i, o := range objs {
		n := len(list(o))
		rows[i] = []*R{}
		for _, row := range found[:n] {
			if row != nil {
				rows[i] = append(rows[i], row)
			}
		}
		found = found[n:]
	}
	return rows, nil
}

// selection is the list of conversations that a field's arguments name.
func selection(inboxID *string, shown *view.ViewInput, filter *view.Filter, order *vocab.ConversationOrder) view.Selection {
	sel := view.Selection{InboxID: inboxID, Filter: value(filter), Order: value(order)}
	if shown != nil {
		sel.View, sel.SavedViewID = value(shown.BuiltIn), shown.SavedViewID
	}
	return sel
}

// pageArgs are the arguments of a connection.
func pageArgs(first *int, after *string, last *int, before *string) paging.PageArgs {
	return paging.PageArgs{First: first, After: after, Last: last, Before: before}
}

// fillingOf says how far the filling of a list has come; nil: it is not being filled.
func fillingOf(l *ent.ContactList) *model.ContactListFilling {
	if !l.Filling {
		return nil
	}
	f := &model.ContactListFilling{Compared: l.Filled}
	if l.FillTotal > 0 {
		f.Total = &l.FillTotal
	}
	return f
}
