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
	"parley/internal/vocab"
)

// Directory are the properties of one object that conditions name, archived ones too.
type Directory struct {
	object vocab.PropertyObject
	found  []*ent.Property
}

// Find loads the properties that conditions name: by their ids, or by their names. It asks
// nothing where there is no condition.
func Find(ctx context.Context, client *ent.Client, object vocab.PropertyObject, conditions []vocab.PropertyCondition) (Directory, error) {
	d := Directory{object: object}
	if len(conditions) == 0 {
		return d, nil
	}
	var ids, names []string
	for _, c := range conditions {
		if id.Is(c.PropertyID, id.Property) {
			ids = append(ids, c.PropertyID)
		} else {
			names = append(names, c.Name)
		}
	}
	named := entproperty.Or(entproperty.IDIn(ids...), entproperty.NameIn(possible(names)...))
	var err error
	d.found, err = client.Property.Query().Where(entproperty.ObjectEQ(object), named).All(ctx)
	return d, err
}

// Lookup loads properties of an object, archived ones too, by their ids or names, whichever
// each of them is. It asks nothing where none is given.
func Lookup(ctx context.Context, client *ent.Client, object vocab.PropertyObject, given []string) (map[string]*ent.Property, error) {
	found := map[string]*ent.Property{}
	if len(given) == 0 {
		return found, nil
	}
	named := entproperty.Or(entproperty.IDIn(slices.DeleteFunc(slices.Clone(given), isNoID)...), entproperty.NameIn(possible(given)...))
	rows, err := client.Property.Query().Where(entproperty.ObjectEQ(object), named).All(ctx)
	for _, p := range rows {
		found[p.ID], found[p.Name] = p, p
	}
	return found, err
}

func isNoID(given string) bool { return !id.Is(given, id.Property) }

// Having are those of the properties of which a record has a value.
func Having(ctx context.Context, client *ent.Client, recordID string, propertyIDs []string) ([]string, error) {
	if len(propertyIDs) == 0 {
		return nil, nil
	}
	return client.PropertyValue.Query().Where(propertyvalue.RecordID(recordID), propertyvalue.PropertyIDIn(propertyIDs...)).
		Select(propertyvalue.FieldPropertyID).Strings(ctx)
}

// of is the property that a condition is on; nil: there is none.
func (d Directory) of(c vocab.PropertyCondition) *ent.Property {
	i := slices.IndexFunc(d.found, func(p *ent.Property) bool {
		return p.ID == c.PropertyID || c.PropertyID == "" && p.Name == c.Name
	})
	if i < 0 {
		return nil
	}
	return d.found[i]
}

// Name names the property of a condition by its id, if there is such a property.
func (d Directory) Name(c vocab.PropertyCondition) vocab.PropertyCondition {
	if p := d.of(c); p != nil {
		c.PropertyID, c.Name = p.ID, ""
	}
	return c
}

// Check returns conditions as they are kept, by the ids of their properties, and the test
// of each. Errors blame the path and the place in it: NOT_FOUND for an unknown name,
// INVALID, TOO_LONG.
func (d Directory) Check(conditions []vocab.PropertyCondition, path ...string) ([]vocab.PropertyCondition, []Test, error) {
	if n := len(conditions); n > MaxConditions {
		return nil, nil, errs.Exceeds(MaxConditions, "There are %d conditions; at most %d are allowed.", n, MaxConditions).On(path...)
	}
	kept, tests := slices.Clone(conditions), make([]Test, len(conditions))
	for i, c := range conditions {
		var err error
		if kept[i], tests[i], err = d.CheckOne(c, below(path, strconv.Itoa(i))...); err != nil {
			return nil, nil, err
		}
	}
	return kept, tests, nil
}

// CheckOne is Check for one condition, which stands at the path.
func (d Directory) CheckOne(c vocab.PropertyCondition, path ...string) (vocab.PropertyCondition, Test, error) {
	p := d.of(c)
	if p == nil {
		return c, Test{}, errs.New(errs.NotFound, "%s has no property %q.", d.object, errs.Clip(c.Name)).On(below(path, "name")...)
	}
	test, err := On(c, p, path...)
	return d.Name(c), test, err
}

// RefuseArchived refuses a condition on a property that is archived, unless it was named
// before: what is archived stays where it is used, and is used nowhere else (IB-7).
func (d Directory) RefuseArchived(c vocab.PropertyCondition, namedBefore func(propertyID string) bool, path ...string) error {
	if p := d.of(c); p != nil && p.ArchivedAt.IsSet() && !namedBefore(p.ID) {
		return errs.New(errs.Invalid, "The property %q is archived: it stays where it is used, and cannot be used anywhere else.", p.Name).On(below(path, "name")...)
	}
	return nil
}

// Tests checks conditions that are given by names; see Find and Directory.Check.
func Tests(ctx context.Context, client *ent.Client, object vocab.PropertyObject, conditions []vocab.PropertyCondition, path ...string) ([]Test, error) {
	if n := len(conditions); n > MaxConditions {
		conditions = conditions[:MaxConditions+1]
	}
	d, err := Find(ctx, client, object, conditions)
	if err != nil {
		return nil, err
	}
	_, tests, err := d.Check(conditions, path...)
	return tests, err
}
