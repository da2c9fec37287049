package contact

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"parley/ent"
	"parley/ent/contactphone"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// maxPhones is the most numbers of a contact, maxPhone the most characters of one.
	maxPhones = 20
	maxPhone  = 50
	// leastDigits is from how many digits on a query is a phone number.
	leastDigits = 5
)

// Phone is a phone number of a contact, as it is shown.
type Phone struct {
	Number  string
	E164    *string
	Primary bool
	Label   *string
}

// Phones returns the numbers of each contact, the main one first, with one query.
func (s *Service) Phones(ctx context.Context, contacts []*ent.Contact) ([][]*Phone, error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	rows, err := phonesOf(ctx, s.store.Client(ctx), ids...)
	if err != nil {
		return nil, err
	}
	lists := make([][]*Phone, len(contacts))
	for i, c := range contacts {
		lists[i] = []*Phone{}
		for _, row := range rows {
			if row.ContactID == c.ID {
				lists[i] = append(lists[i], &Phone{row.Number, orNull(row.E164), len(lists[i]) == 0, orNull(row.Label)})
			}
		}
	}
	return lists, nil
}

func phonesOf(ctx context.Context, client *ent.Client, contactIDs ...string) ([]*ent.ContactPhone, error) {
	return client.ContactPhone.Query().Where(contactphone.ContactIDIn(contactIDs...)).
		Order(contactphone.ByPlace(), contactphone.ByID()).All(ctx)
}

func cleanPhone(phone string, path ...string) (string, error) {
	if n := utf8.RuneCountInString(phone); n > maxPhone {
		return "", errs.Exceeds(maxPhone, "The phone number has %d characters; at most %d are allowed.", n, maxPhone).On(path...)
	}
	clean, err := richtext.Clean(phone, path...)
	return strings.Join(strings.Fields(clean), " "), err
}

// CleanPhone returns a phone number as it is kept. Errors blame the field "phone".
func CleanPhone(phone string) (string, error) { return cleanPhone(phone, "phone") }

// CheckPhone is CleanPhone for a number that people type into a form: it must be one that
// can be dialed, from the region, or with its country's code. "" is none. INVALID.
func CheckPhone(phone, region string) (string, error) {
	clean, err := CleanPhone(phone)
	if err != nil || clean == "" {
		return "", err
	}
	if e164, _ := dialable(clean, region); e164 == "" {
		return "", errs.New(errs.Invalid, "%q is not a phone number; write it with the country's code, like +43 1 234567.", errs.Clip(clean)).On("phone")
	}
	return clean, nil
}

// cleanPhones returns numbers as they are kept, the main one first.
func cleanPhones(inputs []ContactPhoneInput) ([]ContactPhoneInput, error) {
	if n := len(inputs); n > maxPhones {
		return nil, errs.Exceeds(maxPhones, "There are %d phone numbers; at most %d are allowed.", n, maxPhones).On("phones")
	}
	list := slices.Clone(inputs)
	for i, in := range list {
		at := func(field string) []string { return []string{"phones", strconv.Itoa(i), field} }
		number, err := cleanPhone(in.Number, at("number")...)
		if err == nil && number == "" {
			err = errs.New(errs.Required, "Enter a phone number.").On(at("number")...)
		}
		label := ""
		if err == nil && in.Label != nil {
			label, err = optionalLine(*in.Label, maxEmailLabel, at("label")...)
		}
		if err != nil {
			return nil, err
		}
		list[i].Number, list[i].Label = number, &label
	}
	return order(list, func(in ContactPhoneInput) bool { return in.Primary != nil && *in.Primary }, "phones")
}

// setPhones gives a locked contact the numbers, the main one first, and takes others off
// it. It reports whether anything changed.
func setPhones(ctx context.Context, tx *store.Tx, c *ent.Contact, list []ContactPhoneInput) (bool, error) {
	rows, err := phonesOf(ctx, tx.Client, c.ID)
	if err != nil {
		return false, err
	}
	if slices.EqualFunc(list, rows, func(in ContactPhoneInput, row *ent.ContactPhone) bool {
		return in.Number == row.Number && *in.Label == row.Label
	}) {
		return false, nil
	}
	a, err := tx.Client.Account.Get(ctx, viewer.FromContext(ctx).AccountID)
	if err != nil {
		return false, err
	}
	if _, err := tx.Client.ContactPhone.Delete().Where(contactphone.ContactID(c.ID)).Exec(ctx); err != nil {
		return false, err
	}
	for i, in := range list {
		e164, digits := dialable(in.Number, a.PhoneRegion)
		if err := tx.Client.ContactPhone.Create().SetID(id.New("phone")).SetContactID(c.ID).SetNumber(in.Number).SetE164(e164).
			SetDigits(digits).SetLabel(*in.Label).SetPlace(i).Exec(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// setMainPhone puts another number in the place of the main one; "": the next one is
// the main one. It returns the main one, as the contact then has it.
func setMainPhone(ctx context.Context, tx *store.Tx, c *ent.Contact, number string) (string, error) {
	rows, err := phonesOf(ctx, tx.Client, c.ID)
	if err != nil {
		return "", err
	}
	var list []ContactPhoneInput
	for i, row := range rows {
		if i > 0 && row.Number != number {
			list = append(list, ContactPhoneInput{Number: row.Number, Label: &row.Label})
		}
	}
	if number != "" {
		list = slices.Insert(list, 0, ContactPhoneInput{Number: number, Label: new(string)})
	}
	if _, err := setPhones(ctx, tx, c, list); err != nil || len(list) == 0 {
		return "", err
	}
	return list[0].Number, nil
}

// dialable returns a number in international form, "" if it has none, and the digits
// that it is searched by.
func dialable(number, region string) (e164, digits string) {
	if region == "" {
		region = "ZZ"
	}
	parsed, err := phonenumbers.Parse(number, region)
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", digitsOf(number)
	}
	e164 = phonenumbers.Format(parsed, phonenumbers.E164)
	return e164, strings.TrimPrefix(e164, "+")
}

// digitsOf are the digits of a text, as ASCII has them.
func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// isPhoneQuery reports whether a query is a phone number, however it is grouped.
func isPhoneQuery(text string) bool {
	return len(digitsOf(text)) >= leastDigits && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !strings.ContainsRune("0123456789+-()./", r)
	})
}

// beginnings are what digits of numbers may begin with that a query names: with the
// country's code, as they were typed, or as they are dialed within the account's region.
func beginnings(text, region string) []string {
	digits := digitsOf(text)
	list := []string{digits}
	international := strings.TrimPrefix(digits, "00")
	code := phonenumbers.GetCountryCodeForRegion(region)
	switch {
	case strings.HasPrefix(strings.TrimSpace(text), "+"):
	case international != digits && international != "":
		list = append(list, international)
	case code != 0:
		list = append(list, strconv.Itoa(code)+strings.TrimPrefix(digits, "0"))
	}
	return list
}

// idsByPhone returns up to limit contacts with a number that begins with one of these.
func idsByPhone(ctx context.Context, client *ent.Client, beginnings []string, limit int) ([]string, error) {
	var ids []string
	for _, digits := range beginnings {
		found, err := client.ContactPhone.Query().Where(contactphone.DigitsGTE(digits), contactphone.DigitsLT(digits+":")).
			Order(contactphone.ByDigits()).Limit(limit).Select(contactphone.FieldContactID).Strings(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	return ids, nil
}
