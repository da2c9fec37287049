package people

import (
	"context"
	"errors"
	"strings"
	"time"

	// Time zones are checked against, and later computed with, the same list on every machine.
	_ "time/tzdata"

	"parley/ent"
	"parley/internal/errs"
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
	in1 := Call{"updateAccount", in.IdempotencyKey, in, viewer.FromContext(ctx).AccountID}
	_, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		before, err := tx.Client.Account.Get(ctx, in1.Result)
		if err != nil {
			return err
		}
		after, err := in.applied(before)
		if err != nil {
			return err
		}
		c := changes{}
		c.named("name", before.Name, after.Name)
		c.told("timeZone", before.TimeZone, after.TimeZone)
		c.flag("gdprEnabled", before.GdprEnabled, after.GdprEnabled)
		if len(c) == 0 {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.AccountUpdated, SubjectID: after.ID, Changes: c})
		return tx.Client.Account.UpdateOneID(after.ID).SetName(after.Name).SetTimeZone(after.TimeZone).
			SetGdprEnabled(after.GdprEnabled).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.Account(ctx)
}

// applied returns the account as the input wants it.
func (in UpdateAccountInput) applied(before *ent.Account) (*ent.Account, error) {
	a := *before
	var faults []error
	if in.Name != nil {
		name, err := CleanName(*in.Name, "name")
		a.Name, faults = name, append(faults, err)
	}
	if in.TimeZone != nil {
		a.TimeZone = *in.TimeZone
		faults = append(faults, checkZone(*in.TimeZone))
	}
	set(&a.GdprEnabled, in.GdprEnabled)
	return &a, errors.Join(faults...)
}

func checkZone(name string) error {
	// Go takes "" for UTC, and "Local" for the machine's.
	if _, err := time.LoadLocation(name); err != nil || name == "" || strings.EqualFold(name, "local") {
		return errs.New(errs.Invalid, "There is no time zone %q; use an IANA name such as \"Europe/Vienna\".", errs.Clip(name)).On("timeZone")
	}
	return nil
}
