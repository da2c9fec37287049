package tag

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	enttag "parley/ent/tag"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

const defaultPage = 50

// tags are listed by name, whatever its case.
var tags = store.Listing[ent.Tag]{
	Name: "tags", Kind: id.Tag, Column: enttag.FieldFolded, Text: func(t *ent.Tag) string { return t.Folded }, ID: func(t *ent.Tag) string { return t.ID },
}

// unlocked leaves the rows of a query unlocked.
func unlocked(*sql.Selector) {}

// Tags returns a page of the account's tags by name; of those whose names begin with
// the query, if there is one, and on request with archived ones. Merged ones are none.
func (s *Service) Tags(ctx context.Context, query *string, includeArchived bool, args paging.PageArgs) (*paging.Connection[*ent.Tag], error) {
	prefix := ""
	if query != nil {
		if err := CheckWord(*query, "query"); err != nil {
			return nil, err
		}
		prefix = foldName(*query)
	}
	return tags.Page(args, defaultPage, func(narrow func(*sql.Selector)) ([]*ent.Tag, error) {
		q := s.store.Client(ctx).Tag.Query().Where(enttag.MergedInto(""))
		if prefix != "" {
			// The last character of Unicode is no letter: no name has it.
			q.Where(enttag.FoldedGTE(prefix), enttag.FoldedLT(prefix+"\U0010ffff"))
		}
		if !includeArchived {
			q.Where(enttag.ArchivedAt(clock.Micros(0)))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, prefix, strconv.FormatBool(includeArchived))
}
