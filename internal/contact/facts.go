package contact

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// facts are what is known of a contact; "" is not known.
type facts struct {
	name, firstName, lastName, email, phone, avatarURL, externalID string
	jobTitle, ownerID, language, timeZone, country, city, stage    string
}

// givenFacts are the facts that a call gives; nil: it leaves them out.
type givenFacts struct {
	name, firstName, lastName, email, phone, avatarURL, externalID *string
	jobTitle, ownerID, language, timeZone, country, city, stage    *string
}

// fact is one of the facts: its name in events, where it stands, and how it is cleaned.
type fact struct {
	name  string
	is    *string
	given *string
	clean func(string) (string, error)
}

// all are the facts with what is given of them.
func (f *facts) all(g givenFacts) []fact {
	asIs := func(s string) (string, error) { return s, nil }
	return []fact{
		{"name", &f.name, g.name, func(s string) (string, error) { return CleanName(s, "name") }},
		{"firstName", &f.firstName, g.firstName, short("firstName")},
		{"lastName", &f.lastName, g.lastName, short("lastName")},
		{"email", &f.email, g.email, func(s string) (string, error) { return account.CleanEmail(s, "email") }},
		{"phone", &f.phone, g.phone, func(s string) (string, error) { return cleanPhone(s, "phone") }},
		{"avatarUrl", &f.avatarURL, g.avatarURL, asIs},
		{"externalId", &f.externalID, g.externalID, func(s string) (string, error) { return account.CleanExternalID(s, "externalId") }},
		{"jobTitle", &f.jobTitle, g.jobTitle, short("jobTitle")},
		{"owner", &f.ownerID, g.ownerID, asIs},
		{"language", &f.language, g.language, cleanLanguage},
		{"timeZone", &f.timeZone, g.timeZone, cleanZone},
		{"country", &f.country, g.country, func(s string) (string, error) { return account.CleanCountry(s, "country") }},
		{"city", &f.city, g.city, short("city")},
		{"lifecycleStage", &f.stage, g.stage, asIs},
	}
}

// maxShort is the most characters of names' parts, job titles and cities.
const maxShort = 100

func short(field string) func(string) (string, error) {
	return func(text string) (string, error) { return optionalLine(text, maxShort, field) }
}

func cleanLanguage(tag string) (string, error) {
	if tag == "" {
		return "", nil
	}
	parsed, err := language.Parse(tag)
	if err != nil || len(tag) > 35 {
		return "", errs.New(errs.Invalid, "%q is not a language; write it like \"de-AT\".", errs.Clip(tag)).On("language")
	}
	return parsed.String(), nil
}

func cleanZone(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	return name, account.CheckZone(name, "timeZone")
}

