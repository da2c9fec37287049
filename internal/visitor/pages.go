package visitor

import (
	"cmp"
	"context"
	"slices"

	"parley/ent"
	entvisitor "parley/ent/visitor"
	"parley/internal/relay"
	"parley/internal/viewer"
)

// shownPages is how many pages are told when nobody asks for another number.
const shownPages = 20

// PageViews returns the first pages that each visitor looked at, latest first
// (CR-1). Staff see those of their inboxes, visitors their own.
func (s *Service) PageViews(ctx context.Context, visitors []*ent.Visitor, first *int) ([][]*ent.PageView, error) {
	page, err := relay.PageArgs{First: first}.Resolve(shownPages)
	if err != nil {
		return nil, err
	}
	switch v := viewer.FromContext(ctx); {
	case v.Kind == viewer.Visitor:
		ctx = system(ctx, v) // whatever visitor they reach is themselves
	case !v.IsStaff():
		return make([][]*ent.PageView, len(visitors)), nil // a session that begins has seen nothing
	}
	lists, err := s.Pages(ctx, visitors)
	for i := range lists {
		lists[i] = lists[i][:min(len(lists[i]), page.Limit())]
	}
	return lists, err
}

// ContactPageViews returns the first pages that each contact's visitors looked
// at, latest first, as far as the caller is a member of their inboxes (CR-1).
func (s *Service) ContactPageViews(ctx context.Context, contacts []*ent.Contact, first *int) ([][]*ent.PageView, error) {
	page, err := relay.PageArgs{First: first}.Resolve(shownPages)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	visitors, err := s.store.Client(ctx).Visitor.Query().Where(entvisitor.ContactIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	seen, err := s.Pages(ctx, visitors)
	if err != nil {
		return nil, err
	}
	of := map[string][]*ent.PageView{}
	for i, v := range visitors {
		of[v.ContactID] = append(of[v.ContactID], seen[i]...)
	}
	lists := make([][]*ent.PageView, len(contacts))
	for i, c := range contacts {
		list := of[c.ID]
		slices.SortFunc(list, func(a, b *ent.PageView) int {
			return -cmp.Or(cmp.Compare(a.ViewedAt, b.ViewedAt), cmp.Compare(a.ID, b.ID))
		})
		lists[i] = list[:min(len(list), page.Limit())]
	}
	return lists, nil
}
