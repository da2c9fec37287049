package conversation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"parley/ent"
	"parley/ent/savedview"
	"parley/ent/schema"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// MaxSavedViews is the most views that a user saves.
	MaxSavedViews = 200
	// MaxViewName is the most characters of a saved view's name.
	MaxViewName = 100
)

// CreateSavedView saves a view of one inbox, or of all inboxes of its owner,
// private to them or shared with the inbox's members (IN-19).
func (s *Service) CreateSavedView(ctx context.Context, in CreateSavedViewInput) (*ent.SavedView, error) {
	v := viewer.FromContext(ctx)
	view := &ent.SavedView{
		ID: id.New(id.SavedView), AccountID: v.AccountID, OwnerID: v.ActorID, PrivateTo: v.ActorID,
		View: vocab.ViewAll, OrderBy: vocab.LastMessageDesc, CreatedAt: s.store.Now(),
	}
	if in.InboxID != nil {
		if !v.InInbox(*in.InboxID) {
			return nil, noInbox(*in.InboxID)
		}
		view.InboxID = *in.InboxID
	}
	if in.Filter == nil {
		in.Filter = &Filter{}
	}
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, "createSavedView", in.IdempotencyKey, in, view.ID)
		if err != nil {
			return err
		}
		if replayed != "" {
			view, err = findView(ctx, tx.Client, replayed)
			return err
		}
		if err := alterView(view, viewChange{&in.Name, &in.Shared, in.View, in.Filter, in.OrderBy}); err != nil {
			return err
		}
		return insertView(ctx, tx, view)
	})
	return view, nameTaken(err)
}

func insertView(ctx context.Context, tx *store.Tx, view *ent.SavedView) error {
	n, err := tx.Client.SavedView.Query().Where(savedview.OwnerID(view.OwnerID)).Count(ctx)
	if err != nil {
		return err
	}
	if n >= MaxSavedViews {
		return errs.New(errs.Invalid, "You have saved %d views, and more are not allowed. Delete one first.", n)
	}
	if err := freeName(ctx, tx, view); err != nil {
		return err
	}
	err = tx.Client.SavedView.Create().SetID(view.ID).SetInboxID(view.InboxID).SetOwnerID(view.OwnerID).SetPrivateTo(view.PrivateTo).
		SetName(view.Name).SetView(view.View).SetFilter(view.Filter).SetOrderBy(view.OrderBy).SetCreatedAt(view.CreatedAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save view: %w", err)
	}
	tellView(ctx, tx, vocab.SavedViewCreated, view.PrivateTo, view, nil)
	return nil
}

// UpdateSavedView changes a saved view: its owner's right, and an admin's
// where it is shared (IN-19). What is left out stays.
func (s *Service) UpdateSavedView(ctx context.Context, in UpdateSavedViewInput) (*ent.SavedView, error) {
	var view *ent.SavedView
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, "updateSavedView", in.IdempotencyKey, in, in.SavedViewID)
		if err != nil {
			return err
		}
		if view, err = findView(ctx, tx.Client, in.SavedViewID); err != nil || replayed != "" {
			return err
		}
		if err := mayChangeView(ctx, view); err != nil {
			return err
		}
		if in.Shared != nil && !*in.Shared && view.OwnerID != viewer.FromContext(ctx).ActorID {
			return errs.New(errs.Invalid, "Only its owner can make a shared view private.").On("shared")
		}
		before := *view
		if err := alterView(view, viewChange{in.Name, in.Shared, in.View, in.Filter, in.OrderBy}); err != nil {
			return err
		}
		return saveView(ctx, tx, &before, view)
	})
	return view, nameTaken(err)
}

func saveView(ctx context.Context, tx *store.Tx, before, view *ent.SavedView) error {
	changes := viewChanges(before, view)
	if len(changes) == 0 {
		return nil
	}
	if before.Name != view.Name || before.PrivateTo != view.PrivateTo {
		if err := freeName(ctx, tx, view); err != nil {
			return err
		}
	}
	err := tx.Client.SavedView.UpdateOneID(view.ID).SetPrivateTo(view.PrivateTo).SetName(view.Name).SetView(view.View).
		SetFilter(view.Filter).SetOrderBy(view.OrderBy).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save view: %w", err)
	}
	audience := view.PrivateTo
	if before.PrivateTo == "" {
		audience = "" // those who lose it are told
	}
	tellView(ctx, tx, vocab.SavedViewUpdated, audience, view, changes)
	return nil
}

// DeleteSavedView deletes a saved view and returns its id. Who may change it
// may delete it.
func (s *Service) DeleteSavedView(ctx context.Context, in DeleteSavedViewInput) (string, error) {
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, "deleteSavedView", in.IdempotencyKey, in, in.SavedViewID)
		if err != nil || replayed != "" {
			return err
		}
		view, err := findView(ctx, tx.Client, in.SavedViewID)
		if err != nil {
			return err
		}
		if err := mayChangeView(ctx, view); err != nil {
			return err
		}
		if err := tx.Client.SavedView.DeleteOneID(view.ID).Exec(ctx); err != nil {
			return err
		}
		tellView(ctx, tx, vocab.SavedViewDeleted, view.PrivateTo, view, nil)
		return nil
	})
	return in.SavedViewID, err
}

