package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
)

// MaxExternalID is the most characters of an external id.
const MaxExternalID = 200

// CleanExternalID checks the id that an object has in another system (API-12), which is
// kept as it is given. Errors blame the field: TOO_LONG, INVALID.
func CleanExternalID(given string, field ...string) (string, error) {
	if n := utf8.RuneCountInString(given); n > MaxExternalID {
		return "", errs.Exceeds(MaxExternalID, "The external id has %d characters; at most %d are allowed.", n, MaxExternalID).On(field...)
	}
	if !utf8.ValidString(given) || strings.ContainsFunc(given, unicode.IsControl) {
		return "", errs.New(errs.Invalid, "The external id must be valid UTF-8 without control characters.").On(field...)
	}
	return given, nil
}

// NewExternalID is the external id of a new object; nil: none. "" is none: clients in
// typed languages send it for a field that they leave out.
func NewExternalID(given *string) (*string, error) {
	var own *string
	if given == nil {
		return nil, nil
	}
	err := SetExternalID(&own, opt.Of(*given))
	return own, err
}

// SetExternalID puts what was given into field: null clears it, and "" is as if left
// out.
func SetExternalID(field **string, v opt.Value[*string]) error {
	given, ok := v.ValueOK()
	switch {
	case !ok, given != nil && *given == "":
		return nil
	case given == nil:
		*field = nil
		return nil
	}
	clean, err := CleanExternalID(*given, "externalId")
	if err == nil {
		*field = &clean
	}
	return err
}

// ExternalIDTaken turns the database's refusal of an external id that another object
// has into ALREADY_EXISTS on externalId; other errors stay as they are. what names
// the type.
func ExternalIDTaken(err error, what string) error {
	if !store.Taken(err, "external_id") {
		return err
	}
	return errs.New(errs.AlreadyExists, "Another %s already has this external id.", what).On("externalId")
}

// ExternalIDChange reports a change of an external id, by its values.
func ExternalIDChange(c *store.Changes, before, after *string) {
	c.Optional("externalId", orEmpty(before), orEmpty(after))
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
