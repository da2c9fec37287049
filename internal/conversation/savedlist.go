package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/savedview"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// SavedViews returns the saved views that the viewer may use, by name: those of
// one inbox and their own ones for all inboxes; no inbox: all (IN-19). Private
// ones are their owner's alone, while the owner is a member of the inbox.
func (s *Service) SavedViews(ctx context.Context, inboxID *string) ([]*ent.SavedView, error) {
	query := s.store.Client(ctx).SavedView.Query().Order(savedview.ByName(), savedview.ByID())
	if inboxID != nil {
		if !viewer.FromContext(ctx).InInbox(*inboxID) {
			return nil, noInbox(*inboxID)
		}
		query.Where(savedview.InboxIDIn("", *inboxID))
	}
	return query.All(ctx)
}

// SavedView returns a saved view that the viewer may use, or nil.
func (s *Service) SavedView(ctx context.Context, viewID string) (*ent.SavedView, error) {
	view, err := findView(ctx, s.store.Client(ctx), viewID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return view, err
}

// resolve loads the saved view that a selection names, once: its inbox, its
// built-in view and, where the selection has no order, its order become the
// selection's (IN-19). Whoever plans a selection resolves it first. "Me" in a
// shared view is whoever looks. Both a view and a saved view are INVALID, and so
// is a saved view of another inbox than the selection's.
func (s *Service) resolve(ctx context.Context, sel Selection) (Selection, error) {
	if sel.SavedViewID == nil || sel.Saved != nil {
		return sel, nil
	}
	if sel.View != "" {
		return sel, errs.New(errs.Invalid, "Give either view or savedViewId, not both.").On("savedViewId")
	}
	view, err := findView(ctx, s.store.Client(ctx), *sel.SavedViewID)
	if err != nil {
		return sel, err
	}
	if view.InboxID != "" {
		if sel.InboxID != nil && *sel.InboxID != view.InboxID {
			return sel, errs.New(errs.Invalid, "The saved view is one of another inbox. Leave inboxId out.").On("inboxId")
		}
		sel.InboxID = &view.InboxID
	}
	sel.Saved, sel.View = view, view.View
	if sel.Order == "" {
		sel.Order = view.OrderBy
	}
	return sel, nil
}

func noInbox(inboxID string) error {
	return errs.New(errs.NotFound, "There is no inbox %q that you are a member of.", errs.Clip(inboxID)).On("inboxId")
}
