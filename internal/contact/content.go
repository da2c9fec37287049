package contact

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/people"
	"parley/internal/richtext"
)

// Bounds in characters; of an address in bytes.
const (
	maxEmail = 254
	maxPhone = 50
)

// CleanAddress returns an e-mail address as it is kept: bare and in lower case.
// Errors blame the field: TOO_LONG, INVALID.
func CleanAddress(address, field string) (string, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	if len(address) > maxEmail {
		return "", errs.New(errs.TooLong, "The e-mail address has %d characters; at most %d are allowed.", len(address), maxEmail).On(field)
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address || !utf8.ValidString(address) {
		return "", errs.New(errs.Invalid, "This is no e-mail address; write it without a name, such as \"ada@example.com\".").On(field)
	}
	return address, nil
}

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
