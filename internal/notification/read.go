package notification

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/notification"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	pageOfNotifications = 50
	// mostCounted is up to how many unread notifications are counted.
	mostCounted = 1000
	// mostIDs is how many can be marked as read by their ids.
	mostIDs = 100
)

// latest are a user's notifications, the one that changed last first.
var latest = store.Listing[ent.Notification]{
	Name: "notifications", Kind: id.Notification, Column: notification.FieldUpdatedAt, Desc: true,
	Number: func(n *ent.Notification) int64 { return int64(n.UpdatedAt) }, ID: func(n *ent.Notification) string { return n.ID },
}

// isUnread has the zero in its text, so that databases take the index of what is unread.
func isUnread(s *sql.Selector) { s.Where(sql.ExprP(s.C(notification.FieldReadAt) + " = 0")) }

// List returns a page of the caller's notifications, latest first: all of them, those that
// are not read, or those that are.
func (s *Service) List(ctx context.Context, unread *bool, args paging.PageArgs) (*paging.Connection[*ent.Notification], error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	filter := "all"
	if unread != nil {
		filter = map[bool]string{true: "unread", false: "read"}[*unread]
	}
	return latest.Page(args, pageOfNotifications, func(narrow func(*sql.Selector)) ([]*ent.Notification, error) {
		q := s.store.Client(ctx).Notification.Query().Where(notification.UserID(v.ActorID), notification.Shown(true))
		switch filter {
		case "unread":
			q.Where(isUnread)
		case "read":
			q.Where(notification.ReadAtGT(clock.Micros(0)))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, filter)
}

// CountUnread counts the caller's unread notifications, up to 1,000.
func (s *Service) CountUnread(ctx context.Context) (int, error) {
	v, err := me(ctx)
	if err != nil {
		return 0, err
	}
	ids, err := s.store.Client(ctx).Notification.Query().Where(notification.UserID(v.ActorID), notification.Shown(true), isUnread).
		Limit(mostCounted).Select(notification.FieldID).Strings(ctx)
	return len(ids), err
}

// MarkRead marks notifications of the caller as read, and returns how many are not. Errors:
// NOT_FOUND for an id that is none of theirs, INVALID for a selection of none.
func (s *Service) MarkRead(ctx context.Context, in MarkNotificationsReadInput) (unread int, err error) {
	v, err := me(ctx)
	if err != nil {
		return 0, err
	}
	call := idempotency.Call{Mutation: "markNotificationsRead", Key: in.IdempotencyKey, Input: in, Result: v.ActorID}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		which, err := s.selected(ctx, tx, v, in.Which)
		if err != nil {
			return err
		}
		_, err = s.markRead(ctx, tx, v.ActorID, which)
		return err
	}, nil)
	if err != nil {
		return 0, err
	}
	return s.CountUnread(ctx)
}

// selected is the condition of a selection.
func (s *Service) selected(ctx context.Context, tx *store.Tx, v *viewer.Viewer, in NotificationSelection) (func(*store.Statement) string, error) {
	own := tx.Client.Notification.Query().Where(notification.UserID(v.ActorID))
	switch {
	case in.All != nil && *in.All:
		return func(*store.Statement) string { return "1 = 1" }, nil
	case in.UpTo != nil:
		if *in.UpTo < 1 {
			return nil, errs.New(errs.Invalid, "There is no sequence %d: they begin with 1.", *in.UpTo).On("which", "upTo")
		}
		return func(of *store.Statement) string { return "sequence <= " + of.Arg(*in.UpTo) }, nil
	case len(in.IDs) > mostIDs:
		return nil, errs.New(errs.Invalid, "At most %d notifications can be named.", mostIDs).On("which", "ids")
	case len(in.IDs) > 0:
		found, err := own.Where(notification.IDIn(in.IDs...)).IDs(ctx)
		if err != nil {
			return nil, err
		}
		for _, one := range in.IDs {
			if !slices.Contains(found, one) {
				return nil, notFound(one).On("which", "ids")
			}
		}
		return func(of *store.Statement) string { return "id IN (" + store.List(of, in.IDs) + ")" }, nil
	}
	return nil, errs.New(errs.Invalid, "Choose at least one notification, or all.").On("which")
}

func notFound(notificationID string) *errs.Error {
	return errs.New(errs.NotFound, "You have no notification %q.", errs.Clip(notificationID))
}

// accountOf is the account of the context's viewer.
func accountOf(ctx context.Context) string { return viewer.FromContext(ctx).AccountID }
