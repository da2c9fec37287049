package property

import (
	"context"
	"errors"
	"slices"

	"parley/ent"
	entproperty "parley/ent/property"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Create defines a property (CR-11). Errors: ALREADY_EXISTS on name, TOO_LONG where the
// object has as many as it may.
func (s *Service) Create(ctx context.Context, in CreatePropertyInput) (*ent.Property, error) {
	if err := mayDefine(ctx); err != nil {
		return nil, err
	}
	p, err := in.clean()
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{
		Mutation: "createProperty", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Property),
		Own: []idempotency.Own{{Kind: id.Property, Field: "id", ID: in.ID}},
	}
	result := call.Result
	err = idempotency.Make(ctx, s.store, call, alone(func(ctx context.Context, tx *store.Tx) error {
		return insert(ctx, tx, call.Result, p)
	}), into(&result))
	if err != nil {
		return nil, err
	}
	return loadOne(ctx, s.store.Client(ctx), result)
}

// clean returns the property that is to be made, without its id.
func (in CreatePropertyInput) clean() (*ent.Property, error) {
	p := &ent.Property{Object: in.Object, Kind: in.Kind}
	var faults [4]error
	p.Name, faults[0] = cleanName(in.Name)
	if p.Label = p.Name; in.Label != nil {
		p.Label, faults[1] = richtext.OneLine(*in.Label, maxLabel, "label")
	}
	if in.Description != nil {
		p.Description, faults[2] = cleanDescription(*in.Description)
	}
	p.Options, faults[3] = cleanOptions(in.Kind, in.Options)
	return p, errors.Join(faults[:]...)
}

func insert(ctx context.Context, tx *store.Tx, propertyID string, p *ent.Property) error {
	if err := checkCounts(ctx, tx, p.Object, "object"); err != nil {
		return err
	}
	err := tx.Client.Property.Create().SetID(propertyID).SetObject(p.Object).SetName(p.Name).SetLabel(p.Label).SetDescription(p.Description).
		SetKind(p.Kind).SetOptions(p.Options).SetCreatedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return nameTaken(err)
	}
	var c store.Changes
	c.Optional("object", "", string(p.Object))
	c.Optional("kind", "", string(p.Kind))
	tx.Append(ctx, store.Event{Type: vocab.PropertyCreated, SubjectID: propertyID, Changes: c})
	return nil
}

// nameTaken turns what the database says of a name that is there into ALREADY_EXISTS.
func nameTaken(err error) error {
	if !ent.IsConstraintError(err) || store.TakenID(err) {
		return err
	}
	return errs.New(errs.AlreadyExists, "The object already has a property of this name, which may be archived.").On("name")
}

// checkCounts refuses one more property that is not archived.
func checkCounts(ctx context.Context, tx *store.Tx, object vocab.PropertyObject, field string) error {
	all, err := tx.Client.Property.Query().Where(entproperty.ObjectEQ(object)).Count(ctx)
	if err != nil {
		return err
	}
	open, err := tx.Client.Property.Query().Where(entproperty.ObjectEQ(object), entproperty.ArchivedAt(clock.Micros(0))).Count(ctx)
	switch {
	case err != nil:
		return err
	case open >= MaxProperties:
		return errs.Exceeds(MaxProperties, "%s has %d properties, as many as are allowed. Archive one first.", object, open).On(field)
	case all >= MaxArchived && field == "object":
		return errs.Exceeds(MaxArchived, "%s has %d properties, archived ones included, as many as are allowed. Rename an archived one and restore it.", object, all).On(field)
	}
	return nil
}

// Update renames or describes a property, or changes its options (CR-11). No record
// changes by it.
func (s *Service) Update(ctx context.Context, in UpdatePropertyInput) (*ent.Property, error) {
	call := idempotency.Call{Mutation: "updateProperty", Key: in.IdempotencyKey, Input: in, Result: in.PropertyID}
	p, err := s.change(ctx, call, func(_ context.Context, _ *store.Tx, p *ent.Property) error { return in.alter(p) })
	return p, nameTaken(err)
}

