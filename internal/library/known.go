package library

import (
	"context"
	"slices"
	"strings"

	entproperty "parley/ent/property"
	"parley/internal/errs"
	"parley/internal/library/placeholder"
	"parley/internal/vocab"
)

// meetingLink is where the sender can be booked.
const meetingLink = "user.meetingLink"

// object is what placeholders stand for fields of. One more kind of record joins here.
type object struct {
	name   string
	fields []string
	// properties are those that an account defines; "": it defines none.
	properties vocab.PropertyObject
	load       func(*facts, context.Context, []string) (map[string]string, string, error)
}

// objects are listed where a text names what there is not.
func objects() []object {
	return []object{
		{"contact", []string{"name", "firstName", "lastName", "email", "phone", "jobTitle", "language", "country", "city"}, vocab.PropertyOfContact, (*facts).contact},
		{"user", []string{"name", "firstName", "email", "meetingLink"}, "", (*facts).user},
		{"company", []string{"name", "domain", "industry", "country"}, vocab.PropertyOfCompany, (*facts).company},
		{"conversation", []string{"subject", "inbox"}, vocab.PropertyOfConversation, (*facts).conversation},
		{"ticket", []string{"number", "subject", "stage", "priority"}, vocab.PropertyOfTicket, (*facts).ticket},
		{"deal", []string{"name", "amount", "stage"}, vocab.PropertyOfDeal, (*facts).deal},
	}
}

// defined begins the names of defined properties: contact.properties.plan.
const defined = "properties."

// split is a placeholder's name as its object's and its field's.
func split(name string) (object, field string) {
	object, field, _ = strings.Cut(name, ".")
	return object, field
}

// knows returns which of the names stand for something.
func (s *Service) knows(ctx context.Context, names []string) (map[string]bool, error) {
	known := map[string]bool{}
	for _, o := range objects() {
		var properties []string
		for _, name := range names {
			of, field := split(name)
			property, isDefined := strings.CutPrefix(field, defined)
			switch {
			case of != o.name:
			case isDefined && o.properties != "":
				properties = append(properties, property)
			case slices.Contains(o.fields, field):
				known[name] = true
			}
		}
		if len(properties) == 0 {
			continue
		}
		found, err := s.store.Client(ctx).Property.Query().Where(entproperty.ObjectEQ(o.properties), entproperty.NameIn(properties...)).
			Select(entproperty.FieldName).Strings(ctx)
		if err != nil {
			return nil, err
		}
		for _, property := range found {
			known[o.name+"."+defined+property] = true
		}
	}
	return known, nil
}

// checkPlaceholders refuses braces that are no placeholder, and placeholders that stand
// for nothing: INVALID at path.
func (s *Service) checkPlaceholders(ctx context.Context, t placeholder.Template, path ...string) error {
	if len(t.Faults) > 0 {
		f := t.Faults[0]
		return errs.New(errs.Invalid, "Line %d, column %d: {{%s}} is not a placeholder. Write {{contact.firstName | \"there\"}}, or \\{{ for braces. %s",
			f.Line, f.Column, errs.Clip(f.Name), whatThereIs()).On(path...)
	}
	names := t.Names()
	if len(names) == 0 {
		return nil
	}
	known, err := s.knows(ctx, names)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !known[name] {
			line, column := t.Place(name)
			return errs.New(errs.Invalid, "Line %d, column %d: {{%s}} stands for nothing. %s", line, column, errs.Clip(name), whatThereIs()).On(path...)
		}
	}
	return nil
}

// whatThereIs lists the placeholders.
func whatThereIs() string {
	var names []string
	for _, o := range objects() {
		for _, field := range o.fields {
			names = append(names, o.name+"."+field)
		}
		if o.properties != "" {
			names = append(names, o.name+"."+defined+"NAME")
		}
	}
	return "There are: " + strings.Join(names, ", ") + "."
}
