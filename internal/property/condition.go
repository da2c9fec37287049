package property

import (
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// MaxConditions is the most conditions of a filter.
const MaxConditions = 20

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

// part is a field of a condition.
type part struct {
	field string
	isSet bool
	// group are parts that go together.
	group string
	kinds []vocab.PropertyKind
}

func partsOf(c vocab.PropertyCondition) []part {
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

// On checks a condition against the property that it is on, whatever it calls it: it has one
// test, which fits the property. Errors blame the path: INVALID, TOO_LONG.
func On(c vocab.PropertyCondition, p *ent.Property, path ...string) (Test, error) {
	group := ""
	for _, one := range partsOf(c) {
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
	return valuesAsked(c, p, path)
}

func oneOf(kinds []vocab.PropertyKind, kind vocab.PropertyKind) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}

// valuesAsked are what the condition asks for.
func valuesAsked(c vocab.PropertyCondition, p *ent.Property, path []string) (t Test, err error) {
	t.PropertyID = p.ID
	switch {
	case c.IsSet != nil:
		t.Lacks = !*c.IsSet
	case c.AnyOf != nil:
		t.keys, err = keysAsked(c, p, path)
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

func keysAsked(c vocab.PropertyCondition, p *ent.Property, path []string) ([]string, error) {
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
