package property

import (
	"strconv"
	"strings"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// FromText is the input by which a record gets a value that was written as a text (BT-4): a
// number, a day such as 2026-01-31, a time as in RFC 3339, true or false, an option's value or
// label, or several, one a line. INVALID, without a field, where it is none.
func FromText(p *ent.Property, text string) (PropertyValueInput, error) {
	in := PropertyValueInput{Name: p.Name}
	var err error
	switch p.Kind {
	case vocab.TextProperty, vocab.LongTextProperty:
		if p.Kind == vocab.TextProperty {
			text = strings.Join(strings.Fields(text), " ")
		}
		in.Text = opt.Of(text)
	case vocab.NumberProperty:
		n, wrong := strconv.ParseFloat(text, 64)
		in.Number, err = opt.Of(n), wrong
	case vocab.DateProperty:
		in.Date = opt.Of(text)
		_, err = dateOf(text)
	case vocab.BooleanProperty:
		is, wrong := strconv.ParseBool(strings.ToLower(text))
		in.Boolean, err = opt.Of(is), wrong
	case vocab.TimeProperty:
		at, wrong := time.Parse(time.RFC3339, text)
		in.Time, err = opt.Of(clock.Of(at)), wrong
	case vocab.ChoiceProperty:
		option, err := chosen(p, text)
		if err != nil {
			return in, err
		}
		in.Choice = opt.Of(option)
	case vocab.ChoicesProperty:
		var options []string
		for _, line := range strings.Split(text, "\n") {
			option, err := chosen(p, line)
			if err != nil {
				return in, err
			}
			options = append(options, option)
		}
		in.Choices = opt.List(options...)
	}
	if err != nil {
		return in, errs.New(errs.Invalid, "%q is not a %s.", errs.Clip(text), strings.ToLower(string(p.Kind)))
	}
	_, err = in.readValue(p, nil)
	return in, err
}

// chosen is the option that has a value or label, unless it is archived.
func chosen(p *ent.Property, text string) (string, error) {
	i := optionOf(p, text)
	for j, o := range p.Options {
		if i < 0 && strings.EqualFold(o.Label, text) {
			i = j
		}
	}
	if i < 0 || p.Options[i].Archived {
		return "", errs.New(errs.Invalid, "%q is not an option of %s.", errs.Clip(text), p.Name)
	}
	return p.Options[i].Value, nil
}

// CleanText returns a value that was written as a text as it is kept, such that FromText
// takes it again; "": none. Errors are FromText's.
func CleanText(p *ent.Property, text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	if p.Kind != vocab.LongTextProperty && p.Kind != vocab.TextProperty && p.Kind != vocab.ChoicesProperty {
		text = strings.TrimSpace(text)
	}
	in, err := FromText(p, text)
	if err != nil {
		return "", err
	}
	switch p.Kind {
	case vocab.NumberProperty:
		return strconv.FormatFloat(*in.Number.Value(), 'f', -1, 64), nil
	case vocab.BooleanProperty:
		return strconv.FormatBool(*in.Boolean.Value()), nil
	case vocab.TimeProperty:
		return in.Time.Value().Time().Format(time.RFC3339Nano), nil
	}
	list, err := in.readValue(p, nil)
	lines := make([]string, len(list))
	for i, v := range list {
		lines[i] = v.text
	}
	return strings.Join(lines, "\n"), err
}
