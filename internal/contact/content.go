package contact

import (
	"strings"
	"unicode/utf8"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/richtext"
)

// maxAddresses is the most addresses of a contact.
const maxAddresses = 100

// maxPhone is the most characters of a phone number.
const maxPhone = 50

// CleanName returns a contact's name as it is kept: one line of at most 200
// characters; empty: not known. Errors blame the field: TOO_LONG, INVALID.
func CleanName(name, field string) (string, error) {
	clean, err := account.CleanName(name, field)
	if errs.Is(err, errs.Required) {
		return "", nil
	}
	return clean, err
}

func cleanPhone(phone string) (string, error) {
	if n := utf8.RuneCountInString(phone); n > maxPhone {
		return "", errs.Exceeds(maxPhone, "The phone number has %d characters; at most %d are allowed.", n, maxPhone).On("phone")
	}
	clean, err := richtext.Clean(phone, "phone")
	return strings.Join(strings.Fields(clean), " "), err
}
