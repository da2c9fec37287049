package account

import (
	"context"
	"errors"

	// Time zones are checked against, and later computed with, the same list on every machine.
	_ "time/tzdata"

	"parley/ent"
	"parley/ent/identityprovider"
	"parley/internal/availability"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Account returns the viewer's account.
func (s *Service) Account(ctx context.Context) (*ent.Account, error) {
	return s.store.Client(ctx).Account.Get(ctx, viewer.FromContext(ctx).AccountID)
}

// UpdateAccount changes the account's settings.
func (s *Service) UpdateAccount(ctx context.Context, in UpdateAccountInput) (*ent.Account, error) {
	call := idempotency.Call{Mutation: "updateAccount", Key: in.IdempotencyKey, Input: in, Result: viewer.FromContext(ctx).AccountID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := tx.Client.Account.Get(ctx, call.Result)
		if err != nil {
			return err
		}
		after, err := in.applyTo(before)
		if err != nil {
			return err
		}
		var c store.Changes
		c.Named("name", before.Name != after.Name)
		c.Optional("timeZone", before.TimeZone, after.TimeZone)
		c.Flag("gdprEnabled", before.GdprEnabled, after.GdprEnabled)
		c.Flag("tagsManaged", before.TagsManaged, after.TagsManaged)
		c.Value("contactVisibility", string(before.ContactVisibility), string(after.ContactVisibility))
		c.Value("whoMayBlock", string(before.WhoMayBlock), string(after.WhoMayBlock))
		c.Optional("phoneRegion", before.PhoneRegion, after.PhoneRegion)
		c.Flag("signInLinks", before.SignInLinks, after.SignInLinks)
		c.Flag("newApps", before.NewApps, after.NewApps)
		c.Flag("trustTypedAddresses", before.TrustTypedAddresses, after.TrustTypedAddresses)
		if len(c) == 0 {
			return nil
		}
		if before.SignInLinks && !after.SignInLinks {
			if err := mayEndLinks(ctx, tx); err != nil {
				return err
			}
		}
		tx.Append(ctx, store.Event{Type: vocab.AccountUpdated, SubjectID: after.ID, Changes: c})
		return tx.Client.Account.UpdateOneID(after.ID).SetName(after.Name).SetTimeZone(after.TimeZone).
			SetGdprEnabled(after.GdprEnabled).SetTagsManaged(after.TagsManaged).
			SetContactVisibility(after.ContactVisibility).SetWhoMayBlock(after.WhoMayBlock).
			SetSignInLinks(after.SignInLinks).SetNewApps(after.NewApps).SetTrustTypedAddresses(after.TrustTypedAddresses).SetPhoneRegion(after.PhoneRegion).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.Account(ctx)
}

// mayEndLinks refuses to switch sign-in links off where people could not sign in otherwise
// (AC-16).
func mayEndLinks(ctx context.Context, tx *store.Tx) error {
	there, err := tx.Client.IdentityProvider.Query().Where(identityprovider.Enabled(true)).Exist(ctx)
	if err == nil && !there {
		err = errs.New(errs.NotEligible, "Sign-in links are the only way to sign in: connect an identity provider first.").On("signInLinks")
	}
	return err
}

// applyTo returns the account as the input wants it.
func (in UpdateAccountInput) applyTo(before *ent.Account) (*ent.Account, error) {
	a := *before
	var faults []error
	faults = append(faults, rename(&a.Name, in.Name),
		opt.Require(&a.TimeZone, in.TimeZone, "timeZone"), opt.Require(&a.GdprEnabled, in.GdprEnabled, "gdprEnabled"),
		opt.Require(&a.TagsManaged, in.TagsManaged, "tagsManaged"),
		opt.Require(&a.ContactVisibility, in.ContactVisibility, "contactVisibility"), opt.Require(&a.WhoMayBlock, in.WhoMayBlock, "whoMayBlock"),
		opt.Require(&a.TrustTypedAddresses, in.TrustTypedAddresses, "trustTypedAddresses"), opt.Require(&a.SignInLinks, in.SignInLinks, "signInLinks"),
		opt.Require(&a.NewApps, in.NewApps, "newApps"))
	opt.Set(&a.PhoneRegion, in.PhoneRegion)
	region, err := CleanCountry(a.PhoneRegion, "phoneRegion")
	a.PhoneRegion, faults = region, append(faults, err)
	if a.TimeZone != before.TimeZone {
		faults = append(faults, CheckZone(a.TimeZone, "timeZone"))
	}
	return &a, errors.Join(faults...)
}

// CheckZone refuses what is no IANA time zone. Errors blame the field.
func CheckZone(name, field string) error {
	if _, err := availability.LoadZone(name); err != nil {
		return errs.New(errs.Invalid, "There is no time zone %q; use an IANA name such as \"Europe/Vienna\".", errs.Clip(name)).On(field)
	}
	return nil
}
