package people

import (
	"context"

	"parley/ent"
	"parley/ent/user"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MayAdminister refuses everyone but admins and Parley's own work: they alone
// set up people, inboxes, channels and tokens (AC-5).
func MayAdminister(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && v.AllInboxes() {
		return nil
	}
	return errs.New(errs.Forbidden, "Only admins may do this.")
}

// mayHaveToken refuses personal tokens for someone else: they would act in that
// person's name (AC-12).
func mayHaveToken(v *viewer.Viewer, userID string) error {
	if v.Kind == viewer.SystemKind || v.ActorID == userID {
		return nil
	}
	return errs.New(errs.Invalid, "A personal token can be made for oneself alone. Leave userId out for an integration's.").On("userId")
}

// maySetAvailability: everyone their own, admins anybody's (AC-7).
func maySetAvailability(v *viewer.Viewer, userID string) error {
	if v.AllInboxes() || v.ActorID == userID {
		return nil
	}
	return errs.New(errs.Forbidden, "Only admins may set the availability of another user.")
}

// mayLose refuses to take the account's last admin away (AC-11). The
// transaction holds the account's lock.
func mayLose(ctx context.Context, tx *store.Tx, u *ent.User, field string) error {
	if u.Role != vocab.RoleAdmin {
		return nil
	}
	others, err := tx.Client.User.Query().
		Where(user.RoleEQ(vocab.RoleAdmin), user.DeactivatedAt(clock.Micros(0)), user.IDNEQ(u.ID)).Exist(ctx)
	if err != nil || others {
		return err
	}
	return errs.New(errs.LastAdmin, "%s is the account's last admin. Make someone else an admin first.", u.Name).On(field)
}

// mustBeActive refuses changes of a user who was deactivated.
func mustBeActive(u *ent.User, path ...string) error {
	if u.DeactivatedAt.IsSet() {
		return errs.New(errs.NotEligible, "%s is deactivated.", u.Name).On(path...)
	}
	return nil
}
