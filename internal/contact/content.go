package contact

import (
	"strings"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/richtext"
)

// maxAddresses is the most addresses of a contact.
const maxAddresses = 100

// CleanName returns a contact's name as it is kept: one line of at most 200
// characters; empty: not known. Errors blame the field: TOO_LONG, INVALID.
func CleanName(name, field string) (string, error) {
	clean, err := account.CleanName(name, field)
	if errs.Is(err, errs.Required) {
		return "", nil
	}
	return clean, err
}

// optionalLine is a line of text that may be empty.
func optionalLine(text string, most int, path ...string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	clean, err := richtext.OneLine(text, most, path...)
	if errs.Is(err, errs.Required) {
		return "", nil
	}
	return clean, err
}
