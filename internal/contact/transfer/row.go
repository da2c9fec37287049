package transfer

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/ent"
	entuser "parley/ent/user"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/vocab"
)

// mapping reads rows.
type mapping struct {
	columns    []Column
	properties map[string]*ent.Property
	client     *ent.Client
	owners     map[string]string // ids of users, by what cells call them
}

// fault is why a row was refused: the column, and the error.
type fault struct {
	column string
	*errs.Error
}

// readRow is what a row says of a contact; an empty cell says nothing.
func (m *mapping) readRow(ctx context.Context, cells []string) (row contact.ImportedRow, bad *fault, err error) {
	for i, c := range m.columns {
		cell := unguarded(strings.TrimSpace(cells[i]))
		if cell == "" {
			continue
		}
		if c.Property != nil {
			err = m.readProperty(&row.Facts, *c.Property, cell)
		} else if c.Field != nil {
			err = m.readField(ctx, &row, *c.Field, cell)
		}
		if e := errs.Of(err); e != nil {
			return row, &fault{c.Name, e}, nil
		}
		if err != nil {
			return row, nil, err
		}
	}
	switch {
	case row.By.ExternalID != nil:
	case row.Facts.Email.IsSet():
		row.By.Email = row.Facts.Email.Value()
	default:
		return row, &fault{"", errs.New(errs.Required, "The row has neither an external id nor an e-mail address.")}, nil
	}
	return row, nil, nil
}

func (m *mapping) readField(ctx context.Context, row *contact.ImportedRow, field vocab.ContactImportField, cell string) error {
	f, given := &row.Facts, opt.Of(cell)
	switch field {
	case vocab.ImportExternalID:
		row.By.ExternalID = &cell
	case vocab.ImportEmail:
		f.Email = given
	case vocab.ImportOtherEmails:
		row.OtherEmails = split(cell)
	case vocab.ImportName:
		f.Name = given
	case vocab.ImportFirstName:
		f.FirstName = given
	case vocab.ImportLastName:
		f.LastName = given
	case vocab.ImportPhone:
		f.Phone = given
	case vocab.ImportJobTitle:
		f.JobTitle = given
	case vocab.ImportLanguage:
		f.Language = given
	case vocab.ImportTimeZone:
		f.TimeZone = given
	case vocab.ImportCountry:
		f.Country = given
	case vocab.ImportCity:
		f.City = given
	case vocab.ImportAvatarURL:
		f.AvatarURL = given
	case vocab.ImportCompany:
		row.Company.Name = cell
	case vocab.ImportCompanyDomain:
		row.Company.Domain = cell
	case vocab.ImportLifecycleStage:
		return readStage(f, cell)
	case vocab.ImportOwner:
		owner, err := m.owner(ctx, cell)
		f.OwnerID = opt.Of(owner)
		return err
	}
	return nil
}

func readStage(f *contact.ContactFacts, cell string) error {
	stage := vocab.LifecycleStage(strings.ToUpper(strings.ReplaceAll(cell, " ", "_")))
	if !slices.Contains(vocab.LifecycleStages(), stage) {
		return errs.New(errs.Invalid, "%q is not a lifecycle stage; write one such as LEAD or CUSTOMER.", errs.Clip(cell))
	}
	f.LifecycleStage = opt.Of(stage)
	return nil
}

// owner is the user whom a cell names, by id or address.
func (m *mapping) owner(ctx context.Context, cell string) (string, error) {
	if id.Is(cell, id.User) {
		return cell, nil
	}
	if known, ok := m.owners[cell]; ok {
		return known, nil
	}
	u, err := m.client.User.Query().Where(entuser.Email(strings.ToLower(cell))).Only(ctx)
	if ent.IsNotFound(err) {
		return "", errs.New(errs.NotFound, "No user has the address %q.", errs.Clip(cell))
	}
	if err != nil {
		return "", err
	}
	m.owners[cell] = u.ID
	return u.ID, nil
}

// readProperty reads a cell as the property's kind has it.
func (m *mapping) readProperty(f *contact.ContactFacts, name, cell string) error {
	p := m.properties[name]
	if p == nil {
		return errs.New(errs.NotFound, "The property %q was archived or renamed.", errs.Clip(name))
	}
	in, err := valueOf(p, cell)
	if err != nil {
		return err
	}
	f.Properties = opt.List(append(f.Properties.Value(), in)...)
	return nil
}

func valueOf(p *ent.Property, cell string) (in property.PropertyValueInput, err error) {
	in.Name = p.Name
	switch p.Kind {
	case vocab.TextProperty, vocab.LongTextProperty:
		in.Text = opt.Of(cell)
	case vocab.DateProperty:
		in.Date = opt.Of(cell)
	case vocab.ChoiceProperty:
		choice := optionOf(p, cell)
		in.Choice = opt.Of(choice)
	case vocab.ChoicesProperty:
		list := split(cell)
		for i, one := range list {
			list[i] = optionOf(p, one)
		}
		in.Choices = opt.List(list...)
	case vocab.NumberProperty:
		number, bad := strconv.ParseFloat(cell, 64)
		if bad != nil {
			err = errs.New(errs.Invalid, "%q is not a number; write it like 1234.5.", errs.Clip(cell))
		}
		in.Number = opt.Of(number)
	case vocab.TimeProperty:
		at, bad := time.Parse(time.RFC3339, cell)
		if bad != nil {
			err = errs.New(errs.Invalid, "%q is not a time; write it like 2026-01-31T13:00:00Z.", errs.Clip(cell))
		}
		micros := clock.Of(at)
		in.Time = opt.Of(micros)
	case vocab.BooleanProperty:
		yes, known := truths[strings.ToLower(cell)]
		if !known {
			err = errs.New(errs.Invalid, "%q is neither true nor false.", errs.Clip(cell))
		}
		in.Boolean = opt.Of(yes)
	}
	return in, err
}

var truths = map[string]bool{"true": true, "yes": true, "1": true, "x": true, "false": false, "no": false, "0": false}

// optionOf is the value of the option that a cell names by value or label.
func optionOf(p *ent.Property, cell string) string {
	for _, o := range p.Options {
		if o.Value == cell {
			return cell
		}
	}
	for _, o := range p.Options {
		if strings.EqualFold(o.Label, cell) {
			return o.Value
		}
	}
	return cell
}

// split are the parts of a cell between semicolons.
func split(cell string) (list []string) {
	for part := range strings.SplitSeq(cell, ";") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
