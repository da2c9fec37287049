package property

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

const (
	maxLabel       = 100
	maxDescription = 500
)

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

func cleanName(name string) (string, error) {
	if name = strings.TrimSpace(name); !nameForm.MatchString(name) {
		return "", errs.New(errs.Invalid, "%q is not the name of a property: use 1 to 64 lower-case letters, digits, _ and -, beginning with a letter.", errs.Clip(name)).On("name")
	}
	return name, nil
}

func cleanDescription(text string) (string, error) {
	if n := utf8.RuneCountInString(text); n > maxDescription {
		return "", errs.Exceeds(maxDescription, "The description has %d characters; at most %d are allowed.", n, maxDescription).On("description")
	}
	clean, err := richtext.Clean(text, "description")
	return strings.TrimSpace(clean), err
}

// cleanOptions returns options as they are kept. Properties of other kinds than choices
// have none.
func cleanOptions(kind vocab.PropertyKind, inputs []PropertyOptionInput) ([]vocab.PropertyOption, error) {
	switch n := len(inputs); {
	case !kind.HasOptions() && n > 0:
		return nil, errs.New(errs.Invalid, "A property of kind %s has no options: omit them.", kind).On("options")
	case kind.HasOptions() && n == 0:
		return nil, errs.New(errs.Required, "Pass at least one option.").On("options")
	case n > MaxOptions:
		return nil, tooManyOptions(n)
	}
	options, seen := make([]vocab.PropertyOption, len(inputs)), map[string]bool{}
	for i, in := range inputs {
		var err error
		if options[i], err = in.clean("options", strconv.Itoa(i)); err != nil {
			return nil, err
		}
		if value := options[i].Value; seen[value] {
			return nil, errs.New(errs.Invalid, "The option %q is listed twice.", errs.Clip(value)).On("options", strconv.Itoa(i), "value")
		}
		seen[options[i].Value] = true
	}
	return options, nil
}

func tooManyOptions(n int) error {
	return errs.Exceeds(MaxOptions, "The property would have %d options; at most %d are allowed, archived ones included.", n, MaxOptions).On("options")
}

func (in PropertyOptionInput) clean(path ...string) (o vocab.PropertyOption, err error) {
	at := func(field string) []string { return append(append([]string{}, path...), field) }
	if o.Value, err = richtext.OneLine(in.Value, maxLabel, at("value")...); err != nil {
		return o, err
	}
	o.Label, o.Archived = o.Value, in.Archived != nil && *in.Archived
	if in.Label != nil {
		o.Label, err = richtext.OneLine(*in.Label, maxLabel, at("label")...)
	}
	return o, err
}

// withOld adds the options that are left out, archived, for records may have them.
func withOld(options, old []vocab.PropertyOption) ([]vocab.PropertyOption, error) {
	listed := map[string]bool{}
	for _, o := range options {
		listed[o.Value] = true
	}
	for _, o := range old {
		if !listed[o.Value] {
			o.Archived = true
			options = append(options, o)
		}
	}
	if n := len(options); n > MaxOptions {
		return nil, tooManyOptions(n)
	}
	return options, nil
}
