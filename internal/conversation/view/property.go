package view

import (
	"context"
	"slices"
	"strconv"

	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/vocab"
)

// propertyTest is a condition on a defined property that was checked (CR-11).
type propertyTest struct {
	property.Test
	// ofContact: it is on what the conversation's contact has; without a contact there is
	// nothing.
	ofContact bool
}

// condition is the test of a conversation. The row does not say what was written of
// properties, but it changes with that, and with its contact.
func (t propertyTest) condition() condition {
	column := "c.id"
	if t.ofContact {
		column = "c.contact_id"
	}
	return condition{mixed: true, sql: func(s *store.Statement, _ bool) string { return t.HoldsSQL(s, column) }}
}

// writeConversations writes which conversations have what the test asks for.
func (t propertyTest) writeConversations(s *store.Statement) string {
	if t.ofContact {
		return "SELECT id FROM conversations WHERE contact_id IN (" + t.RecordsSQL(s) + ")"
	}
	return "SELECT record_id AS id FROM (" + t.RecordsSQL(s) + ") meant"
}

// directories are the properties that filters name.
type directories struct{ conversation, contact property.Directory }

// onProperties is one of a filter's lists of conditions on properties.
type onProperties struct {
	field      string
	conditions *[]vocab.PropertyCondition
	known      property.Directory
	ofContact  bool
}

func (f *Filter) onProperties(known directories) []onProperties {
	return []onProperties{
		{"properties", &f.Properties, known.conversation, false},
		{"contactProperties", &f.ContactProperties, known.contact, true},
	}
}

// findProperties loads the properties that filters name, with all within them.
func (s *Service) findProperties(ctx context.Context, filters ...Filter) (known directories, err error) {
	var own, ofContact []vocab.PropertyCondition
	for _, f := range filters {
		f.someHas(func(g Filter) bool {
			own, ofContact = append(own, g.Properties...), append(ofContact, g.ContactProperties...)
			return false
		})
	}
	if known.conversation, err = property.Find(ctx, s.store.Client(ctx), vocab.PropertyOfConversation, own); err != nil {
		return known, err
	}
	known.contact, err = property.Find(ctx, s.store.Client(ctx), vocab.PropertyOfContact, ofContact)
	return known, err
}

// resolveProperties checks the conditions on properties that a selection's filters have.
// From then on they name them by their ids, so that a rename changes nothing.
func (s *Service) resolveProperties(ctx context.Context, sel Selection) (Selection, error) {
	filters, err := sel.filters()
	if err != nil {
		return sel, err
	}
	known, err := s.findProperties(ctx, filters...)
	if err != nil {
		return sel, err
	}
	for i, f := range filters {
		if filters[i], err = f.withTests(known, "filter"); err != nil {
			return sel, err
		}
	}
	if sel.Saved != nil {
		sel.savedFilter = &filters[0]
	}
	sel.Filter = filters[len(filters)-1]
	return sel, nil
}

// withTests is the filter with its conditions on properties as they are kept, and the
// tests that they make, and so are all within it.
func (f Filter) withTests(known directories, path ...string) (Filter, error) {
	f.Checked = nil
	for _, on := range f.onProperties(known) {
		kept, tests, err := on.known.Check(*on.conditions, append(slices.Clone(path), on.field)...)
		if err != nil {
			return f, err
		}
		*on.conditions = kept
		for _, t := range tests {
			f.Checked = append(f.Checked, propertyTest{t, on.ofContact})
		}
	}
	for field, list := range map[string]*[]Filter{"any": &f.Any, "not": &f.Not} {
		*list = slices.Clone(*list)
		for i, g := range *list {
			var err error
			if (*list)[i], err = g.withTests(known, append(slices.Clone(path), field, strconv.Itoa(i))...); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

// refuseArchived refuses archived properties that the filter before did not name (IB-7).
func (f Filter) refuseArchived(known directories, before Filter, path ...string) error {
	for _, on := range f.onProperties(known) {
		for i, c := range *on.conditions {
			if err := on.known.RefuseArchived(c, before.namesProperty, append(slices.Clone(path), on.field, strconv.Itoa(i))...); err != nil {
				return err
			}
		}
	}
	for field, list := range map[string][]Filter{"any": f.Any, "not": f.Not} {
		for i, g := range list {
			if err := g.refuseArchived(known, before, append(slices.Clone(path), field, strconv.Itoa(i))...); err != nil {
				return err
			}
		}
	}
	return nil
}

// namesProperty reports whether a saved filter, or one within it, names a property.
func (f Filter) namesProperty(propertyID string) bool {
	return f.someHas(func(g Filter) bool {
		return slices.ContainsFunc(slices.Concat(g.Properties, g.ContactProperties), func(c vocab.PropertyCondition) bool { return c.PropertyID == propertyID })
	})
}

// keepProperties has a filter that is to be saved name properties by their ids. Filters
// that a list would refuse stay as they are.
func (s *Service) keepProperties(ctx context.Context, f, before Filter) (Filter, error) {
	if f.checkValues() != nil {
		return f, nil
	}
	known, err := s.findProperties(ctx, f)
	if err != nil {
		return f, err
	}
	if err := f.refuseArchived(known, before, "filter"); err != nil {
		return f, err
	}
	return f.withTests(known, "filter")
}

// untested reports whether a filter, or one within it, has conditions on properties that
// were not checked.
func (f Filter) untested() bool {
	return f.someHas(func(g Filter) bool { return len(g.Checked) != len(g.Properties)+len(g.ContactProperties) })
}

// ReadsContacts reports whether what the plan shows depends on properties of contacts.
func (p *Plan) ReadsContacts() bool {
	return slices.ContainsFunc(p.Filters, func(f Filter) bool {
		return f.someHas(func(g Filter) bool { return len(g.ContactProperties) > 0 })
	})
}
