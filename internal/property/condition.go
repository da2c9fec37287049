package property

import (
	"context"
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/propertyvalue"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// MaxConditions is the most conditions of a filter.
const MaxConditions = 20

// PropertyCondition is a condition on what a record has of a property: one test, or a
// range of one kind.
type PropertyCondition struct {
	Name       string
	IsSet      *bool
	AnyOf      []string
	Boolean    *bool
	Number     *float64
	NumberFrom *float64
	NumberTo   *float64
	DateFrom   *string
	DateTo     *string
	TimeAfter  *clock.Micros
	TimeBefore *clock.Micros
}

// Test is a condition that was checked against its property: which values meet it.
// One seek in an index finds the records that have such a value.
type Test struct {
	PropertyID string
	// Lacks: the record has no value at all.
	Lacks bool
	// keys are texts, any of which it is; nil: any.
	keys []string
	// from and to are numbers, both included; below is one that is not.
	from, to, below *float64
}

// Tests checks conditions against the properties of an object. Errors blame the path and
// the place in it: NOT_FOUND for an unknown name, INVALID, TOO_LONG.
func Tests(ctx context.Context, client *ent.Client, object vocab.PropertyObject, conditions []PropertyCondition, path ...string) ([]Test, error) {
	if n := len(conditions); n > MaxConditions {
		return nil, errs.Exceeds(MaxConditions, "There are %d conditions; at most %d are allowed.", n, MaxConditions).On(path...)
	}
	if len(conditions) == 0 {
		return nil, nil
	}
	names := make([]string, len(conditions))
	for i, c := range conditions {
		names[i] = c.Name
	}
	byName, err := named(ctx, client, object, names)
	if err != nil {
		return nil, err
	}
	tests := make([]Test, len(conditions))
	for i, c := range conditions {
		at := below(path, strconv.Itoa(i))
		p := byName[c.Name]
		if p == nil {
			return nil, errs.New(errs.NotFound, "%s has no property %q.", object, errs.Clip(c.Name)).On(below(at, "name")...)
		}
		if tests[i], err = c.test(p, at); err != nil {
			return nil, err
		}
	}
	return tests, nil
}

// On checks a condition against the property that it is on, whatever it calls it. Errors
// blame the path: INVALID, TOO_LONG.
func (c PropertyCondition) On(p *ent.Property, path ...string) (Test, error) { return c.test(p, path) }

// part is a field of a condition.
type part struct {
	field string
	isSet bool
	// group are parts that go together.
	group string
	kinds []vocab.PropertyKind
}

func (c PropertyCondition) parts() []part {
	texts := []vocab.PropertyKind{vocab.TextProperty, vocab.ChoiceProperty, vocab.ChoicesProperty}
	number, date, time := []vocab.PropertyKind{vocab.NumberProperty}, []vocab.PropertyKind{vocab.DateProperty}, []vocab.PropertyKind{vocab.TimeProperty}
	return []part{
		{"isSet", c.IsSet != nil, "isSet", nil},
		{"anyOf", c.AnyOf != nil, "anyOf", texts},
		{"boolean", c.Boolean != nil, "boolean", []vocab.PropertyKind{vocab.BooleanProperty}},
		{"number", c.Number != nil, "number", number},
		{"numberFrom", c.NumberFrom != nil, "numbers", number},
		{"numberTo", c.NumberTo != nil, "numbers", number},
		{"dateFrom", c.DateFrom != nil, "dates", date},
		{"dateTo", c.DateTo != nil, "dates", date},
		{"timeAfter", c.TimeAfter != nil, "times", time},
		{"timeBefore", c.TimeBefore != nil, "times", time},
	}
}

// test checks that a condition has one test, which fits the property.
func (c PropertyCondition) test(p *ent.Property, path []string) (Test, error) {
	group := ""
	for _, one := range c.parts() {
		switch {
		case !one.isSet:
			continue
		case group != "" && group != one.group:
			return Test{}, errs.New(errs.Invalid, "Give one test, or a range of one kind.").On(path...)
		case one.kinds != nil && !oneOf(one.kinds, p.Kind):
			return Test{}, errs.New(errs.Invalid, "%s is a %s, which %s does not test.", p.Name, p.Kind, one.field).On(below(path, one.field)...)
		}
		group = one.group
	}
	if group == "" {
		return Test{}, errs.New(errs.Invalid, "Give one test, or a range of one kind.").On(path...)
	}
	return c.values(p, path)
}

func oneOf(kinds []vocab.PropertyKind, kind vocab.PropertyKind) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// values are what the condition asks for.
func (c PropertyCondition) values(p *ent.Property, path []string) (t Test, err error) {
	t.PropertyID = p.ID
	switch {
	case c.IsSet != nil:
		t.Lacks = !*c.IsSet
	case c.AnyOf != nil:
		t.keys, err = c.keys(p, path)
	case c.Boolean != nil:
		is, _ := booleanOf(*c.Boolean)
		t.from, t.to = is.number, is.number
	case c.Number != nil:
		t.from, t.to = c.Number, c.Number
	case c.NumberFrom != nil || c.NumberTo != nil:
		t.from, t.to = c.NumberFrom, c.NumberTo
	case c.DateFrom != nil || c.DateTo != nil:
		if t.from, err = dayOf(c.DateFrom, below(path, "dateFrom")); err == nil {
			t.to, err = dayOf(c.DateTo, below(path, "dateTo"))
		}
	default:
		t.from, t.below = milliseconds(c.TimeAfter), milliseconds(c.TimeBefore)
	}
	return t, err
}

func (c PropertyCondition) keys(p *ent.Property, path []string) ([]string, error) {
	switch n := len(c.AnyOf); {
	case n == 0:
		return nil, errs.New(errs.Required, "Pass at least one value.").On(below(path, "anyOf")...)
	case n > MaxOptions:
		return nil, errs.Exceeds(MaxOptions, "There are %d values; at most %d are allowed.", n, MaxOptions).On(below(path, "anyOf")...)
	}
	keys := make([]string, len(c.AnyOf))
	for i, text := range c.AnyOf {
		keys[i] = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
		if p.Kind == vocab.TextProperty {
			keys[i] = TextKey(strings.Join(strings.Fields(keys[i]), " "))
		}
	}
	return keys, nil
}

func dayOf(date *string, path []string) (*float64, error) {
	if date == nil {
		return nil, nil
	}
	v, err := dateOf(*date)
	switch e := errs.Of(err); {
	case e != nil:
		return nil, e.On(path...)
	case err != nil:
		return nil, err
	case v == nil:
		return nil, errs.New(errs.Invalid, "%q is not a date: write it like 2026-01-31.", *date).On(path...)
	}
	return v.number, nil
}

func milliseconds(at *clock.Micros) *float64 {
	if at == nil {
		return nil
	}
	v, _ := timeOf(*at)
	return v.number
}

// Records selects the records that have a value which meets the test, or, of a test that
// asks for none, those that have any.
func (t Test) Records(s *sql.Selector) *sql.Selector {
	d := sql.Dialect(s.Dialect())
	v := d.Table(propertyvalue.Table)
	where := []*sql.Predicate{sql.EQ(v.C(propertyvalue.FieldPropertyID), t.PropertyID)}
	text, number := v.C(propertyvalue.FieldTextKey), v.C(propertyvalue.FieldNumberKey)
	if t.keys != nil {
		where = append(where, sql.In(text, anys(t.keys)...))
	}
	for _, bound := range []struct {
		is      *float64
		compare func(string, any) *sql.Predicate
	}{{t.from, sql.GTE}, {t.to, sql.LTE}, {t.below, sql.LT}} {
		if bound.is != nil {
			where = append(where, bound.compare(number, *bound.is))
		}
	}
	return d.Select(v.C(propertyvalue.FieldRecordID)).From(v).Where(sql.And(where...))
}

// Narrow leaves of a query those whose id, in the column, has or lacks what the test
// asks for: each is looked up by itself.
func (t Test) Narrow(s *sql.Selector, column string) {
	records := t.Records(s)
	records.Where(sql.EQ(sql.Table(propertyvalue.Table).C(propertyvalue.FieldRecordID), sql.Expr(s.C(column))))
	if t.Lacks {
		s.Where(sql.Not(sql.Exists(records)))
		return
	}
	s.Where(sql.Exists(records))
}

// Found returns the records that meet a test that asks for a value, if they are at most
// limit; ok is false if there are more, or if it asks for none.
func (t Test) Found(ctx context.Context, client *ent.Client, limit int) (ids []string, ok bool, err error) {
	if t.Lacks {
		return nil, false, nil
	}
	q := client.PropertyValue.Query().Limit(limit + 1)
	q.Modify(func(s *sql.Selector) {
		if where := t.Records(s).P(); where != nil {
			s.Where(where)
		}
	})
	ids, err = q.Select(propertyvalue.FieldRecordID).Strings(ctx)
	return ids, err == nil && len(ids) <= limit, err
}

func anys(list []string) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}
