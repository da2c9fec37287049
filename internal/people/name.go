package people

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/richtext"
)

const (
	// MaxName is the most characters of a name.
	MaxName  = 200
	maxEmail = 254
)

// CleanName returns a name of a user's making as it is kept: one line, trimmed,
// 1 to MaxName characters. Errors blame the field: REQUIRED, TOO_LONG, INVALID.
func CleanName(name, field string) (string, error) {
	if n := utf8.RuneCountInString(name); n > MaxName {
		return "", errs.New(errs.TooLong, "The name has %d characters; at most %d are allowed.", n, MaxName).On(field)
	}
	clean, err := richtext.Clean(name, field)
	if err != nil {
		return "", err
	}
	clean = strings.Join(strings.Fields(clean), " ")
	if clean == "" {
		return "", errs.New(errs.Required, "A name is needed.").On(field)
	}
	return clean, nil
}

// CleanEmail returns an e-mail address as it is kept, a user's and a contact's
// alike: bare and in lower case. Errors blame the field: TOO_LONG, INVALID.
func CleanEmail(address, field string) (string, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	if len(address) > maxEmail {
		return "", errs.New(errs.TooLong, "The e-mail address has %d characters; at most %d are allowed.", len(address), maxEmail).On(field)
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address || !utf8.ValidString(address) {
		return "", errs.New(errs.Invalid, "This is no e-mail address; write it without a name, such as \"ada@example.com\".").On(field)
	}
	return address, nil
}
