package account

import (
	"context"
	"strconv"

	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SetMaxInboxes sets how many inboxes the viewer's account may have; nil: as many as it
// likes (AC-6). It is the operator's to do: everyone else is FORBIDDEN. Inboxes that are
// there already stay. INVALID on maxInboxes.
func (s *Service) SetMaxInboxes(ctx context.Context, most *int) error {
	v := viewer.FromContext(ctx)
	if v == nil || v.Kind != viewer.SystemKind {
		return errs.New(errs.Forbidden, "Only the operator sets the account's limits.")
	}
	if most != nil && *most < 0 {
		return errs.New(errs.Invalid, "The number of inboxes must be 0 or more.").On("maxInboxes")
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := Lock(ctx, tx); err != nil {
			return err
		}
		a, err := tx.Client.Account.Get(ctx, v.AccountID)
		if err != nil {
			return err
		}
		var c store.Changes
		c.Optional("maxInboxes", limitText(a.MaxInboxes), limitText(most))
		if len(c) == 0 {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.AccountUpdated, SubjectID: a.ID, Changes: c})
		update := tx.Client.Account.UpdateOneID(a.ID)
		if most == nil {
			return update.ClearMaxInboxes().Exec(ctx)
		}
		return update.SetMaxInboxes(*most).Exec(ctx)
	})
}

func limitText(most *int) string {
	if most == nil {
		return ""
	}
	return strconv.Itoa(*most)
}
