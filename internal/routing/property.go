package routing

import (
	"context"
	"slices"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/vocab"
)

// definedIn are the conditions of a routing on defined properties of the contact, as many
// as one may have.
func definedIn(r vocab.Routing) (all []*vocab.PropertyCondition) {
	for _, rule := range r.Rules {
		for _, c := range rule.Conditions {
			if c.Defined != nil && len(all) < MaxRules*MaxConditions {
				all = append(all, c.Defined)
			}
		}
	}
	return all
}

func findProperties(ctx context.Context, client *ent.Client, r vocab.Routing) (property.Directory, error) {
	var all []vocab.PropertyCondition
	for _, c := range definedIn(r) {
		all = append(all, *c)
	}
	return property.Find(ctx, client, vocab.PropertyOfContact, all)
}

// NameProperties has the conditions of a routing name properties by their ids, as far as
// there are such properties: so they may have other names later (CR-11). Check says what
// is wrong with the others.
func NameProperties(ctx context.Context, client *ent.Client, r *vocab.Routing) error {
	known, err := findProperties(ctx, client, *r)
	if err != nil {
		return err
	}
	r.Rules = slices.Clone(r.Rules)
	for i := range r.Rules {
		conditions := slices.Clone(r.Rules[i].Conditions)
		for j, c := range conditions {
			if c.Defined != nil {
				conditions[j].Defined = new(known.Name(*c.Defined))
			}
		}
		r.Rules[i].Conditions = conditions
	}
	return nil
}

// checkDefined refuses a condition on a property that there is not, that does not fit it,
// and on an archived one that the routing did not name before (IB-7).
func (d *directory) checkDefined(c vocab.PropertyCondition, at []string) error {
	if err := d.properties.RefuseArchived(c, func(propertyID string) bool { return d.kept[propertyID] }, at...); err != nil {
		return err
	}
	_, _, err := d.properties.CheckOne(c, at...)
	return err
}

// readDefined reads which conditions on defined properties a contact meets; "": one who
// has nothing. What does not hold together is met by no one.
//
//errors:contained
func (r Router) readDefined(ctx context.Context, contactID string, rules vocab.Routing) (map[*vocab.PropertyCondition]bool, error) {
	known, err := findProperties(ctx, r.Client, rules)
	if err != nil {
		return nil, err
	}
	var conditions []*vocab.PropertyCondition
	var tests []property.Test
	for _, c := range definedIn(rules) {
		_, test, err := known.CheckOne(*c)
		switch {
		case err == nil:
			conditions, tests = append(conditions, c), append(tests, test)
		case errs.Of(err) == nil:
			return nil, err
		}
	}
	met, err := property.Met(ctx, r.Client, contactID, tests)
	if err != nil {
		return nil, err
	}
	holds := map[*vocab.PropertyCondition]bool{}
	for i, c := range conditions {
		holds[c] = met[i]
	}
	return holds, nil
}
