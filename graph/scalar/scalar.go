// Package scalar reads and writes the SDL's own scalars. What is read is
// checked; an error says what would be right.
//
// Entities keep "" for a value that is not there. The writers here make null
// of it, so that a nullable field needs no resolver of its own; in a field that
// cannot be null an empty value is an error, as it should be.
package scalar

import (
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"parley/internal/emailaddress"
	"parley/internal/errs"
)

// Bounds in characters; of an address also in bytes.
const (
	maxURL   = 2048
	maxEmail = 254
	maxQuote = 100
)

// MarshalID writes an id; null for "".
func MarshalID(id string) graphql.Marshaler { return orNull(id) }

// UnmarshalID reads an id: any text, for what it names is looked up later.
func UnmarshalID(v any) (string, error) { return graphql.UnmarshalID(v) }

// MarshalURL writes an address; null for "".
func MarshalURL(u string) graphql.Marshaler { return orNull(u) }

// UnmarshalURL reads an absolute http or https address of at most 2,048 characters.
func UnmarshalURL(v any) (string, error) {
	s, err := text(v, "a URL", "https://example.com/prices")
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(s) > maxURL {
		return "", errs.Exceeds(maxURL, "A URL may have at most %d characters.", maxURL)
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", errs.New(errs.Invalid, "%s is not a URL: write it in full, such as \"https://example.com/prices\".", quote(s))
	}
	return s, nil
}

// MarshalEmailAddress writes an e-mail address, its local part in quotes if it has
// characters that need them; null for "".
func MarshalEmailAddress(a string) graphql.Marshaler { return orNull(emailaddress.Write(a)) }

// UnmarshalEmailAddress reads an e-mail address of at most 254 characters without a name, as
// MarshalEmailAddress writes it, and returns it bare.
func UnmarshalEmailAddress(v any) (string, error) {
	s, err := text(v, "an e-mail address", "ada@example.com")
	if err != nil {
		return "", err
	}
	if len(s) > maxEmail {
		return "", errs.Exceeds(maxEmail, "An e-mail address may have at most %d characters.", maxEmail)
	}
	name, address, ok := emailaddress.Parse(s)
	if !ok || name != "" || s != address && s != emailaddress.Write(address) {
		return "", errs.New(errs.Invalid, "%s is not an e-mail address: write it without a name, such as \"ada@example.com\".", quote(s))
	}
	return address, nil
}

// MarshalHTML writes sanitised HTML; null for "".
func MarshalHTML(html string) graphql.Marshaler { return orNull(html) }

// UnmarshalHTML reads HTML as it comes; use cases sanitise it.
func UnmarshalHTML(v any) (string, error) { return text(v, "HTML", "<p>Hello</p>") }

func orNull(s string) graphql.Marshaler {
	if s == "" {
		return graphql.Null
	}
	return graphql.MarshalString(s)
}

// text returns v, which must be a string.
func text(v any, what, example string) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", errs.New(errs.Invalid, "%s must be a string such as %q.", upperFirst(what), example)
	}
	return s, nil
}

func upperFirst(s string) string { return string(s[0]&^0x20) + s[1:] }

// quote shows a caller the beginning of what they sent.
func quote(s string) string {
	for i := range s {
		if i >= maxQuote {
			return strconv.Quote(s[:i] + "…")
		}
	}
	return strconv.Quote(s)
}
