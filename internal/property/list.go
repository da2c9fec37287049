package property

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entproperty "parley/ent/property"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

const defaultPage = 50

// properties of an object are listed by name.
var properties = store.Listing[ent.Property]{
	Name: "properties", Kind: id.Property, Column: entproperty.FieldName, Unique: true,
	Text: func(p *ent.Property) string { return p.Name }, ID: func(p *ent.Property) string { return p.ID },
}

// List returns a page of the properties of an object, by name; on request with archived
// ones.
func (s *Service) List(ctx context.Context, object vocab.PropertyObject, includeArchived bool, args paging.PageArgs) (*paging.Connection[*ent.Property], error) {
	return properties.Page(args, defaultPage, func(narrow func(*sql.Selector)) ([]*ent.Property, error) {
		q := s.store.Client(ctx).Property.Query().Where(entproperty.ObjectEQ(object))
		if !includeArchived {
			q.Where(entproperty.ArchivedAt(clock.Micros(0)))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, string(object), strconv.FormatBool(includeArchived))
}
