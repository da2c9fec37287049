package view

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/savedview"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
)

// SavedViews returns a page of the saved views that the viewer may use, by name:
// those of one inbox and their own ones for all inboxes; no inbox: all (IN-19).
// Private ones are their owner's alone, while the owner is a member of the inbox.
func (s *Service) SavedViews(ctx context.Context, inboxID *string, args paging.PageArgs) (*paging.Connection[*ent.SavedView], error) {
	among := ""
	if inboxID != nil {
		if among = *inboxID; !viewer.FromContext(ctx).InInbox(among) {
			return nil, NoInbox(among)
		}
	}
	return savedViews.Page(args, pageOfSavedViews, func(narrow func(*sql.Selector)) ([]*ent.SavedView, error) {
		query := s.store.Client(ctx).SavedView.Query()
		if inboxID != nil {
			query.Where(savedview.InboxIDIn("", among))
		}
		query.Modify(narrow)
		return query.All(ctx)
	}, among)
}

const pageOfSavedViews = 50

// savedViews are listed by name.
var savedViews = store.Listing[ent.SavedView]{
	Name: "savedViews", Kind: id.SavedView, Column: savedview.FieldName,
	Text: func(v *ent.SavedView) string { return v.Name }, ID: func(v *ent.SavedView) string { return v.ID },
}

// SavedView returns a saved view that the viewer may use, or nil.
func (s *Service) SavedView(ctx context.Context, viewID string) (*ent.SavedView, error) {
	view, err := findView(ctx, s.store.Client(ctx), viewID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return view, err
}

// Resolve makes a selection ready to be planned: it looks up the tags that its filters
// name (IN-31), checks the conditions on properties (CR-11), and loads the saved view that it names, once: its inbox, its
// built-in view and, where the selection has no order, its order become the
// selection's (IN-19). Whoever plans a selection resolves it first. "Me" in a
// shared view is whoever looks. Both a view and a saved view are INVALID, and so
// is a saved view of another inbox than the selection's.
func (s *Service) Resolve(ctx context.Context, sel Selection) (Selection, error) {
	sel, err := s.resolveView(ctx, sel)
	if err != nil {
		return sel, err
	}
	if sel, err = s.resolveTags(ctx, sel); err != nil {
		return sel, err
	}
	return s.resolveProperties(ctx, sel)
}

func (s *Service) resolveView(ctx context.Context, sel Selection) (Selection, error) {
	if sel.SavedViewID == nil || sel.Saved != nil {
		return sel, nil
	}
	if sel.View != "" {
		return sel, errs.New(errs.Invalid, "Pass either a built-in view or a saved one, not both.").On("view")
	}
	view, err := findView(ctx, s.store.Client(ctx), *sel.SavedViewID)
	if e := errs.Of(err); e != nil {
		return sel, e.On("view", "savedViewId")
	}
	if err != nil {
		return sel, err
	}
	if view.InboxID != "" {
		if sel.InboxID != nil && *sel.InboxID != view.InboxID {
			return sel, errs.New(errs.Invalid, "The saved view belongs to another inbox. Omit inboxId.").On("inboxId")
		}
		sel.InboxID = &view.InboxID
	}
	sel.Saved, sel.View = view, view.View
	if sel.Order == "" {
		sel.Order = view.OrderBy
	}
	return sel, nil
}

// NoInbox says that the viewer is not a member of an inbox of that id.
func NoInbox(inboxID string) error {
	return errs.New(errs.NotFound, "There is no inbox %q that you are a member of.", errs.Clip(inboxID)).On("inboxId")
}
