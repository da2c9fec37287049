package crm

import (
	"context"
	"errors"
	"strconv"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/vocab"
)

// cleanPresetProperties returns what a preset has of defined properties as it is kept: by
// their ids. Errors blame fields below the path.
func cleanPresetProperties(ctx context.Context, client *ent.Client, list []vocab.PresetProperty, path ...string) ([]vocab.PresetProperty, error) {
	if n := len(list); n > MaxProperties {
		return nil, errs.Exceeds(MaxProperties, "There are %d properties; at most %d are allowed.", n, MaxProperties).On(path...)
	}
	named := make([]string, len(list))
	for i, d := range list {
		named[i] = d.PropertyID
	}
	found, err := property.Lookup(ctx, client, vocab.PropertyOfTicket, named)
	if err != nil {
		return nil, err
	}
	var clean []vocab.PresetProperty
	var faults []error
	seen := map[string]bool{}
	for i, d := range list {
		place := at(path, strconv.Itoa(i))
		kept, err := cleanPresetProperty(found[d.PropertyID], d, place)
		if err == nil && seen[kept.PropertyID] {
			err = errs.New(errs.Invalid, "The property is listed twice; list it once.").On(at(place, "property")...)
		}
		seen[kept.PropertyID] = true
		clean, faults = append(clean, kept), append(faults, err)
	}
	return clean, errors.Join(faults...)
}

func cleanPresetProperty(p *ent.Property, d vocab.PresetProperty, place []string) (vocab.PresetProperty, error) {
	switch {
	case p == nil:
		return d, errs.New(errs.NotFound, "Tickets have no property %q: createProperty defines one.", errs.Clip(d.PropertyID)).On(at(place, "property")...)
	case p.ArchivedAt.IsSet():
		return d, errs.New(errs.Invalid, "The property %q is archived.", p.Name).On(at(place, "property")...)
	}
	value, err := property.CleanText(p, d.Value)
	if e := errs.Of(err); e != nil {
		return d, e.On(at(place, "value")...)
	}
	if err == nil && value == "" {
		err = errs.New(errs.Required, "Say which value tickets have of it.").On(at(place, "value")...)
	}
	return vocab.PresetProperty{PropertyID: p.ID, Value: value}, err
}

// presetProperties are those that presets name, by their ids.
func presetProperties(ctx context.Context, client *ent.Client, presets []*vocab.TicketPreset) (map[string]*ent.Property, error) {
	var ids []string
	for _, p := range presets {
		for _, d := range p.Defined {
			ids = append(ids, d.PropertyID)
		}
	}
	return property.Lookup(ctx, client, vocab.PropertyOfTicket, ids)
}

// setPresetProperties gives a new ticket what its preset says of defined properties, but for
// those that were archived since: no mail is lost over them.
func setPresetProperties(ctx context.Context, tx *store.Tx, ticketID string, list []vocab.PresetProperty) error {
	found, err := presetProperties(ctx, tx.Client, []*vocab.TicketPreset{{Defined: list}})
	if err != nil {
		return err
	}
	kept := make([]property.Kept, len(list))
	for i, d := range list {
		kept[i] = property.Kept{Of: found[d.PropertyID], Text: d.Value}
	}
	return property.SetKept(ctx, tx, ticketID, kept)
}
