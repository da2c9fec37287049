package consent

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/ent/subscriptiontype"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxDescription is the most characters of a subscription type's description.
const MaxDescription = 1000

// Types returns a page of the account's subscription types by name; on request
// with those that were archived.
func (s *Service) Types(ctx context.Context, archived bool, args paging.PageArgs) (*paging.Connection[*ent.SubscriptionType], error) {
	return types.Page(args, account.PageOfList, func(narrow func(*sql.Selector)) ([]*ent.SubscriptionType, error) {
		q := s.store.Client(ctx).SubscriptionType.Query()
		if !archived {
			q.Where(subscriptiontype.ArchivedAt(clock.Micros(0)))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, strconv.FormatBool(archived))
}

var types = store.Listing[ent.SubscriptionType]{
	Name: "subscriptionTypes", Kind: id.SubscriptionType, Column: subscriptiontype.FieldName,
	Text: func(t *ent.SubscriptionType) string { return t.Name }, ID: func(t *ent.SubscriptionType) string { return t.ID },
}

// TypesOf returns the subscription types by their ids, nil where there is none.
func (s *Service) TypesOf(ctx context.Context, ids []string) ([]*ent.SubscriptionType, error) {
	ctx = s.acting(ctx)
	found, err := s.store.Client(ctx).SubscriptionType.Query().Where(subscriptiontype.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string]*ent.SubscriptionType{}
	for _, t := range found {
		byID[t.ID] = t
	}
	types := make([]*ent.SubscriptionType, len(ids))
	for i := range ids {
		types[i] = byID[ids[i]]
	}
	return types, nil
}

// CreateType makes a subscription type. A name that is there already is
// ALREADY_EXISTS on name.
func (s *Service) CreateType(ctx context.Context, in CreateContactSubscriptionTypeInput) (*ent.SubscriptionType, error) {
	t := &ent.SubscriptionType{ID: id.New(id.SubscriptionType)}
	fault := setNameAndDescription(t, &in.Name, in.Description)
	call := idempotency.Call{Mutation: "createContactSubscriptionType", Key: in.IdempotencyKey, Input: in, Result: t.ID}
	return s.changeSubscriptionType(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		if fault != nil {
			return fault
		}
		if err := checkNameIsFree(ctx, tx, t); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.SubscriptionTypeCreated, SubjectID: t.ID})
		return tx.Client.SubscriptionType.Create().SetID(t.ID).SetName(t.Name).SetDescription(t.Description).
			SetCreatedAt(tx.Now()).Exec(ctx)
	})
}

// UpdateType changes a subscription type's name and description. Errors as those
// of CreateType, and NOT_FOUND on contactSubscriptionTypeId.
func (s *Service) UpdateType(ctx context.Context, in UpdateContactSubscriptionTypeInput) (*ent.SubscriptionType, error) {
	call := idempotency.Call{Mutation: "updateContactSubscriptionType", Key: in.IdempotencyKey, Input: in, Result: in.ContactSubscriptionTypeID}
	return s.changeSubscriptionType(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := findSubscriptionType(ctx, tx.Client, in.ContactSubscriptionTypeID)
		if err != nil {
			return err
		}
		before := *t
		name, err := opt.NotNull(in.Name, "name")
		if err := errors.Join(err, setNameAndDescription(t, name, opt.OrZero(in.Description))); err != nil {
			return err
		}
		if err := checkNameIsFree(ctx, tx, t); err != nil {
			return err
		}
		var changes store.Changes
		changes.Named("name", before.Name != t.Name)
		changes.Named("description", before.Description != t.Description)
		if len(changes) == 0 {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.SubscriptionTypeUpdated, SubjectID: t.ID, Changes: changes})
		return tx.Client.SubscriptionType.UpdateOneID(t.ID).SetName(t.Name).SetDescription(t.Description).Exec(ctx)
	})
}

// ArchiveType keeps a subscription type from being named any longer; what contacts
// agreed to stays. NOT_FOUND on contactSubscriptionTypeId.
func (s *Service) ArchiveType(ctx context.Context, in ArchiveContactSubscriptionTypeInput) (*ent.SubscriptionType, error) {
	call := idempotency.Call{Mutation: "archiveContactSubscriptionType", Key: in.IdempotencyKey, Input: in, Result: in.ContactSubscriptionTypeID}
	return s.changeSubscriptionType(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := findSubscriptionType(ctx, tx.Client, in.ContactSubscriptionTypeID)
		if err != nil || t.ArchivedAt.IsSet() {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.SubscriptionTypeArchived, SubjectID: t.ID})
		return tx.Client.SubscriptionType.UpdateOneID(t.ID).SetArchivedAt(tx.Now()).Exec(ctx)
	})
}

