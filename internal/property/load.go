package property

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"parley/ent"
	entproperty "parley/ent/property"
	"parley/ent/propertyvalue"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// Value is what a record has of a property: the field of its kind is set.
type Value struct {
	Property *ent.Property
	Text     *string
	Number   *float64
	Date     *string
	Time     clock.Micros
	Boolean  *bool
	Choice   *vocab.PropertyOption
	Choices  []*vocab.PropertyOption
}

// Of loads what records of one kind have of the named properties, or of all that are not
// archived, by their names: two queries, however many records there are. Names that no
// property has are passed over.
func (s *Service) Of(ctx context.Context, object vocab.PropertyObject, recordIDs, names []string) ([][]*Value, error) {
	if n := len(names); n > MaxProperties {
		return nil, errs.Exceeds(MaxProperties, "There are %d names; at most %d are allowed.", n, MaxProperties).On("names")
	}
	lists := make([][]*Value, len(recordIDs))
	for i := range lists {
		lists[i] = []*Value{}
	}
	byID, err := s.shown(ctx, object, names)
	if err != nil || len(byID) == 0 {
		return lists, err
	}
	q := s.store.Client(ctx).PropertyValue.Query().Where(propertyvalue.RecordIDIn(recordIDs...))
	rows, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	byRecord := valuesOf(rows, byID)
	for i, recordID := range recordIDs {
		lists[i] = append(lists[i], byRecord[recordID]...)
	}
	return lists, nil
}

// shown loads the properties of which values are shown, by their ids.
func (s *Service) shown(ctx context.Context, object vocab.PropertyObject, names []string) (map[string]*ent.Property, error) {
	q := s.store.Client(ctx).Property.Query().Where(entproperty.ObjectEQ(object))
	if names != nil {
		q.Where(entproperty.NameIn(possible(names)...))
	} else {
		q.Where(entproperty.ArchivedAt(clock.Micros(0)))
	}
	rows, err := q.All(ctx)
	byID := make(map[string]*ent.Property, len(rows))
	for _, p := range rows {
		byID[p.ID] = p
	}
	return byID, err
}

// valuesOf makes values of rows, for each record by the names of their properties.
func valuesOf(rows []*ent.PropertyValue, byID map[string]*ent.Property) map[string][]*Value {
	byRecord := map[string][]*Value{}
	found := map[[2]string]*Value{}
	for _, row := range rows {
		p := byID[row.PropertyID]
		if p == nil {
			continue
		}
		key := [2]string{row.RecordID, p.ID}
		v := found[key]
		if v == nil {
			v = &Value{Property: p}
			found[key] = v
			byRecord[row.RecordID] = append(byRecord[row.RecordID], v)
		}
		v.add(row)
	}
	for _, list := range byRecord {
		slices.SortFunc(list, func(a, b *Value) int { return strings.Compare(a.Property.Name, b.Property.Name) })
		for _, v := range list {
			v.sort()
		}
	}
	return byRecord
}

func (v *Value) add(row *ent.PropertyValue) {
	number := 0.0
	if row.NumberKey != nil {
		number = *row.NumberKey
	}
	switch v.Property.Kind {
	case vocab.NumberProperty:
		v.Number = &number
	case vocab.DateProperty:
		v.Date = &row.Text
	case vocab.TimeProperty:
		v.Time = clock.Micros(int64(number) * 1000)
	case vocab.BooleanProperty:
		is := number != 0
		v.Boolean = &is
	case vocab.ChoiceProperty:
		v.Choice = v.option(row.Text)
	case vocab.ChoicesProperty:
		v.Choices = append(v.Choices, v.option(row.Text))
	default:
		v.Text = &row.Text
	}
}

// Plain is the value as JSON has it: a text, a number, whether it is so, or a list; days
// and times are texts, choices the values of their options.
func (v *Value) Plain() any {
	switch {
	case v.Number != nil:
		return *v.Number
	case v.Boolean != nil:
		return *v.Boolean
	case v.Date != nil:
		return *v.Date
	case v.Time.IsSet():
		return v.Time.Time().UTC().Format(time.RFC3339Nano)
	case v.Choice != nil:
		return v.Choice.Value
	case v.Choices != nil:
		list := make([]string, len(v.Choices))
		for i, c := range v.Choices {
			list[i] = c.Value
		}
		return list
	case v.Text != nil:
		return *v.Text
	}
	return nil
}

func (v *Value) option(value string) *vocab.PropertyOption {
	i := optionOf(v.Property, value)
	if i < 0 { // of an option that is gone; there is no way to remove one
		return &vocab.PropertyOption{Value: value, Label: value, Archived: true}
	}
	return &v.Property.Options[i]
}

// sort puts choices in the order of the options.
func (v *Value) sort() {
	slices.SortFunc(v.Choices, func(a, b *vocab.PropertyOption) int {
		return cmp.Or(optionOf(v.Property, a.Value)-optionOf(v.Property, b.Value), strings.Compare(a.Value, b.Value))
	})
}
