package targeting

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

const (
	// maxFields is the most properties that a message asks for (TM-5).
	maxFields = 5
	maxLabel  = 100 // characters
)

// cleanFields returns what a message asks for beside an address as it is kept.
func cleanFields(given []vocab.CaptureField) ([]vocab.CaptureField, error) {
	list := slices.Clone(given)
	var faults []error
	properties, seen := 0, map[vocab.CaptureFieldKind]bool{}
	for i, f := range list {
		at := func(field string) []string { return []string{"emailCapture", "fields", strconv.Itoa(i), field} }
		list[i].Property = strings.TrimSpace(f.Property)
		if strings.TrimSpace(f.Label) != "" {
			label, err := richtext.OneLine(f.Label, maxLabel, at("label")...)
			list[i].Label, faults = label, append(faults, err)
		} else {
			list[i].Label = ""
		}
		if f.When == "" {
			list[i].When = vocab.FieldBeforeChat
		}
		isProperty := f.Kind == vocab.CaptureProperty
		if isProperty {
			properties++
		}
		switch {
		case isProperty && list[i].Property == "":
			faults = append(faults, errs.New(errs.Required, "Choose the property to ask for.").On(at("property")...))
		case !isProperty && list[i].Property != "":
			faults = append(faults, errs.New(errs.Invalid, "A property is chosen, but the field's kind is not PROPERTY.").On(at("property")...))
		case !isProperty && seen[f.Kind]:
			faults = append(faults, errs.New(errs.Invalid, "%s is asked for twice.", f.Kind).On(at("kind")...))
		}
		seen[f.Kind] = true
	}
	if properties > maxFields {
		return nil, errs.Exceeds(maxFields, "There are %d properties; at most %d are allowed.", properties, maxFields).On("emailCapture", "fields")
	}
	return list, errors.Join(faults...)
}

// nameFields has fields name properties by their ids, if there are such properties.
func nameFields(ctx context.Context, client *ent.Client, fields []vocab.CaptureField) ([]vocab.CaptureField, error) {
	var given []string
	for _, f := range fields {
		if f.Property != "" {
			given = append(given, f.Property)
		}
	}
	found, err := property.Lookup(ctx, client, vocab.PropertyOfContact, given)
	if err != nil {
		return nil, err
	}
	fields = slices.Clone(fields)
	for i, f := range fields {
		if p := found[f.Property]; p != nil {
			fields[i].PropertyID, fields[i].Property = p.ID, ""
		}
	}
	return fields, nil
}

// knowsFields refuses properties that there are not, that are asked for twice, and archived
// ones that were not asked for before (IB-7).
func knowsFields(ctx context.Context, client *ent.Client, before, fields []vocab.CaptureField) error {
	if slices.Equal(before, fields) {
		return nil
	}
	found, err := property.Lookup(ctx, client, vocab.PropertyOfContact, PropertiesOf(fields))
	if err != nil {
		return err
	}
	var faults []error
	seen := map[string]bool{}
	for i, f := range fields {
		if f.Kind != vocab.CaptureProperty {
			continue
		}
		p := found[f.PropertyID]
		var fault *errs.Error
		switch asked := func(b vocab.CaptureField) bool { return b.PropertyID == f.PropertyID }; {
		case p == nil:
			fault = errs.New(errs.NotFound, "%s has no property %q.", vocab.PropertyOfContact, errs.Clip(f.Property+f.PropertyID))
		case seen[p.ID]:
			fault = errs.New(errs.Invalid, "The property %q is asked for twice.", p.Name)
		case p.ArchivedAt.IsSet() && !slices.ContainsFunc(before, asked):
			fault = errs.New(errs.Invalid, "The property %q is archived: it is no longer asked for.", p.Name)
		}
		if fault != nil {
			faults = append(faults, fault.On("emailCapture", "fields", strconv.Itoa(i), "property"))
		}
		seen[f.PropertyID] = true
	}
	return errors.Join(faults...)
}

// PropertiesOf are the ids of the properties that are asked for.
func PropertiesOf(fields []vocab.CaptureField) []string {
	var ids []string
	for _, f := range fields {
		if f.PropertyID != "" {
			ids = append(ids, f.PropertyID)
		}
	}
	return ids
}