func (in UpdatePropertyInput) alter(p *ent.Property) error {
	var faults [4]error
	if name, err := opt.NotNull(in.Name, "name"); name != nil {
		p.Name, faults[0] = cleanName(*name)
	} else {
		faults[0] = err
	}
	if label, err := opt.NotNull(in.Label, "label"); label != nil {
		p.Label, faults[1] = richtext.OneLine(*label, maxLabel, "label")
	} else {
		faults[1] = err
	}
	if text := opt.OrZero(in.Description); text != nil {
		p.Description, faults[2] = cleanDescription(*text)
	}
	if options := in.Options.Value(); options != nil {
		faults[3] = alterOptions(p, options)
	}
	return errors.Join(faults[:]...)
}

func alterOptions(p *ent.Property, given []PropertyOptionInput) error {
	options, err := cleanOptions(p.Kind, given)
	if err != nil {
		return err
	}
	p.Options, err = withOld(options, p.Options)
	return err
}

// Archive keeps records from getting new values of a property.
func (s *Service) Archive(ctx context.Context, in ArchivePropertyInput) (*ent.Property, error) {
	call := idempotency.Call{Mutation: "archiveProperty", Key: in.IdempotencyKey, Input: in, Result: in.PropertyID}
	return s.change(ctx, call, func(_ context.Context, tx *store.Tx, p *ent.Property) error {
		if !p.ArchivedAt.IsSet() {
			p.ArchivedAt = tx.Now()
		}
		return nil
	})
}

// Unarchive lets records get values of an archived property again.
func (s *Service) Unarchive(ctx context.Context, in UnarchivePropertyInput) (*ent.Property, error) {
	call := idempotency.Call{Mutation: "unarchiveProperty", Key: in.IdempotencyKey, Input: in, Result: in.PropertyID}
	return s.change(ctx, call, func(ctx context.Context, tx *store.Tx, p *ent.Property) error {
		if !p.ArchivedAt.IsSet() {
			return nil
		}
		p.ArchivedAt = 0
		return checkCounts(ctx, tx, p.Object, "propertyId")
	})
}

// alone is apply for those who may define properties, one after the other.
func alone(apply func(context.Context, *store.Tx) error) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		return apply(ctx, tx)
	}
}

// into puts the id of what a repeated call made at first.
func into(result *string) func(context.Context, *store.Tx, string) error {
	return func(_ context.Context, _ *store.Tx, first string) error {
		*result = first
		return nil
	}
}

// change alters a property: one event, and no record's.
func (s *Service) change(ctx context.Context, call idempotency.Call, alter func(context.Context, *store.Tx, *ent.Property) error) (*ent.Property, error) {
	if err := mayDefine(ctx); err != nil {
		return nil, err
	}
	result := call.Result
	err := idempotency.Run(ctx, s.store, call, alone(func(ctx context.Context, tx *store.Tx) error {
		before, err := loadOne(ctx, tx.Client, result)
		if err != nil {
			return err
		}
		after := *before
		if err := alter(ctx, tx, &after); err != nil {
			return err
		}
		return save(ctx, tx, before, &after)
	}), into(&result))
	if err != nil {
		return nil, err
	}
	return loadOne(ctx, s.store.Client(ctx), result)
}

func save(ctx context.Context, tx *store.Tx, before, after *ent.Property) error {
	var c store.Changes
	c.Value("name", before.Name, after.Name)
	c.Named("label", before.Label != after.Label)
	c.Named("description", before.Description != after.Description)
	c.Named("options", !slices.Equal(before.Options, after.Options))
	c.Optional("archivedAt", before.ArchivedAt.String(), after.ArchivedAt.String())
	if len(c) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.PropertyUpdated, SubjectID: after.ID, Changes: c})
	return tx.Client.Property.UpdateOneID(after.ID).SetName(after.Name).SetLabel(after.Label).SetDescription(after.Description).
		SetOptions(after.Options).SetArchivedAt(after.ArchivedAt).Exec(ctx)
}

// loadOne loads a property by its id; otherwise NOT_FOUND on propertyId.
func loadOne(ctx context.Context, client *ent.Client, propertyID string) (*ent.Property, error) {
	unknown := errs.New(errs.NotFound, "There is no property %q.", errs.Clip(propertyID)).On("propertyId")
	if !id.Is(propertyID, id.Property) {
		return nil, unknown
	}
	p, err := client.Property.Get(ctx, propertyID)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return p, err
}
