package account

import (
	"slices"
	"strings"
	"unicode/utf8"

	"parley/internal/emailaddress"
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
		return "", errs.Exceeds(MaxName, "The name has %d characters; at most %d are allowed.", n, MaxName).On(field)
	}
	clean, err := richtext.Clean(name, field)
	if err != nil {
		return "", err
	}
	if clean = richtext.Name(clean); clean == "" {
		return "", errs.New(errs.Required, "Enter a name.").On(field)
	}
	return clean, nil
}

// CleanEmail returns an e-mail address as it is kept, a user's and a contact's
// alike: bare and in lower case. Errors blame the field: TOO_LONG, INVALID.
func CleanEmail(address, field string) (string, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	if len(address) > maxEmail {
		return "", errs.Exceeds(maxEmail, "The e-mail address has %d characters; at most %d are allowed.", len(address), maxEmail).On(field)
	}
	if !emailaddress.Valid(address) {
		return "", errs.New(errs.Invalid, "This is not an e-mail address; write it without a name, such as \"ada@example.com\".").On(field)
	}
	return address, nil
}

// FreeName refuses a name that one of the others has, whatever its case (IB-1):
// ALREADY_EXISTS on name. what names the type, with its article.
func FreeName(name, what string, others []string) error {
	if slices.ContainsFunc(others, func(other string) bool { return strings.EqualFold(name, other) }) {
		return errs.New(errs.AlreadyExists, "%s with this name already exists.", what).On("name")
	}
	return nil
}
