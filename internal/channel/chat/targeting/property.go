package targeting

import (
	"context"
	"reflect"
	"slices"
	"strconv"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/routing"
	"parley/internal/vocab"
)

// nameProperties has a message's conditions and fields, and its routing, name properties by
// their ids: so they may have other names later (CR-11).
func nameProperties(ctx context.Context, client *ent.Client, m *ent.TargetedMessage) error {
	known, err := findProperties(ctx, client, m)
	if err != nil {
		return err
	}
	m.ContactProperties = slices.Clone(m.ContactProperties)
	for i, c := range m.ContactProperties {
		m.ContactProperties[i] = known.Name(c)
	}
	if m.EmailCapture.Fields, err = nameFields(ctx, client, m.EmailCapture.Fields); err != nil {
		return err
	}
	return routing.NameProperties(ctx, client, &m.Routing)
}

// findProperties loads the properties of contacts that messages name.
func findProperties(ctx context.Context, client *ent.Client, messages ...*ent.TargetedMessage) (property.Directory, error) {
	var all []vocab.PropertyCondition
	for _, m := range messages {
		all = append(all, m.ContactProperties...)
	}
	return property.Find(ctx, client, vocab.PropertyOfContact, all)
}

// knowsProperties refuses conditions on properties that there are not, that do not fit
// them, and on archived ones that the message did not name before (IB-7).
func knowsProperties(ctx context.Context, client *ent.Client, before, m *ent.TargetedMessage) error {
	if reflect.DeepEqual(before.ContactProperties, m.ContactProperties) {
		return nil
	}
	known, err := findProperties(ctx, client, m)
	if err != nil {
		return err
	}
	namedBefore := func(propertyID string) bool {
		return slices.ContainsFunc(before.ContactProperties, func(c vocab.PropertyCondition) bool { return c.PropertyID == propertyID })
	}
	for i, c := range m.ContactProperties {
		if err := known.RefuseArchived(c, namedBefore, "contactProperties", strconv.Itoa(i)); err != nil {
			return err
		}
	}
	_, _, err = known.Check(m.ContactProperties, "contactProperties")
	return err
}

// cleanConditions bounds a message's conditions, so that their properties can be looked up.
func cleanConditions(given []*vocab.PropertyCondition) ([]vocab.PropertyCondition, error) {
	if n := len(given); n > property.MaxConditions {
		return nil, errs.Exceeds(property.MaxConditions, "There are %d conditions; at most %d are allowed.", n, property.MaxConditions).On("contactProperties")
	}
	conditions := make([]vocab.PropertyCondition, len(given))
	for i, c := range given {
		conditions[i] = *c
	}
	return conditions, nil
}

// MeetsProperties returns the messages, by their ids, of which a contact meets the
// conditions on properties, as it is stored now; "": a visitor who has nothing. Conditions
// that do not hold together are met by no one.
//
//errors:contained
func MeetsProperties(ctx context.Context, client *ent.Client, messages []*ent.TargetedMessage, contactID string) (map[string]bool, error) {
	known, err := findProperties(ctx, client, messages...)
	if err != nil {
		return nil, err
	}
	meets := map[string]bool{}
	var tests []property.Test
	var of []string
	for _, m := range messages {
		_, wanted, err := known.Check(m.ContactProperties)
		if err != nil && errs.Of(err) == nil {
			return nil, err
		}
		meets[m.ID] = err == nil
		for _, t := range wanted {
			tests, of = append(tests, t), append(of, m.ID)
		}
	}
	met, err := property.Met(ctx, client, contactID, tests)
	for i, holds := range met {
		meets[of[i]] = meets[of[i]] && holds
	}
	return meets, err
}

// narrowsNoMore reports whether whoever meets the later message's conditions on properties
// meets the earlier one's.
func narrowsNoMore(earlier, later *ent.TargetedMessage) bool {
	return !slices.ContainsFunc(earlier.ContactProperties, func(c vocab.PropertyCondition) bool {
		return !slices.ContainsFunc(later.ContactProperties, func(d vocab.PropertyCondition) bool { return reflect.DeepEqual(c, d) })
	})
}
