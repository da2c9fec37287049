package crm

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// Limits of a ticket preset; lengths in characters.
const (
	MaxName       = 100 // of a pipeline, a stage, a property
	MaxValue      = 1_000
	MaxProperties = 50
)

var priorities = []vocab.Priority{vocab.PriorityNone, vocab.PriorityLow, vocab.PriorityNormal, vocab.PriorityHigh, vocab.PriorityUrgent}

// CleanPreset returns what the tickets of an e-mail channel begin with as it is
// kept (EM-3): texts on one line, NONE where no priority is given. The errors are
// joined and blame fields below at: REQUIRED, TOO_LONG, INVALID.
func CleanPreset(p vocab.TicketPreset, at ...string) (*vocab.TicketPreset, error) {
	clean := &vocab.TicketPreset{Priority: p.Priority}
	if clean.Priority == "" {
		clean.Priority = vocab.PriorityNone
	}
	var faults []error
	line := func(text string, least, most int, field ...string) string {
		text, err := oneLine(text, least, most, append(slices.Clone(at), field...))
		faults = append(faults, err)
		return text
	}
	clean.Pipeline = line(p.Pipeline, 1, MaxName, "pipeline")
	clean.Stage = line(p.Stage, 1, MaxName, "stage")
	if !slices.Contains(priorities, clean.Priority) {
		faults = append(faults, errs.New(errs.Invalid, "There is no priority %q.", errs.Clip(string(p.Priority))).On(append(slices.Clone(at), "priority")...))
	}
	if n := len(p.Properties); n > MaxProperties {
		return nil, errs.Exceeds(MaxProperties, "There are %d properties; at most %d are allowed.", n, MaxProperties).On(append(slices.Clone(at), "properties")...)
	}
	for i, property := range p.Properties {
		place := strconv.Itoa(i)
		property.Name = line(property.Name, 1, MaxName, "properties", place, "name")
		property.Value = line(property.Value, 0, MaxValue, "properties", place, "value")
		if slices.ContainsFunc(clean.Properties, func(other vocab.TicketProperty) bool { return other.Name == property.Name }) {
			faults = append(faults, errs.New(errs.Invalid, "The property is listed twice; list it once.").On(append(slices.Clone(at), "properties", place, "name")...))
		}
		clean.Properties = append(clean.Properties, property)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return clean, nil
}

// oneLine returns a text on one line, of least to most characters.
func oneLine(text string, least, most int, field []string) (string, error) {
	if n := utf8.RuneCountInString(text); n > most {
		return "", errs.Exceeds(most, "The text has %d characters; at most %d are allowed.", n, most).On(field...)
	}
	clean, err := richtext.Clean(text, field...)
	if err != nil {
		return "", err
	}
	if clean = strings.Join(strings.Fields(clean), " "); len(clean) < least {
		return "", errs.New(errs.Required, "Enter a text.").On(field...)
	}
	return clean, nil
}
