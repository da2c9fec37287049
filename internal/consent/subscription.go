package consent

import (
	"context"
	"errors"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/schema"
	"parley/ent/subscriptiontype"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/people"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// MaxDescription is the most characters of a subscription type's description.
const MaxDescription = 1000

// Types returns the account's subscription types by name.
func (s *Service) Types(ctx context.Context, archived bool) ([]*ent.SubscriptionType, error) {
	q := s.store.Client(ctx).SubscriptionType.Query().Order(subscriptiontype.ByName())
	if !archived {
		q.Where(subscriptiontype.ArchivedAt(clock.Micros(0)))
	}
	return q.All(ctx)
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
func (s *Service) CreateType(ctx context.Context, in CreateSubscriptionTypeInput) (*ent.SubscriptionType, error) {
	t := &ent.SubscriptionType{ID: id.New(id.SubscriptionType)}
	fault := set(t, &in.Name, in.Description)
	call := people.Call{Mutation: "createSubscriptionType", Key: in.IdempotencyKey, Input: in, Result: t.ID}
	return s.change(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		if fault != nil {
			return fault
		}
		if err := free(ctx, tx, t); err != nil {
			return err
		}
		tell(ctx, tx, t.ID)
		return tx.Client.SubscriptionType.Create().SetID(t.ID).SetName(t.Name).SetDescription(t.Description).
			SetCreatedAt(tx.Now()).Exec(ctx)
	})
}

// UpdateType changes a subscription type's name and description. Errors as those
// of CreateType, and NOT_FOUND on subscriptionTypeId.
func (s *Service) UpdateType(ctx context.Context, in UpdateSubscriptionTypeInput) (*ent.SubscriptionType, error) {
	call := people.Call{Mutation: "updateSubscriptionType", Key: in.IdempotencyKey, Input: in, Result: in.SubscriptionTypeID}
	return s.change(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := find(ctx, tx.Client, in.SubscriptionTypeID)
		if err != nil {
			return err
		}
		if err := set(t, in.Name, in.Description); err != nil {
			return err
		}
		if err := free(ctx, tx, t); err != nil {
			return err
		}
		tell(ctx, tx, t.ID)
		return tx.Client.SubscriptionType.UpdateOneID(t.ID).SetName(t.Name).SetDescription(t.Description).Exec(ctx)
	})
}

// ArchiveType keeps a subscription type from being named any more; what contacts
// agreed to stays. NOT_FOUND on subscriptionTypeId.
func (s *Service) ArchiveType(ctx context.Context, in ArchiveSubscriptionTypeInput) (*ent.SubscriptionType, error) {
	call := people.Call{Mutation: "archiveSubscriptionType", Key: in.IdempotencyKey, Input: in, Result: in.SubscriptionTypeID}
	return s.change(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := find(ctx, tx.Client, in.SubscriptionTypeID)
		if err != nil || t.ArchivedAt.IsSet() {
			return err
		}
		tell(ctx, tx, t.ID)
		return tx.Client.SubscriptionType.UpdateOneID(t.ID).SetArchivedAt(tx.Now()).Exec(ctx)
	})
}

func (s *Service) change(ctx context.Context, call people.Call, apply func(context.Context, *store.Tx) error) (*ent.SubscriptionType, error) {
	typeID, err := people.Administer(ctx, s.store, call, apply)
	if err != nil {
		return nil, err
	}
	return find(ctx, s.store.Client(ctx), typeID)
}

func find(ctx context.Context, client *ent.Client, typeID string) (*ent.SubscriptionType, error) {
	gone := errs.New(errs.NotFound, "There is no subscription type %q.", errs.Clip(typeID)).On("subscriptionTypeId")
	if !id.Is(typeID, id.SubscriptionType) {
		return nil, gone
	}
	t, err := client.SubscriptionType.Get(ctx, typeID)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	return t, err
}

// free refuses a name that another subscription type has. Changes of the
// account's settings wait for one another.
func free(ctx context.Context, tx *store.Tx, t *ent.SubscriptionType) error {
	taken, err := tx.Client.SubscriptionType.Query().Where(subscriptiontype.Name(t.Name), subscriptiontype.IDNEQ(t.ID)).Exist(ctx)
	if err == nil && taken {
		return errs.New(errs.AlreadyExists, "There is a subscription type of this name.").On("name")
	}
	return err
}

func set(t *ent.SubscriptionType, name, description *string) error {
	var faults []error
	var err error
	if name != nil {
		t.Name, err = people.CleanName(*name, "name")
		faults = append(faults, err)
	}
	if description != nil {
		if n := utf8.RuneCountInString(*description); n > MaxDescription {
			faults = append(faults, errs.New(errs.TooLong, "The description has %d characters; at most %d are allowed.", n, MaxDescription).On("description"))
		}
		t.Description, err = richtext.Clean(*description, "description")
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// tell tells that the account's subscription types changed.
func tell(ctx context.Context, tx *store.Tx, typeID string) {
	tx.Append(ctx, store.Event{
		Type: vocab.AccountUpdated, SubjectID: typeID, Changes: []schema.FieldChange{{Field: "subscriptionType", To: &typeID}},
	})
}
