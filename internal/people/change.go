package people

import (
	"strconv"

	"parley/ent/schema"
)

// changes collects what an event tells of a change.
type changes []schema.FieldChange

// told notes a field that went from one id, enum or number to another; the
// same: nothing.
func (c *changes) told(field, from, to string) {
	if from != to {
		*c = append(*c, schema.FieldChange{Field: field, From: orNull(from), To: orNull(to)})
	}
}

// named notes a personal field by its name alone.
func (c *changes) named(field, from, to string) {
	if from != to {
		*c = append(*c, schema.FieldChange{Field: field})
	}
}

func (c *changes) flag(field string, from, to bool) {
	c.told(field, strconv.FormatBool(from), strconv.FormatBool(to))
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
