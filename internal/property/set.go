package property

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	entproperty "parley/ent/property"
	"parley/ent/propertyvalue"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Change is which properties of a record have another value, by their ids.
type Change struct{ Set, Cleared []string }

// IsZero reports whether the record has what it had.
func (c Change) IsZero() bool { return len(c.Set)+len(c.Cleared) == 0 }

// FieldChange is the change as events have it: without the values.
func (c Change) FieldChange() vocab.FieldChange {
	return vocab.FieldChange{Field: "properties", Added: c.Set, Removed: c.Cleared}
}

// Set gives a record what the inputs say, within the caller's transaction, and returns
// what is another than before; properties that they do not name stay. The caller has
// locked the record, and records the change. Errors blame the field "properties", and
// the place in it: NOT_FOUND for an unknown name, INVALID, TOO_LONG.
func Set(ctx context.Context, tx *store.Tx, object vocab.PropertyObject, recordID string, inputs []PropertyValueInput) (Change, error) {
	if len(inputs) == 0 {
		return Change{}, nil
	}
	wanted, err := read(ctx, tx, object, inputs)
	if err != nil {
		return Change{}, err
	}
	was, err := storedOf(ctx, tx, recordID, wanted)
	if err != nil {
		return Change{}, err
	}
	var c Change
	for i, w := range wanted {
		if err := w.checkOptions(was[w.of.ID], "properties", strconv.Itoa(i)); err != nil {
			return Change{}, err
		}
		switch {
		case slices.EqualFunc(w.values, was[w.of.ID], stored.equals):
		case len(w.values) == 0:
			c.Cleared = append(c.Cleared, w.of.ID)
		default:
			c.Set = append(c.Set, w.of.ID)
		}
	}
	return c, write(ctx, tx, recordID, wanted, c)
}

// assignment is what a record is to have of a property, in the order of its options.
type assignment struct {
	of     *ent.Property
	values []stored
}

// read checks inputs against the properties of an object.
func read(ctx context.Context, tx *store.Tx, object vocab.PropertyObject, inputs []PropertyValueInput) ([]assignment, error) {
	if n := len(inputs); n > MaxProperties {
		return nil, errs.Exceeds(MaxProperties, "There are %d properties; at most %d are allowed.", n, MaxProperties).On("properties")
	}
	byName, err := named(ctx, tx.Client, object, names(inputs))
	if err != nil {
		return nil, err
	}
	all, seen := make([]assignment, len(inputs)), map[string]bool{}
	for i, in := range inputs {
		path := []string{"properties", strconv.Itoa(i)}
		p := byName[in.Name]
		switch {
		case p == nil:
			return nil, errs.New(errs.NotFound, "%s has no property %q: createProperty defines one.", object, errs.Clip(in.Name)).On(below(path, "name")...)
		case p.ArchivedAt.IsSet():
			return nil, errs.New(errs.Invalid, "The property %q is archived.", in.Name).On(below(path, "name")...)
		case seen[in.Name]:
			return nil, errs.New(errs.Invalid, "The property %q is listed twice.", in.Name).On(below(path, "name")...)
		}
		seen[in.Name] = true
		if all[i].values, err = in.readValue(p, path); err != nil {
			return nil, err
		}
		all[i].of = p
		all[i].sort()
	}
	return all, nil
}

func names(inputs []PropertyValueInput) []string {
	list := make([]string, len(inputs))
	for i, in := range inputs {
		list[i] = in.Name
	}
	return list
}

// named loads properties of an object by their names.
func named(ctx context.Context, client *ent.Client, object vocab.PropertyObject, names []string) (map[string]*ent.Property, error) {
	rows, err := client.Property.Query().Where(entproperty.ObjectEQ(object), entproperty.NameIn(possible(names)...)).All(ctx)
	byName := make(map[string]*ent.Property, len(rows))
	for _, p := range rows {
		byName[p.Name] = p
	}
	return byName, err
}

// possible are those of the names that a property may have.
func possible(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !nameForm.MatchString(name) })
}

// sort puts choices in the order of the options; unknown ones come last.
func (a assignment) sort() {
	place := func(v stored) int {
		i := optionOf(a.of, v.text)
		if i < 0 {
			return len(a.of.Options)
		}
		return i
	}
	if a.of.Kind == vocab.ChoicesProperty {
		slices.SortStableFunc(a.values, func(v, w stored) int { return place(v) - place(w) })
	}
}

// optionOf is the place of the option that has a value; -1: none has.
func optionOf(p *ent.Property, value string) int {
	return slices.IndexFunc(p.Options, func(o vocab.PropertyOption) bool { return o.Value == value })
}

// checkOptions refuses choices that are no options, and archived ones that the record
// does not have already.
func (a assignment) checkOptions(was []stored, path ...string) error {
	if !a.of.Kind.HasOptions() {
		return nil
	}
	for _, v := range a.values {
		i := optionOf(a.of, v.text)
		switch {
		case i < 0:
			return errs.New(errs.Invalid, "%q is not an option of %s.", errs.Clip(v.text), a.of.Name).On(below(path, fieldOf(a.of.Kind))...)
		case a.of.Options[i].Archived && !slices.ContainsFunc(was, v.equals):
			return errs.New(errs.Invalid, "The option %q of %s is archived.", v.text, a.of.Name).On(below(path, fieldOf(a.of.Kind))...)
		}
	}
	return nil
}

// storedOf loads what a record has of the properties that are assigned, by their ids.
func storedOf(ctx context.Context, tx *store.Tx, recordID string, all []assignment) (map[string][]stored, error) {
	rows, err := tx.Client.PropertyValue.Query().Where(propertyvalue.RecordID(recordID)).All(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b *ent.PropertyValue) int { return a.Place - b.Place })
	was := map[string][]stored{}
	for _, row := range rows {
		was[row.PropertyID] = append(was[row.PropertyID], stored{row.Text, row.TextKey, row.NumberKey})
	}
	for _, a := range all {
		a := assignment{a.of, was[a.of.ID]}
		a.sort() // options may have another order since then
	}
	return was, nil
}

// write puts what changed in the place of what was.
func write(ctx context.Context, tx *store.Tx, recordID string, all []assignment, c Change) error {
	if c.IsZero() {
		return nil
	}
	gone := slices.Concat(c.Set, c.Cleared)
	if _, err := tx.Client.PropertyValue.Delete().Where(propertyvalue.RecordID(recordID), propertyvalue.PropertyIDIn(gone...)).Exec(ctx); err != nil {
		return err
	}
	var rows []*ent.PropertyValueCreate
	for _, a := range all {
		if !slices.Contains(c.Set, a.of.ID) {
			continue
		}
		for i, v := range a.values {
			rows = append(rows, tx.Client.PropertyValue.Create().SetID(id.New("value")).SetPropertyID(a.of.ID).SetObject(a.of.Object).
				SetRecordID(recordID).SetText(v.text).SetNillableTextKey(v.key).SetNillableNumberKey(v.number).SetPlace(i))
		}
	}
	return tx.Client.PropertyValue.CreateBulk(rows...).Exec(ctx)
}
