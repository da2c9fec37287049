package view

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/savedview"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/richtext"
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
		ID: id.OrNew(in.ID, id.SavedView), AccountID: v.AccountID, OwnerID: v.ActorID, PrivateTo: v.ActorID,
		View: vocab.ViewAll, OrderBy: vocab.ActivityDesc, CreatedAt: s.store.Now(),
	}
	if in.InboxID != nil {
		if !v.InInbox(*in.InboxID) {
			return nil, NoInbox(*in.InboxID)
		}
		view.InboxID = *in.InboxID
	}
	if in.Filter == nil {
		in.Filter = &Filter{}
	}
	filter, err := s.nameObjects(ctx, *in.Filter, Filter{})
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{
		Mutation: "createSavedView", Key: in.IdempotencyKey, Input: in, Result: view.ID,
		Own: []idempotency.Own{{Kind: id.SavedView, Field: "id", ID: in.ID}},
	}
	err = idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := alterView(view, viewChange{&in.Name, &in.Shared, in.View, &filter, in.OrderBy}); err != nil {
			return err
		}
		return insertView(ctx, tx, view)
	}, loadView(&view))
	return view, nameTaken(err)
}

// nameObjects has a filter that takes the place of another name tags and properties by
// their ids.
func (s *Service) nameObjects(ctx context.Context, f, before Filter) (Filter, error) {
	f, err := s.nameTags(ctx, f)
	if err != nil {
		return f, err
	}
	return s.keepProperties(ctx, f, before)
}

// loadView loads a saved view that the viewer sees into view.
func loadView(view **ent.SavedView) func(context.Context, *store.Tx, string) error {
	return func(ctx context.Context, tx *store.Tx, viewID string) (err error) {
		*view, err = findView(ctx, tx.Client, viewID)
		return err
	}
}

func insertView(ctx context.Context, tx *store.Tx, view *ent.SavedView) error {
	n, err := tx.Client.SavedView.Query().Where(savedview.OwnerID(view.OwnerID)).Count(ctx)
	if err != nil {
		return err
	}
	if n >= MaxSavedViews {
		return errs.New(errs.Invalid, "You have reached the maximum of %d saved views. Delete one first.", n)
	}
	if err := freeName(ctx, tx, view); err != nil {
		return err
	}
	err = tx.Client.SavedView.Create().SetID(view.ID).SetInboxID(view.InboxID).SetOwnerID(view.OwnerID).SetPrivateTo(view.PrivateTo).
		SetName(view.Name).SetView(view.View).SetFilter(view.Filter).SetOrderBy(view.OrderBy).SetCreatedAt(view.CreatedAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save view: %w", err)
	}
	recordViewEvent(ctx, tx, vocab.SavedViewCreated, view.PrivateTo, view, nil)
	return nil
}

// UpdateSavedView changes a saved view: its owner's right, and an admin's
// where it is shared (IN-19). What is left out stays.
func (s *Service) UpdateSavedView(ctx context.Context, in UpdateSavedViewInput) (*ent.SavedView, error) {
	var view *ent.SavedView
	load := loadView(&view)
	call := idempotency.Call{Mutation: "updateSavedView", Key: in.IdempotencyKey, Input: in, Result: in.SavedViewID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.SavedViewID); err != nil {
			return err
		}
		if err := mayChangeView(ctx, view); err != nil {
			return err
		}
		change, err := changeOf(in)
		if err != nil {
			return err
		}
		if change.shared != nil && !*change.shared && view.OwnerID != viewer.FromContext(ctx).ActorID {
			return errs.New(errs.Invalid, "Only its owner can make a shared view private.").On("shared")
		}
		if change.filter != nil {
			was, err := FilterOf(view)
			if err != nil {
				return err
			}
			filter, err := s.nameObjects(ctx, *change.filter, was)
			if err != nil {
				return err
			}
			change.filter = &filter
		}
		before := *view
		if err := alterView(view, change); err != nil {
			return err
		}
		return saveView(ctx, tx, &before, view)
	}, load)
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
		audience = "" // those who lose it are notified
	}
	recordViewEvent(ctx, tx, vocab.SavedViewUpdated, audience, view, changes)
	return nil
}

