package account

import (
	"context"

	"parley/ent"
	"parley/ent/apitoken"
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
// person's name (AC-12). An admin may make the first one of a user who never had one
// (AC-13). The transaction holds the account's lock.
func mayHaveToken(ctx context.Context, tx *store.Tx, u *ent.User) error {
	v := viewer.FromContext(ctx)
	switch {
	case v.Kind == viewer.SystemKind, v.ActorID == u.ID:
		return nil
	case v.Kind != viewer.Admin:
		return errs.New(errs.Invalid, "You can create a personal token only for yourself.").On("userId")
	}
	had, err := tx.Client.ApiToken.Query().Where(apitoken.UserID(u.ID)).Exist(ctx)
	if err == nil && had {
		err = errs.New(errs.Invalid, "You can create a personal token only for yourself, and the first one of a user who never had one. "+
			"Omit userId to create one for an integration.").On("userId")
	}
	return err
}

// mayUseTokens refuses programs: they do not make, change or end tokens (AC-13).
func mayUseTokens(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && (v.IsUser() || v.Kind == viewer.SystemKind) {
		return nil
	}
	return errs.New(errs.Forbidden, "Only users may do this.")
}

// mayChangeToken: everyone their own, admins those of integrations and bots (AC-13), while they
// hold.
func mayChangeToken(v *viewer.Viewer, t *ent.ApiToken, now clock.Micros) error {
	refuse := func(why string, args ...any) error { return errs.New(errs.NotEligible, why, args...).On("apiTokenId") }
	switch {
	case v.Kind != viewer.SystemKind && t.UserID != "" && t.UserID != v.ActorID:
		return refuse("This is the personal token of another user, which only they change. You can revoke it.")
	case t.RevokedAt.IsSet():
		return refuse("The token was revoked. Create another one.")
	case t.ExpiresAt <= now:
		return refuse("The token expired at %s. Create another one.", t.ExpiresAt)
	}
	return nil
}

// maySetAvailability: everyone their own, admins anyone's (AC-7).
func maySetAvailability(v *viewer.Viewer, userID string) error {
	switch {
	case v.ActorID == userID:
		return nil
	case !v.AllInboxes():
		return errs.New(errs.Forbidden, "Only admins may set the availability of another user.")
	case !v.Grants(viewer.ScopePeopleWrite):
		return errs.New(errs.Forbidden, "The token lacks the scope %q, for the availability of another user.", viewer.ScopePeopleWrite)
	}
	return nil
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
