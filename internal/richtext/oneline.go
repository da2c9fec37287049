package richtext

import (
	"unicode/utf8"

	"parley/internal/errs"
)

// OneLine returns a short text as it is kept: on one line, trimmed, of 1 to most
// characters. Errors blame the field: REQUIRED, TOO_LONG, INVALID.
func OneLine(text string, most int, field ...string) (string, error) {
	if n := utf8.RuneCountInString(text); n > most {
		return "", errs.Exceeds(most, "The text has %d characters; at most %d are allowed.", n, most).On(field...)
	}
	clean, err := Clean(text, field...)
	if err != nil {
		return "", err
	}
	if clean = Name(clean); clean == "" {
		return "", errs.New(errs.Required, "Enter a text.").On(field...)
	}
	return clean, nil
}