// with returns the facts with those given in their place, cleaned.
func (f facts) with(given givenFacts) (facts, error) {
	before := f
	var faults []error
	for _, one := range f.all(given) {
		if one.given != nil {
			value, err := one.clean(*one.given)
			*one.is, faults = value, append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return facts{}, err
	}
	f.joinNames(before, given)
	return f, nil
}

// mustBeKnown refuses a contact of whom nothing is known.
func (f facts) mustBeKnown() error {
	if f.name+f.email+f.phone+f.externalID == "" {
		return errs.New(errs.Required, "A contact needs a name, an e-mail address, a phone number or an external id.").On("name")
	}
	return nil
}

// joinNames has the name follow first and last name, if these are given and it is not.
// Another name by itself has no such parts: they are read from it.
func (f *facts) joinNames(before facts, given givenFacts) {
	parts := given.firstName != nil || given.lastName != nil
	switch {
	case !parts && f.name != before.name:
		f.firstName, f.lastName = "", ""
	case parts && given.name == nil:
		first, last := PartsOf(before.name, before.firstName, before.lastName)
		if given.firstName == nil {
			f.firstName = first
		}
		if given.lastName == nil {
			f.lastName = last
		}
		f.name = strings.TrimSpace(f.firstName + " " + f.lastName)
	}
}

// PartsOf returns first and last name: as they were set, or else the first word of the
// name and the rest of it.
func PartsOf(name, first, last string) (string, string) {
	if first+last == "" {
		first, last, _ = strings.Cut(name, " ")
	}
	return first, last
}

// differences names what differs from other.
func (f facts) differences(other facts) []string {
	var names []string
	others := other.all(givenFacts{})
	for i, one := range f.all(givenFacts{}) {
		if *one.is != *others[i].is {
			names = append(names, one.name)
		}
	}
	return names
}

// given are the facts that the call gives: null is what is not known, and REQUIRED as an
// address.
func (f ContactFacts) given() (givenFacts, error) {
	email, err := opt.NotNull(f.Email, "email")
	externalID := opt.OrZero(f.ExternalID)
	if sent := f.ExternalID.Value(); sent != nil && *sent == "" {
		externalID = nil // as if left out
	}
	return givenFacts{
		name: opt.OrZero(f.Name), firstName: opt.OrZero(f.FirstName), lastName: opt.OrZero(f.LastName), email: email, phone: opt.OrZero(f.Phone),
		avatarURL: opt.OrZero(f.AvatarURL), externalID: externalID, jobTitle: opt.OrZero(f.JobTitle), ownerID: opt.OrZero(f.OwnerID),
		language: opt.OrZero(f.Language), timeZone: opt.OrZero(f.TimeZone), country: opt.OrZero(f.Country), city: opt.OrZero(f.City),
		stage: (*string)(opt.OrZero(f.LifecycleStage)),
	}, errors.Join(err, f.checkLists())
}

// checkLists refuses one value beside the list of all.
func (f ContactFacts) checkLists() error {
	switch {
	case f.Emails.IsSet() && f.Email.IsSet():
		return errs.New(errs.Invalid, "Give email or emails, not both.").On("emails")
	case f.Phones.IsSet() && f.Phone.IsSet():
		return errs.New(errs.Invalid, "Give phone or phones, not both.").On("phones")
	}
	return nil
}

func factsOf(c *ent.Contact) facts {
	f := facts{
		name: c.Name, firstName: c.FirstName, lastName: c.LastName, email: c.Email, phone: c.Phone, avatarURL: c.AvatarURL, jobTitle: c.JobTitle,
		ownerID: c.OwnerID, language: c.Language, timeZone: c.TimeZone, country: c.Country, city: c.City, stage: string(c.LifecycleStage),
	}
	if c.ExternalID != nil {
		f.externalID = *c.ExternalID
	}
	return f
}

// setFacts puts facts into a contact.
func setFacts(c *ent.Contact, f facts) {
	c.Name, c.FirstName, c.LastName, c.Email, c.Phone, c.AvatarURL, c.ExternalID = f.name, f.firstName, f.lastName, f.email, f.phone, f.avatarURL, orNull(f.externalID)
	c.JobTitle, c.OwnerID, c.Language, c.TimeZone, c.Country, c.City = f.jobTitle, f.ownerID, f.language, f.timeZone, f.country, f.city
	c.LifecycleStage = vocab.LifecycleStage(f.stage)
}

// checkOwner refuses an owner who is no active user: NOT_FOUND, NOT_ELIGIBLE.
func checkOwner(ctx context.Context, tx *store.Tx, known, was facts) error {
	if known.ownerID == "" || known.ownerID == was.ownerID {
		return nil
	}
	_, err := account.ActiveUserIDs(ctx, tx, "ownerId", []string{known.ownerID})
	if e := errs.Of(err); e != nil {
		return e.On("ownerId")
	}
	return err
}

// order returns the items with the main one first: the one that is marked, or else the
// first. Two that are marked are INVALID.
func order[T any](items []T, isMain func(T) bool, field string) ([]T, error) {
	list := slices.Clone(items)
	main := -1
	for i, item := range list {
		switch {
		case !isMain(item):
		case main >= 0:
			return nil, errs.New(errs.Invalid, "Two of %s are primary; at most one is.", field).On(field)
		default:
			main = i
		}
	}
	if main > 0 {
		first := list[main]
		list = slices.Insert(slices.Delete(list, main, main+1), 0, first)
	}
	return list, nil
}