// findView loads a saved view that the viewer sees.
func findView(ctx context.Context, client *ent.Client, viewID string) (*ent.SavedView, error) {
	unknown := errs.New(errs.NotFound, "There is no saved view %q that you may see.", errs.Clip(viewID)).On("savedViewId")
	if !id.Is(viewID, id.SavedView) {
		return nil, unknown
	}
	view, err := client.SavedView.Get(ctx, viewID)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return view, err
}

func mayChangeView(ctx context.Context, view *ent.SavedView) error {
	if v := viewer.FromContext(ctx); v.ActorID != view.OwnerID && v.Kind != viewer.Admin {
		return errs.New(errs.Forbidden, "Only its owner and admins may change a saved view.")
	}
	return nil
}

// viewChange is what a saved view becomes; nil: it stays.
type viewChange struct {
	name   *string
	shared *bool
	view   *vocab.ConversationView
	filter *Filter
	order  *vocab.ConversationOrder
}

func alterView(view *ent.SavedView, to viewChange) error {
	if to.name != nil {
		name, err := oneLine(*to.name, MaxViewName, "name")
		if err != nil {
			return err
		}
		view.Name = name
	}
	if to.shared != nil {
		if *to.shared && view.InboxID == "" {
			return errs.New(errs.Invalid, "A view of all your inboxes cannot be shared: save it for one inbox.").On("shared")
		}
		view.PrivateTo = view.OwnerID
		if *to.shared {
			view.PrivateTo = ""
		}
	}
	if to.view != nil {
		view.View = *to.view
	}
	if to.order != nil {
		view.OrderBy = *to.order
	}
	if to.filter == nil {
		return nil
	}
	var err error
	view.Filter, err = to.filter.stored()
	return err
}

// stored is the filter as a saved view keeps it, once it passed a list's checks.
func (f Filter) stored() (json.RawMessage, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if _, err := f.words(); err != nil {
		return nil, err
	}
	if f.Snoozed == "" {
		f.Snoozed = vocab.SnoozedExclude
	}
	return json.Marshal(f)
}

// FilterOf returns a saved view's filter.
func FilterOf(view *ent.SavedView) (Filter, error) {
	var f Filter
	if err := json.Unmarshal(view.Filter, &f); err != nil {
		return f, fmt.Errorf("filter of %s: %w", view.ID, err)
	}
	return f, nil
}

var errNameTaken = errs.New(errs.AlreadyExists, "There is a saved view of this name already.").On("name")

// freeName refuses a name that another view has which the same people see.
func freeName(ctx context.Context, tx *store.Tx, view *ent.SavedView) error {
	taken, err := tx.Client.SavedView.Query().Where(savedview.InboxID(view.InboxID), savedview.PrivateTo(view.PrivateTo),
		savedview.Name(view.Name), savedview.IDNEQ(view.ID)).Exist(ctx)
	if err == nil && taken {
		return errNameTaken
	}
	return err
}

// nameTaken tells of a name that another took at the same moment.
func nameTaken(err error) error {
	if ent.IsConstraintError(err) {
		return errNameTaken
	}
	return err
}

// viewChanges tells what changed, name and filter by their names alone.
func viewChanges(before, after *ent.SavedView) []schema.FieldChange {
	var list []schema.FieldChange
	told := func(field, from, to string) {
		if from != to {
			list = append(list, schema.FieldChange{Field: field, From: &from, To: &to})
		}
	}
	if before.Name != after.Name {
		list = append(list, schema.FieldChange{Field: "name"})
	}
	told("shared", fmt.Sprint(before.PrivateTo == ""), fmt.Sprint(after.PrivateTo == ""))
	told("view", string(before.View), string(after.View))
	if !sameJSON(before.Filter, after.Filter) {
		list = append(list, schema.FieldChange{Field: "filter"})
	}
	told("orderBy", string(before.OrderBy), string(after.OrderBy))
	return list
}

// sameJSON compares what PostgreSQL gives back in a spelling of its own.
func sameJSON(a, b json.RawMessage) bool {
	var f, g Filter
	if json.Unmarshal(a, &f) != nil || json.Unmarshal(b, &g) != nil {
		return false
	}
	x, errX := json.Marshal(f)
	y, errY := json.Marshal(g)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// tellView tells the inbox's members, or one user alone.
func tellView(ctx context.Context, tx *store.Tx, t vocab.EventType, userID string, view *ent.SavedView, changes []schema.FieldChange) {
	tx.Append(ctx, store.Event{Type: t, InboxID: view.InboxID, SubjectID: view.ID, UserID: userID, Changes: changes})
}
