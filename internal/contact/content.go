package contact

import (
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/people"
	"parley/internal/richtext"
)

// maxPhone is the most characters of a phone number.
const maxPhone = 50

// CleanName returns a contact's name as it is kept: one line of at most 200
// characters; empty: not known. Errors blame the field: TOO_LONG, INVALID.
func CleanName(name, field string) (string, error) {
	clean, err := people.CleanName(name, field)
	if errs.Is(err, errs.Required) {
		return "", nil
	}
	return clean, err
}

func cleanPhone(phone string) (string, error) {
	if n := utf8.RuneCountInString(phone); n > maxPhone {
		return "", errs.New(errs.TooLong, "The phone number has %d characters; at most %d are allowed.", n, maxPhone).On("phone")
	}
	clean, err := richtext.Clean(phone, "phone")
	return strings.Join(strings.Fields(clean), " "), err
}
