package transfer

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"parley/ent"
	entcompany "parley/ent/company"
	"parley/ent/companydomain"
	entuser "parley/ent/user"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/property"
	"parley/internal/vocab"
)

// record is a contact with what belongs to it.
type record struct {
	*ent.Contact
	owner      string // address
	company    string // name
	domain     string // the company's main one
	emails     []*contact.Address
	phones     []*contact.Phone
	properties []*property.Value
}

// records load what belongs to contacts: with six queries, however many there are.
func (s *Service) records(ctx context.Context, contacts []*ent.Contact) ([]record, error) {
	if len(contacts) == 0 {
		return nil, nil
	}
	ids, owners := make([]string, len(contacts)), []string{}
	for i, c := range contacts {
		ids[i] = c.ID
		if c.OwnerID != "" {
			owners = append(owners, c.OwnerID)
		}
	}
	emails, err := s.contacts.EmailAddresses(ctx, contacts)
	if err != nil {
		return nil, err
	}
	phones, err := s.contacts.Phones(ctx, contacts)
	if err != nil {
		return nil, err
	}
	values, err := s.properties.Of(ctx, vocab.PropertyOfContact, ids, nil)
	if err != nil {
		return nil, err
	}
	users, err := s.store.Client(ctx).User.Query().Where(entuser.IDIn(owners...)).All(ctx)
	if err != nil {
		return nil, err
	}
	addresses := map[string]string{}
	for _, u := range users {
		addresses[u.ID] = u.Email
	}
	companies, domains, err := companiesOf(ctx, s.store.Client(ctx), contacts)
	if err != nil {
		return nil, err
	}
	list := make([]record, len(contacts))
	for i, c := range contacts {
		list[i] = record{c, addresses[c.OwnerID], companies[c.CompanyID], domains[c.CompanyID], emails[i], phones[i], values[i]}
	}
	return list, nil
}

// companiesOf are the names and main domains of contacts' companies, by their ids.
func companiesOf(ctx context.Context, client *ent.Client, contacts []*ent.Contact) (names, domains map[string]string, err error) {
	var ids []string
	for _, c := range contacts {
		if c.CompanyID != "" {
			ids = append(ids, c.CompanyID)
		}
	}
	names, domains = map[string]string{}, map[string]string{}
	if len(ids) == 0 {
		return names, domains, nil
	}
	companies, err := client.Company.Query().Where(entcompany.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range companies {
		names[c.ID] = c.Name
	}
	rows, err := client.CompanyDomain.Query().Where(companydomain.CompanyIDIn(ids...)).Order(companydomain.ByPlace()).All(ctx)
	for _, d := range rows {
		if domains[d.CompanyID] == "" {
			domains[d.CompanyID] = d.Domain
		}
	}
	return names, domains, err
}

// column is a column of an export: its name, which an import knows, and its cell.
type column struct {
	name string
	cell func(r record) string
}

var columns = []column{
	{"id", func(r record) string { return r.ID }},
	{"externalId", func(r record) string { return orEmpty(r.ExternalID) }},
	{"email", func(r record) string { return r.Email }},
	{"otherEmails", func(r record) string { return strings.Join(r.otherEmails(), "; ") }},
	{"name", func(r record) string { return r.Name }},
	{"firstName", func(r record) string { return r.FirstName }},
	{"lastName", func(r record) string { return r.LastName }},
	{"phone", func(r record) string { return r.Phone }},
	{"otherPhones", func(r record) string { return strings.Join(r.otherPhones(), "; ") }},
	{"jobTitle", func(r record) string { return r.JobTitle }},
	{"owner", func(r record) string { return r.owner }},
	{"company", func(r record) string { return r.company }},
	{"companyDomain", func(r record) string { return r.domain }},
	{"language", func(r record) string { return r.Language }},
	{"timeZone", func(r record) string { return r.TimeZone }},
	{"country", func(r record) string { return r.Country }},
	{"city", func(r record) string { return r.City }},
	{"lifecycleStage", func(r record) string { return string(r.LifecycleStage) }},
	{"avatarUrl", func(r record) string { return r.AvatarURL }},
	{"source", func(r record) string { return string(r.Source) }},
	{"createdAt", func(r record) string { return moment(r.CreatedAt) }},
	{"firstSeenAt", func(r record) string { return moment(r.FirstSeenAt) }},
	{"lastSeenAt", func(r record) string { return moment(r.LastSeenAt) }},
	{"lastContactedAt", func(r record) string { return moment(r.ContactedAt) }},
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// moment is a time as cells have it; "": never.
func moment(at clock.Micros) string {
	if !at.IsSet() {
		return ""
	}
	return at.Time().UTC().Format(time.RFC3339Nano)
}

func (r record) otherEmails() (list []string) {
	for _, e := range r.emails {
		if !e.Primary {
			list = append(list, e.Email)
		}
	}
	return list
}

func (r record) otherPhones() (list []string) {
	for _, p := range r.phones {
		if !p.Primary {
			list = append(list, p.Number)
		}
	}
	return list
}

// sheet writes CSV, which no spreadsheet takes for formulas.
type sheet struct {
	to         *csv.Writer
	properties []*ent.Property
}

// byteOrderMark has spreadsheets read UTF-8.
const byteOrderMark = "\ufeff"

func newSheet(to io.Writer, properties []*ent.Property) (*sheet, error) {
	if _, err := io.WriteString(to, byteOrderMark); err != nil {
		return nil, err
	}
	s := &sheet{csv.NewWriter(to), properties}
	s.to.UseCRLF = true
	var header []string
	for _, c := range columns {
		header = append(header, c.name)
	}
	for _, p := range properties {
		header = append(header, p.Name)
	}
	return s, s.to.Write(header)
}

func (s *sheet) writeRecords(records []record) error {
	for _, r := range records {
		var row []string
		for _, c := range columns {
			row = append(row, guarded(c.cell(r)))
		}
		byProperty := map[string]*property.Value{}
		for _, v := range r.properties {
			byProperty[v.Property.ID] = v
		}
		for _, p := range s.properties {
			row = append(row, guarded(cellOf(byProperty[p.ID])))
		}
		if err := s.to.Write(row); err != nil {
			return err
		}
	}
	s.to.Flush()
	return s.to.Error()
}

// cellOf is a property's value as an import reads it.
func cellOf(v *property.Value) string {
	if v == nil {
		return ""
	}
	switch plain := v.Plain().(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(plain, 'f', -1, 64)
	case []string:
		return strings.Join(plain, "; ")
	default:
		return fmt.Sprint(plain)
	}
}

// lines write NDJSON.
type lines struct{ to *json.Encoder }

func (l *lines) writeRecords(records []record) error {
	for _, r := range records {
		if err := l.to.Encode(r.object()); err != nil {
			return err
		}
	}
	return nil
}

// object is the contact as JSON has it: with the names of the API; what is not known is
// left out.
func (r record) object() map[string]any {
	o := map[string]any{}
	for _, c := range columns {
		if cell := c.cell(r); cell != "" {
			o[c.name] = cell
		}
	}
	for name, list := range map[string][]string{"otherEmails": r.otherEmails(), "otherPhones": r.otherPhones()} {
		if len(list) > 0 {
			o[name] = list
		}
	}
	properties := map[string]any{}
	for _, v := range r.properties {
		properties[v.Property.Name] = v.Plain()
	}
	if len(properties) > 0 {
		o["properties"] = properties
	}
	return o
}
