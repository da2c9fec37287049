package transfer

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	entproperty "parley/ent/property"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// names are what programs call the columns of contacts, by what they are: without case,
// spaces and signs.
var names = map[string]vocab.ContactImportField{
	"externalid": vocab.ImportExternalID, "id": vocab.ImportExternalID, "customerid": vocab.ImportExternalID, "recordid": vocab.ImportExternalID,
	"contactid": vocab.ImportExternalID,
	"email":     vocab.ImportEmail, "emailaddress": vocab.ImportEmail, "mail": vocab.ImportEmail, "primaryemail": vocab.ImportEmail,
	"emails": vocab.ImportOtherEmails, "otheremails": vocab.ImportOtherEmails, "additionalemailaddresses": vocab.ImportOtherEmails,
	"name": vocab.ImportName, "fullname": vocab.ImportName, "displayname": vocab.ImportName,
	"firstname": vocab.ImportFirstName, "givenname": vocab.ImportFirstName, "vorname": vocab.ImportFirstName, "prenom": vocab.ImportFirstName,
	"lastname": vocab.ImportLastName, "surname": vocab.ImportLastName, "familyname": vocab.ImportLastName, "nachname": vocab.ImportLastName,
	"phone": vocab.ImportPhone, "phonenumber": vocab.ImportPhone, "mobile": vocab.ImportPhone, "mobilephone": vocab.ImportPhone, "telephone": vocab.ImportPhone,
	"jobtitle": vocab.ImportJobTitle, "title": vocab.ImportJobTitle, "position": vocab.ImportJobTitle,
	"owner": vocab.ImportOwner, "contactowner": vocab.ImportOwner,
	"language": vocab.ImportLanguage, "locale": vocab.ImportLanguage, "preferredlanguage": vocab.ImportLanguage,
	"timezone": vocab.ImportTimeZone, "country": vocab.ImportCountry, "countrycode": vocab.ImportCountry, "city": vocab.ImportCity,
	"lifecyclestage": vocab.ImportLifecycleStage, "stage": vocab.ImportLifecycleStage,
	"company": vocab.ImportCompany, "companyname": vocab.ImportCompany, "organization": vocab.ImportCompany, "organisation": vocab.ImportCompany, "firma": vocab.ImportCompany,
	"companydomain": vocab.ImportCompanyDomain, "companydomainname": vocab.ImportCompanyDomain, "companywebsite": vocab.ImportCompanyDomain,
	"avatarurl": vocab.ImportAvatarURL, "avatar": vocab.ImportAvatarURL, "picture": vocab.ImportAvatarURL,
}

// Column is a column of a file, with what it is taken for.
type Column = vocab.ContactImportColumn

// ColumnInput says what a column is.
type ColumnInput struct {
	Column   string
	Field    *vocab.ContactImportField
	Property *string
}

// suggest takes each column for what its name says, each field once.
func suggest(header []string, properties []*ent.Property) []Column {
	list, taken := make([]Column, len(header)), map[vocab.ContactImportField]bool{}
	for i, name := range header {
		list[i].Name = name
		if p := propertyCalled(name, properties); p != nil {
			list[i].Property = &p.Name
			continue
		}
		if field, known := names[plain(name)]; known && !taken[field] {
			taken[field] = true
			list[i].Field = &field
		}
	}
	return list
}

// plain is a name without case, spaces, accents and signs.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, richtext.Caseless(name))
}

// propertyCalled is the property that has a name or label.
func propertyCalled(name string, properties []*ent.Property) *ent.Property {
	for _, p := range properties {
		if p.Name == name || strings.EqualFold(p.Label, name) {
			return p
		}
	}
	return nil
}

// chosen are the columns as inputs say. Errors are on columns, by their place.
func chosen(header []string, inputs []ColumnInput, properties []*ent.Property) ([]Column, error) {
	list := make([]Column, len(header))
	for i, name := range header {
		list[i].Name = name
	}
	taken := map[string]bool{}
	for i, in := range inputs {
		at := func(field string) []string { return []string{"columns", strconv.Itoa(i), field} }
		place := slices.Index(header, strings.Join(strings.Fields(in.Column), " "))
		switch {
		case place < 0:
			return nil, errs.New(errs.NotFound, "The file has no column %q.", errs.Clip(in.Column)).On(at("column")...)
		case list[place].Field != nil || list[place].Property != nil:
			return nil, errs.New(errs.Invalid, "The column %q is listed twice.", errs.Clip(in.Column)).On(at("column")...)
		case (in.Field == nil) == (in.Property == nil):
			return nil, errs.New(errs.Invalid, "Give either field or property; leave a column out to pass it over.").On("columns", strconv.Itoa(i))
		}
		what, field := "", "field"
		if in.Field != nil {
			what = "field " + string(*in.Field)
		} else {
			what, field = "property "+*in.Property, "property"
			if !slices.ContainsFunc(properties, func(p *ent.Property) bool { return p.Name == *in.Property }) {
				return nil, errs.New(errs.NotFound, "Contacts have no property %q that is not archived.", errs.Clip(*in.Property)).On(at("property")...)
			}
		}
		if taken[what] {
			return nil, errs.New(errs.Invalid, "Two columns are the %s.", errs.Clip(what)).On(at(field)...)
		}
		taken[what] = true
		list[place].Field, list[place].Property = in.Field, in.Property
	}
	return list, nil
}

// checkKeys refuses a mapping that finds no contact again.
func checkKeys(columns []Column) error {
	if slices.ContainsFunc(columns, func(c Column) bool {
		return c.Field != nil && (*c.Field == vocab.ImportExternalID || *c.Field == vocab.ImportEmail)
	}) {
		return nil
	}
	return errs.New(errs.Required, "One column must be the EXTERNAL_ID or the EMAIL, by which contacts are found again.").On("columns")
}

// contactProperties are the account's properties of contacts that are in use.
func contactProperties(ctx context.Context, client *ent.Client) ([]*ent.Property, error) {
	return client.Property.Query().Where(entproperty.ObjectEQ(vocab.PropertyOfContact), entproperty.ArchivedAt(0)).
		Order(entproperty.ByID()).All(ctx)
}
