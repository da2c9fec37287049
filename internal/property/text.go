package property

import (
	"strconv"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// FromText is the input by which a record gets a value that was written as a text (BT-4): a
// number, a day such as 2026-01-31, true or false, or an option's value or label. INVALID,
// without a field, where it is none, and for kinds that texts do not fit.
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
	case vocab.ChoiceProperty, vocab.ChoicesProperty:
		i := optionOf(p, text)
		for j, o := range p.Options {
			if i < 0 && strings.EqualFold(o.Label, text) {
				i = j
			}
		}
		if i < 0 || p.Options[i].Archived {
			return in, errs.New(errs.Invalid, "%q is not an option of %s.", errs.Clip(text), p.Name)
		}
		if p.Kind == vocab.ChoiceProperty {
			in.Choice = opt.Of(p.Options[i].Value)
		} else {
			in.Choices = opt.List(p.Options[i].Value)
		}
	default:
		return in, errs.New(errs.Invalid, "%s is a %s: a text cannot be its value.", p.Name, p.Kind)
	}
	if err != nil {
		return in, errs.New(errs.Invalid, "%q is not a %s.", errs.Clip(text), strings.ToLower(string(p.Kind)))
	}
	_, err = in.readValue(p, nil)
	return in, err
}
