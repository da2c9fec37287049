package visitor

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/pageview"
	entvisitor "parley/ent/visitor"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
)

// pageViews are listed latest first.
var pageViews = store.Listing[ent.PageView]{
	Name: "pageViews", Kind: id.PageView, Column: pageview.FieldViewedAt, Desc: true,
	Number: func(p *ent.PageView) int64 { return int64(p.ViewedAt) }, ID: func(p *ent.PageView) string { return p.ID },
}

func (s *Service) loadPageViews(ctx context.Context) store.Narrowed[ent.PageView] {
	return func(narrow func(*sql.Selector)) ([]*ent.PageView, error) {
		q := s.store.Client(ctx).PageView.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}
}

// PageViews returns a page of the pages that each visitor looked at, latest
// first (CR-1). Staff see those of their inboxes, visitors their own.
func (s *Service) PageViews(ctx context.Context, visitors []*ent.Visitor, args paging.PageArgs) ([]*paging.Connection[*ent.PageView], error) {
	ids := make([]string, len(visitors))
	for i, v := range visitors {
		ids[i] = v.ID
	}
	load := s.loadPageViews(ctx)
	switch v := viewer.FromContext(ctx); {
	case v.Kind == viewer.Visitor:
		load = s.loadPageViews(system(ctx, v)) // whatever visitor they reach is themselves
	case !v.IsStaff(): // a session that begins has seen nothing
		load = func(func(*sql.Selector)) ([]*ent.PageView, error) { return nil, nil }
	}
	return pageViews.Pages(args, account.PageOfRow, ids, store.Of(pageview.FieldVisitorID), load)
}

// ContactPageViews returns a page of the pages that each contact's visitors
// looked at, latest first, as far as the caller is a member of their inboxes
// (CR-1).
func (s *Service) ContactPageViews(ctx context.Context, contacts []*ent.Contact, args paging.PageArgs) ([]*paging.Connection[*ent.PageView], error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	return pageViews.Pages(args, account.PageOfRow, ids, func(s *sql.Selector, contactID string) {
		d := sql.Dialect(s.Dialect())
		v := d.Table(entvisitor.Table)
		s.Where(sql.In(s.C(pageview.FieldVisitorID), d.Select(v.C(entvisitor.FieldID)).From(v).Where(sql.EQ(v.C(entvisitor.FieldContactID), contactID))))
	}, s.loadPageViews(ctx))
}
