package account

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
)

// UpdateOwnProfile changes what users decide on themselves: their name, their
// picture, whether replies are routed again while they are away (AC-8), and what their
// availability goes by (AC-15).
func (s *Service) UpdateOwnProfile(ctx context.Context, in UpdateOwnProfileInput) (*ent.User, error) {
	me := viewer.FromContext(ctx)
	if me == nil || !me.IsUser() {
		return nil, errs.New(errs.Forbidden, "Only users have a profile.")
	}
	call := idempotency.Call{Mutation: "updateOwnProfile", Key: in.IdempotencyKey, Input: in, Result: me.ActorID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := Lock(ctx, tx); err != nil { // an admin may change the same row
			return err
		}
		before, err := loadUser(ctx, tx.Client, me.ActorID, "userId")
		if err != nil {
			return err
		}
		wanted := UpdateUserInput{Name: in.Name, AvatarURL: in.AvatarURL, ReassignRepliesWhenAway: in.ReassignRepliesWhenAway,
			FollowsPresence: in.FollowsPresence, WorkingHours: in.WorkingHours}
		after, err := wanted.applyTo(before)
		if err != nil {
			return err
		}
		return saveUser(ctx, tx, before, after)
	}, nil)
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), me.ActorID, "userId")
}
