package tag

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
)

// MaxName is the most characters of a tag's name.
const MaxName = 50

var colorForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// cleanName returns a name as it is kept: one line of 1 to MaxName characters that is
// no id, for inputs take either. Errors blame the field: REQUIRED, TOO_LONG, INVALID.
func cleanName(name string, field ...string) (string, error) {
	clean, err := richtext.OneLine(name, MaxName, field...)
	if err == nil && id.Is(clean, id.Tag) {
		err = errs.New(errs.Invalid, "A tag's name cannot be an id such as %q.", clean).On(field...)
	}
	return clean, err
}

// cleanColor returns a colour as it is kept; "" is none.
func cleanColor(color string) (string, error) {
	clean := strings.ToLower(color)
	if clean != "" && !colorForm.MatchString(clean) {
		return "", errs.New(errs.Invalid, "%q is not a color; write it like \"#2457d6\".", errs.Clip(color)).On("color")
	}
	return clean, nil
}

// CheckWord refuses what cannot be the id or the name of a tag in a filter.
func CheckWord(word string, path ...string) error {
	if !store.Storable(word) {
		return errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(word)).On(path...)
	}
	if n := utf8.RuneCountInString(word); n > MaxName {
		return errs.Exceeds(MaxName, "The tag has %d characters; names of tags have at most %d.", n, MaxName).On(path...)
	}
	return nil
}
