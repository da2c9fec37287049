package notification

import (
	"context"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent/inbox"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Preference is whether a user is told of a kind, by a medium.
type Preference struct {
	Kind   vocab.NotificationKind
	Medium vocab.NotificationMedium
	On     bool
	// Chosen: the user wants it so; otherwise it is as the table of NT-7 has it.
	Chosen bool
}

type choice struct {
	kind   vocab.NotificationKind
	medium vocab.NotificationMedium
}

// Preferences returns what the caller is told of: in an inbox, or where they chose nothing
// for it. NOT_FOUND for an inbox that they do not see.
func (s *Service) Preferences(ctx context.Context, inboxID *string) ([]*Preference, error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	of, err := s.inboxOf(ctx, inboxID)
	if err != nil {
		return nil, err
	}
	return s.preferencesIn(ctx, v, of)
}

func (s *Service) preferencesIn(ctx context.Context, v *viewer.Viewer, inboxID string) ([]*Preference, error) {
	chosen := map[choice]bool{}
	err := store.ForEachRow(ctx, s.store, "SELECT kind, medium, wanted FROM notification_preferences WHERE user_id = $1 AND account_id = $2 AND inbox_id IN ('', $3) ORDER BY inbox_id",
		[]any{v.ActorID, v.AccountID, inboxID}, func(rows entsql.ColumnScanner) error { // an inbox's own come last
			var c choice
			var wanted bool
			err := rows.Scan(&c.kind, &c.medium, &wanted)
			chosen[c] = wanted
			return err
		})
	if err != nil {
		return nil, err
	}
	list := []*Preference{}
	for _, k := range Kinds {
		if inboxID != "" && !k.OfInbox {
			continue
		}
		for _, medium := range Media {
			if !k.has(medium) {
				continue
			}
			p := &Preference{Kind: k.Name, Medium: medium, On: slices.Contains(k.On, medium) && (!k.ForAdmins || v.Kind == viewer.Admin)}
			if on, is := chosen[choice{k.Name, medium}]; is {
				p.On, p.Chosen = on, true
			}
			list = append(list, p)
		}
	}
	return list, nil
}

// inboxOf checks an inbox that a caller names; "": none.
func (s *Service) inboxOf(ctx context.Context, inboxID *string) (string, error) {
	if inboxID == nil || *inboxID == "" {
		return "", nil
	}
	there := false
	if id.Is(*inboxID, id.Inbox) {
		var err error
		if there, err = s.store.Client(ctx).Inbox.Query().Where(inbox.ID(*inboxID)).Exist(ctx); err != nil {
			return "", err
		}
	}
	if !there {
		return "", errs.New(errs.NotFound, "There is no inbox %q that you may see.", errs.Clip(*inboxID)).On("inboxId")
	}
	return *inboxID, nil
}

// UpdatePreference changes what the caller is told of, and returns all of it. Errors:
// NOT_FOUND for an inbox that they do not see; INVALID for a kind that no one may turn off,
// that is about no inbox, or that has not
// the medium.
func (s *Service) UpdatePreference(ctx context.Context, in UpdateNotificationPreferencesInput) (list []*Preference, err error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	inboxID, err := s.inboxOf(ctx, opt.OrZero(in.InboxID))
	if err != nil {
		return nil, err
	}
	kind := kindNamed(in.Kind)
	switch {
	case kind.Fixed:
		return nil, errs.New(errs.Invalid, "No one may turn %s off.", in.Kind).On("kind")
	case !kind.has(in.Medium):
		return nil, errs.New(errs.Invalid, "%s cannot be notified by %s.", in.Kind, in.Medium).On("medium")
	case inboxID != "" && !kind.OfInbox:
		return nil, errs.New(errs.Invalid, "%s is about no inbox: omit inboxId.", in.Kind).On("inboxId")
	}
	call := idempotency.Call{Mutation: "updateNotificationPreferences", Key: in.IdempotencyKey, Input: in, Result: v.ActorID}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		on := opt.OrZero(in.On)
		if on == nil {
			_, err := tx.Exec(ctx, "DELETE FROM notification_preferences WHERE user_id = $1 AND kind = $2 AND medium = $3 AND inbox_id = $4 AND account_id = $5",
				v.ActorID, string(in.Kind), string(in.Medium), inboxID, v.AccountID)
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO notification_preferences (user_id, inbox_id, kind, medium, account_id, wanted) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (user_id, kind, medium, inbox_id) DO UPDATE SET wanted = excluded.wanted`,
			v.ActorID, inboxID, string(in.Kind), string(in.Medium), v.AccountID, *on)
		return err
	}, nil)
	if err != nil {
		return nil, err
	}
	return s.preferencesIn(ctx, v, inboxID)
}

// whoWants are those of the users who want to be told of a kind in an inbox, by a medium.
func (s *Service) whoWants(ctx context.Context, accountID string, users []string, name vocab.NotificationKind, inboxID string, medium vocab.NotificationMedium) (map[string]bool, error) {
	kind := kindNamed(name)
	wanted := map[string]bool{}
	for _, userID := range users {
		wanted[userID] = slices.Contains(kind.On, medium)
	}
	if kind.Fixed {
		return wanted, nil
	}
	of := &store.Statement{}
	query := "SELECT user_id, wanted FROM notification_preferences WHERE user_id IN (" + store.List(of, users) + ") AND kind = " + of.Arg(string(name)) +
		" AND medium = " + of.Arg(string(medium)) + " AND inbox_id IN ('', " + of.Arg(inboxID) + ") AND account_id = " + of.Arg(accountID) + " ORDER BY inbox_id"
	err := store.ForEachRow(ctx, s.store, query, of.Args, func(rows entsql.ColumnScanner) error {
		var userID string
		var on bool
		err := rows.Scan(&userID, &on)
		wanted[userID] = on
		return err
	})
	return wanted, err
}