// DeleteType deletes a subscription type. One that a targeted message or a consent names
// is archived, if that was asked for, and otherwise IN_USE, with what uses it: consents
// keep its name (IB-7). It returns the type only if it was archived.
func (s *Service) DeleteType(ctx context.Context, in DeleteContactSubscriptionTypeInput) (*ent.SubscriptionType, error) {
	call := idempotency.Call{Mutation: "deleteContactSubscriptionType", Key: in.IdempotencyKey, Input: in, Result: in.ContactSubscriptionTypeID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := findSubscriptionType(ctx, tx.Client, in.ContactSubscriptionTypeID)
		if err != nil {
			return err
		}
		usedBy, err := usesOf(ctx, tx, t)
		switch {
		case err != nil:
			return err
		case len(usedBy) == 0:
			tx.Append(ctx, store.Event{Type: vocab.SubscriptionTypeDeleted, SubjectID: t.ID})
			return tx.Client.SubscriptionType.DeleteOneID(t.ID).Exec(ctx)
		case in.Archive == nil || !*in.Archive:
			return account.InUse("The subscription type", usedBy, "contactSubscriptionTypeId")
		case t.ArchivedAt.IsSet():
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.SubscriptionTypeArchived, SubjectID: t.ID})
		return tx.Client.SubscriptionType.UpdateOneID(t.ID).SetArchivedAt(tx.Now()).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	t, err := s.store.Client(ctx).SubscriptionType.Get(ctx, in.ContactSubscriptionTypeID)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return t, err
}

// usesOf are the messages that name a type, and the consents to it, which are one use.
func usesOf(ctx context.Context, tx *store.Tx, t *ent.SubscriptionType) ([]*vocab.Usage, error) {
	usedBy, err := account.UsedBy(ctx, tx, t.ID)
	if err != nil {
		return nil, err
	}
	given, err := tx.Client.ConsentRecord.Query().Where(consentrecord.SubscriptionTypeID(t.ID)).Count(viewer.AsSystem(ctx, "usage"))
	if err == nil && given > 0 {
		usedBy = append(usedBy, &vocab.Usage{Kind: vocab.UsedByConsents, Name: fmt.Sprintf("%d consents", given)})
	}
	return usedBy, err
}

func (s *Service) changeSubscriptionType(ctx context.Context, call idempotency.Call, apply func(context.Context, *store.Tx) error) (*ent.SubscriptionType, error) {
	typeID, err := account.Administer(ctx, s.store, call, apply)
	if err != nil {
		return nil, err
	}
	return findSubscriptionType(ctx, s.store.Client(ctx), typeID)
}

func findSubscriptionType(ctx context.Context, client *ent.Client, typeID string) (*ent.SubscriptionType, error) {
	gone := errs.New(errs.NotFound, "There is no subscription type %q.", errs.Clip(typeID)).On("contactSubscriptionTypeId")
	if !id.Is(typeID, id.SubscriptionType) {
		return nil, gone
	}
	t, err := client.SubscriptionType.Get(ctx, typeID)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	return t, err
}

// checkNameIsFree refuses a name that another subscription type has. Changes of the
// account's settings wait for one another.
func checkNameIsFree(ctx context.Context, tx *store.Tx, t *ent.SubscriptionType) error {
	others, err := tx.Client.SubscriptionType.Query().Where(subscriptiontype.IDNEQ(t.ID)).Select(subscriptiontype.FieldName).Strings(ctx)
	if err != nil {
		return err
	}
	return account.FreeName(t.Name, "A subscription type", others)
}

func setNameAndDescription(t *ent.SubscriptionType, name, description *string) error {
	var faults []error
	var err error
	if name != nil {
		t.Name, err = account.CleanName(*name, "name")
		faults = append(faults, err)
	}
	if description != nil {
		if n := utf8.RuneCountInString(*description); n > MaxDescription {
			faults = append(faults, errs.Exceeds(MaxDescription, "The description has %d characters; at most %d are allowed.", n, MaxDescription).On("description"))
		}
		t.Description, err = richtext.Clean(*description, "description")
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
