package people

import (
	"context"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/once"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SetAvailability says whether a user takes new chats: the caller, or for an
// admin anybody (AC-7). Whoever comes back is offered what waits (RT-4).
func (s *Service) SetAvailability(ctx context.Context, in SetAvailabilityInput) (*ent.User, error) {
	userID, err := in.whose(viewer.FromContext(ctx))
	if err != nil {
		return nil, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, "setAvailability", in.IdempotencyKey, in, userID)
		if err != nil || replayed != "" {
			return err
		}
		return setAvailability(ctx, tx, userID, in.Availability)
	})
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), userID, "userId")
}

// whose returns the user whose availability is meant.
func (in SetAvailabilityInput) whose(v *viewer.Viewer) (string, error) {
	switch {
	case in.UserID != nil:
		return *in.UserID, maySetAvailability(v, *in.UserID)
	case !v.IsUser():
		return "", errs.New(errs.Required, "The caller is no user: say whose availability it is.").On("userId")
	}
	return v.ActorID, nil
}

func setAvailability(ctx context.Context, tx *store.Tx, userID string, to vocab.UserAvailability) error {
	u, err := loadUser(ctx, tx.Client, userID, "userId")
	if err != nil {
		return err
	}
	if err := mustBeActive(u, "userId"); err != nil || u.Availability == to {
		return err
	}
	c := changes{}
	c.told("availability", string(u.Availability), string(to))
	tx.Append(ctx, store.Event{Type: vocab.UserAvailabilityChanged, SubjectID: u.ID, Changes: c})
	if err := tx.Client.User.UpdateOneID(u.ID).SetAvailability(to).Exec(ctx); err != nil || to == vocab.Away {
		return err
	}
	return conversation.RequestOffers(ctx, tx)
}
