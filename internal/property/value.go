package property

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// PropertyValueInput is what a record is to have of a property: exactly one of the
// values is given, and null clears it.
type PropertyValueInput struct {
	Name    string
	Text    opt.Value[*string]       `json:",omitzero"`
	Number  opt.Value[*float64]      `json:",omitzero"`
	Date    opt.Value[*string]       `json:",omitzero"`
	Time    opt.Value[*clock.Micros] `json:",omitzero"`
	Boolean opt.Value[*bool]         `json:",omitzero"`
	Choice  opt.Value[*string]       `json:",omitzero"`
	Choices opt.Value[[]string]      `json:",omitzero"`
}

// stored is a value as the database has it: text is what is shown of it, and one of the
// keys is what it is compared by.
type stored struct {
	text   string
	key    *string
	number *float64
}

func (v stored) equals(other stored) bool {
	return v.text == other.text && same(v.key, other.key) && same(v.number, other.number)
}

func same[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// given is one of the fields of an input: its name, and what it says; null: nothing.
type given struct {
	field string
	isSet bool
	read  func(kind vocab.PropertyKind) (list []stored, err error)
}

func (in PropertyValueInput) fields() []given {
	return []given{
		{"text", in.Text.IsSet(), func(kind vocab.PropertyKind) ([]stored, error) { return one(in.Text.Value(), textOf(kind)) }},
		{"number", in.Number.IsSet(), func(vocab.PropertyKind) ([]stored, error) { return one(in.Number.Value(), numberOf) }},
		{"date", in.Date.IsSet(), func(vocab.PropertyKind) ([]stored, error) { return one(in.Date.Value(), dateOf) }},
		{"time", in.Time.IsSet(), func(vocab.PropertyKind) ([]stored, error) { return one(in.Time.Value(), timeOf) }},
		{"boolean", in.Boolean.IsSet(), func(vocab.PropertyKind) ([]stored, error) { return one(in.Boolean.Value(), booleanOf) }},
		{"choice", in.Choice.IsSet(), func(vocab.PropertyKind) ([]stored, error) { return one(in.Choice.Value(), choiceOf) }},
		{"choices", in.Choices.IsSet(), func(vocab.PropertyKind) ([]stored, error) { return choicesOf(in.Choices.Value()) }},
	}
}

// fieldOf is the field of inputs and values that belongs to a kind.
func fieldOf(kind vocab.PropertyKind) string {
	switch kind {
	case vocab.LongTextProperty:
		return "text"
	default:
		return strings.ToLower(string(kind))
	}
}

// readValue returns what the input says that a record has of a property; nothing: none.
// Errors blame the path, or a field below it.
func (in PropertyValueInput) readValue(p *ent.Property, path []string) ([]stored, error) {
	var said []given
	for _, f := range in.fields() {
		if f.isSet {
			said = append(said, f)
		}
	}
	wanted := fieldOf(p.Kind)
	switch {
	case len(said) != 1:
		return nil, errs.New(errs.Invalid, "Give exactly one value: %s has a %s, or null.", p.Name, wanted).On(path...)
	case said[0].field != wanted:
		return nil, errs.New(errs.Invalid, "%s is a %s: give a %s, or null.", p.Name, p.Kind, wanted).On(below(path, said[0].field)...)
	}
	list, err := said[0].read(p.Kind)
	if e := errs.Of(err); e != nil {
		return nil, e.On(below(path, said[0].field)...)
	}
	return list, err
}

func below(path []string, field string) []string { return append(append([]string{}, path...), field) }

// one is a value as it is stored; nil and what is empty: none.
func one[T any](value *T, store func(T) (*stored, error)) ([]stored, error) {
	if value == nil {
		return nil, nil
	}
	v, err := store(*value)
	if err != nil || v == nil {
		return nil, err
	}
	return []stored{*v}, nil
}

// maxKey is the most bytes of what texts are compared by: an index holds it.
const maxKey = 2_000

// TextKey is what a text of a property is compared by: without case.
func TextKey(text string) string {
	key := richtext.Caseless(text)
	if len(key) <= maxKey {
		return key
	}
	return strings.ToValidUTF8(key[:maxKey], "")
}

func textOf(kind vocab.PropertyKind) func(string) (*stored, error) {
	return func(text string) (*stored, error) {
		if kind == vocab.LongTextProperty {
			return longText(text)
		}
		clean, err := richtext.OneLine(text, MaxText)
		if errs.Is(err, errs.Required) {
			return nil, nil
		}
		key := TextKey(clean)
		return &stored{text: clean, key: &key}, err
	}
}

func longText(text string) (*stored, error) {
	if n := utf8.RuneCountInString(text); n > MaxLongText {
		return nil, errs.Exceeds(MaxLongText, "The text has %d characters; at most %d are allowed.", n, MaxLongText)
	}
	clean, err := richtext.Clean(text)
	if clean = strings.TrimSpace(clean); err != nil || clean == "" {
		return nil, err
	}
	return &stored{text: clean}, nil
}

func numberOf(number float64) (*stored, error) {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return nil, errs.New(errs.Invalid, "This is not a number.")
	}
	number += 0 // no negative zero
	return &stored{number: &number}, nil
}

func dateOf(date string) (*stored, error) {
	if date == "" {
		return nil, nil
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil || day.Year() < 1 {
		return nil, errs.New(errs.Invalid, "%q is not a date: write it like 2026-01-31.", errs.Clip(date))
	}
	days := float64(day.Unix() / int64(24*time.Hour/time.Second))
	return &stored{text: date, number: &days}, nil
}

func timeOf(at clock.Micros) (*stored, error) {
	ms := float64(at.Time().UnixMilli())
	return &stored{number: &ms}, nil
}

func booleanOf(is bool) (*stored, error) {
	number := 0.0
	if is {
		number = 1
	}
	return &stored{number: &number}, nil
}

func choiceOf(option string) (*stored, error) {
	if option == "" {
		return nil, nil
	}
	return &stored{text: option, key: &option}, nil
}

func choicesOf(options []string) ([]stored, error) {
	if n := len(options); n > MaxOptions {
		return nil, errs.Exceeds(MaxOptions, "There are %d options; at most %d are allowed.", n, MaxOptions)
	}
	var list []stored
	seen := map[string]bool{}
	for _, o := range options {
		if !seen[o] {
			seen[o] = true
			list = append(list, stored{text: o, key: &o})
		}
	}
	return list, nil
}
