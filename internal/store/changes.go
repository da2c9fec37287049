package store

import (
	"strconv"

	"parley/internal/vocab"
)

// Changes collects what an event says of a change. Each method adds nothing if
// the field is as it was. The zero value is empty.
type Changes []vocab.FieldChange

// Value adds a field that always has a value: an enum, a number, a locale.
func (c *Changes) Value(field, from, to string) {
	if from != to {
		*c = append(*c, vocab.FieldChange{Field: field, From: &from, To: &to})
	}
}

// Optional adds a field that may have none, such as the id of another object:
// "" is null.
func (c *Changes) Optional(field, from, to string) {
	if from != to {
		*c = append(*c, vocab.FieldChange{Field: field, From: orNull(from), To: orNull(to)})
	}
}

// Flag adds a field that is true or false.
func (c *Changes) Flag(field string, from, to bool) {
	c.Value(field, strconv.FormatBool(from), strconv.FormatBool(to))
}

// Named adds a field by its name only: what is personal, what people wrote, and
// what is long.
func (c *Changes) Named(field string, changed bool) {
	if changed {
		*c = append(*c, vocab.FieldChange{Field: field})
	}
}

// NamedChanges are fields by their names only.
func NamedChanges(fields ...string) Changes {
	c := make(Changes, len(fields))
	for i, field := range fields {
		c[i].Field = field
	}
	return c
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
