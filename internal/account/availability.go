package account

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SetAvailability says whether a user takes new chats: the caller, or for an
// admin anyone (AC-7). AWAY stays so until someone sets AVAILABLE, which ends with the
// last connection of a user whose availability follows presence (AC-15). Whoever comes
// back is offered what waits (RT-4).
func (s *Service) SetAvailability(ctx context.Context, in SetAvailabilityInput) (*ent.User, error) {
	userID, err := in.targetUser(viewer.FromContext(ctx))
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "setAvailability", Key: in.IdempotencyKey, Input: in, Result: userID}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		return setAvailability(ctx, tx, userID, in.Availability)
	}, nil)
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), userID, "userId")
}

// targetUser returns the user whose availability is meant.
func (in SetAvailabilityInput) targetUser(v *viewer.Viewer) (string, error) {
	switch {
	case in.UserID != nil:
		return *in.UserID, maySetAvailability(v, *in.UserID)
	case !v.IsUser():
		return "", errs.New(errs.Required, "The caller is not a user: pass userId.").On("userId")
	}
	return v.ActorID, nil
}

func setAvailability(ctx context.Context, tx *store.Tx, userID string, to vocab.UserAvailability) error {
	u, err := loadUser(ctx, tx.Client, userID, "userId")
	if err != nil {
		return err
	}
	if err := mustBeActive(u, "userId"); err != nil {
		return err
	}
	after := *u
	setByHand(&after, to, tx.Now())
	return savePresence(ctx, tx, u, &after)
}
