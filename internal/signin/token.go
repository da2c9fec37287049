package signin

import (
	"context"

	"parley/ent/identityprovider"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
)

// UseToken begins a session of the context's viewer, a user who presented an API token of
// theirs that grants everything, in an account that has no other way in yet: a newcomer has
// the token of the first start, and no identity provider and no mail (AC-9). Errors:
// FORBIDDEN; RATE_LIMITED for too many tries from one network.
func (s *Service) UseToken(ctx context.Context, returnTo, userAgent string) (Opened, error) {
	if err := s.tries.count(ctx, s.store.Clock(), triesPerMinute); err != nil {
		return Opened{}, err
	}
	v := viewer.FromContext(ctx)
	if !v.IsUser() || !v.MayGrant(viewer.ScopeAll) {
		return Opened{}, errs.New(errs.Forbidden, "Only a user's token that grants %q signs in.", viewer.ScopeAll)
	}
	made := Opened{ReturnTo: LocalPath(returnTo)}
	err := s.store.WithTx(asSystem(ctx, v.AccountID), func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		other, err := tx.Client.IdentityProvider.Query().Where(identityprovider.Enabled(true)).Exist(ctx)
		if err != nil {
			return err
		}
		if other || s.o.Post != nil {
			return errs.New(errs.Forbidden, "This account has other ways to sign in. Use one of them.")
		}
		u, err := tx.Client.User.Get(ctx, v.ActorID)
		if err != nil {
			return err
		}
		made.Opened, err = account.OpenSession(ctx, tx, account.NewSession{User: u, UserAgent: userAgent})
		return err
	})
	return made, err
}