// DeleteSavedView deletes a saved view and returns its id. Who may change it
// may delete it.
func (s *Service) DeleteSavedView(ctx context.Context, in DeleteSavedViewInput) (string, error) {
	call := idempotency.Call{Mutation: "deleteSavedView", Key: in.IdempotencyKey, Input: in, Result: in.SavedViewID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		view, err := findView(ctx, tx.Client, in.SavedViewID)
		if err != nil {
			return err
		}
		if err := mayChangeView(ctx, view); err != nil {
			return err
		}
		if err := tx.Retire(ctx, "saved_views", id.SavedView, "id", view.AccountID, view.ID); err != nil {
			return err
		}
		if err := tx.Client.SavedView.DeleteOneID(view.ID).Exec(ctx); err != nil {
			return err
		}
		recordViewEvent(ctx, tx, vocab.SavedViewDeleted, view.PrivateTo, view, nil)
		return nil
	}, nil)
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

// changeOf returns what an update wants: null is what a new view has.
func changeOf(in UpdateSavedViewInput) (viewChange, error) {
	name, err := opt.NotNull(in.Name, "name")
	shared, err2 := opt.NotNull(in.Shared, "shared")
	return viewChange{
		name, shared, orInitial(in.View, vocab.ViewAll), opt.OrZero(in.Filter), orInitial(in.OrderBy, vocab.ActivityDesc),
	}, errors.Join(err, err2)
}

// orInitial is what was given, nil if it was left out; null is initial.
func orInitial[T any](v opt.Value[*T], initial T) *T {
	if !v.IsSet() {
		return nil
	}
	opt.SetOr(&initial, v, initial)
	return &initial
}

func alterView(view *ent.SavedView, to viewChange) error {
	if to.name != nil {
		name, err := richtext.OneLine(*to.name, MaxViewName, "name")
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
	if err := f.checkValues(); err != nil {
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

// Keep is a filter as something else than a saved view keeps it: checked, with tags and
// properties by their ids. The filter before it may name what is archived; nil: there was
// none.
func (s *Service) Keep(ctx context.Context, f Filter, before json.RawMessage) (json.RawMessage, error) {
	was, err := ReadFilter(before)
	if err != nil {
		return nil, err
	}
	if f, err = s.nameObjects(ctx, f, was); err != nil {
		return nil, err
	}
	return f.stored()
}

// ReadFilter returns a filter that Keep kept; nil: the empty one.
func ReadFilter(kept json.RawMessage) (f Filter, err error) {
	if len(kept) > 0 {
		if err = json.Unmarshal(kept, &f); err != nil {
			err = fmt.Errorf("a filter that is kept: %w", err)
		}
	}
	return f, err
}

var errNameTaken = errs.New(errs.AlreadyExists, "A saved view with this name already exists.").On("name")

// freeName refuses a name that another view has, whatever its case, which the same people
// see.
func freeName(ctx context.Context, tx *store.Tx, view *ent.SavedView) error {
	others, err := tx.Client.SavedView.Query().Where(savedview.InboxID(view.InboxID), savedview.PrivateTo(view.PrivateTo), savedview.IDNEQ(view.ID)).
		Select(savedview.FieldName).Strings(ctx)
	if err == nil && slices.ContainsFunc(others, func(other string) bool { return strings.EqualFold(other, view.Name) }) {
		return errNameTaken
	}
	return err
}

// nameTaken reports a name that another took at the same moment.
func nameTaken(err error) error {
	if ent.IsConstraintError(err) {
		return errNameTaken
	}
	return err
}

// viewChanges reports what changed, name and filter only by their names.
func viewChanges(before, after *ent.SavedView) store.Changes {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Flag("shared", before.PrivateTo == "", after.PrivateTo == "")
	c.Value("view", string(before.View), string(after.View))
	c.Named("filter", !sameJSON(before.Filter, after.Filter))
	c.Value("orderBy", string(before.OrderBy), string(after.OrderBy))
	return c
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

// recordViewEvent notifies the inbox's members, or one user alone.
func recordViewEvent(ctx context.Context, tx *store.Tx, t vocab.EventType, userID string, view *ent.SavedView, changes []vocab.FieldChange) {
	tx.Append(ctx, store.Event{Type: t, InboxID: view.InboxID, SubjectID: view.ID, UserID: userID, Changes: changes})
}
