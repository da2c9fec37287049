package store

import (
	"fmt"
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/paging"
)

// Listing is a list of rows that is paged by keyset: its order, and where a row
// stands in it.
type Listing[R any] struct {
	// Name distinguishes the list's cursors from those of others.
	Name string
	// Kind is the prefix of the rows' ids.
	Kind string
	// Column orders the rows, and then their ids do; "": only their ids.
	Column string
	// Unique: no two rows of a parent have the same value in Column, so that it
	// orders them without their ids.
	Unique bool
	// Shown is what cursors have in place of Column, if that is not to be shown: a
	// column that rises with it. Such a list is Unique.
	Shown string
	Desc  bool
	// Few: what narrows the list leaves few rows, which an index leads to. They are sorted:
	// SQLite would sooner test all rows in the order of an index.
	Few bool
	// Number or Text returns the row's value in Column, or in Shown.
	Number func(*R) int64
	Text   func(*R) string
	// ID returns the row's id.
	ID func(*R) string
}

// Narrowed loads rows after narrowing the query: a load function calls Modify
// on its ent query, with the function that it gets, and then All.
type Narrowed[R any] = func(narrow func(*sql.Selector)) ([]*R, error)

func (l Listing[R]) order(parts []string) paging.Order {
	return paging.Order{
		Fingerprint: paging.Fingerprint(append([]string{"list", l.Name}, parts...)...), Kind: l.Kind, Desc: l.Desc, Text: l.Text != nil,
	}
}

func (l Listing[R]) keyOf(row *R) paging.Key {
	key := paging.Key{ID: l.ID(row)}
	if l.Number != nil {
		key.Value = l.Number(row)
	}
	if l.Text != nil {
		key.Text = l.Text(row)
	}
	return key
}

// columns returns the columns that order the rows.
func (l Listing[R]) columns() []string {
	switch {
	case l.Column == "":
		return []string{"id"}
	case l.Unique:
		return []string{l.Column}
	}
	return []string{l.Column, "id"}
}

func (l Listing[R]) values(key paging.Key) []any {
	var values []any
	switch {
	case l.Text != nil:
		values = []any{key.Text}
	case l.Column != "":
		values = []any{key.Value}
	}
	if l.Unique {
		return values
	}
	return append(values, key.ID)
}

// sort puts the rows of a selector in the order in which a page is walked.
// nameOf names a column as the selector knows it.
func (l Listing[R]) sort(s *sql.Selector, nameOf func(column string) string, page paging.Page) {
	for _, column := range l.columns() {
		name := nameOf(column)
		if l.Few && s.Dialect() == dialect.SQLite {
			name = "+" + name // no index has this
		}
		if l.Desc != page.Backward() {
			s.OrderBy(sql.Desc(name))
		} else {
			s.OrderBy(sql.Asc(name))
		}
	}
}

// cutRows leaves of a selector's rows those of the page, and one more.
func (l Listing[R]) cutRows(s *sql.Selector, page paging.Page, from *paging.Key) {
	if from != nil {
		columns := l.columns()
		if l.Shown != "" {
			columns = []string{l.Shown}
		}
		for i, column := range columns {
			columns[i] = s.C(column)
		}
		if l.Desc != page.Backward() {
			s.Where(sql.CompositeLT(columns, l.values(*from)...))
		} else {
			s.Where(sql.CompositeGT(columns, l.values(*from)...))
		}
	}
	l.sort(s, s.C, page)
	if page.Limit() > 0 {
		s.Limit(page.Limit() + 1)
	}
}

// Page loads one page of the list. filters are what makes it another list: a
// cursor of one is refused by another. Errors are those of paging.
func (l Listing[R]) Page(args paging.PageArgs, byDefault int, load Narrowed[R], filters ...string) (*paging.Connection[*R], error) {
	return l.resolved(args, byDefault, filters, func(page paging.Page, from *paging.Key) ([]*R, error) {
		return load(func(s *sql.Selector) { l.cutRows(s, page, from) })
	})
}

// resolved loads the page that the arguments ask for; from is where it begins, nil: at
// the list's end.
func (l Listing[R]) resolved(args paging.PageArgs, byDefault int, filters []string, load func(page paging.Page, from *paging.Key) ([]*R, error),
) (*paging.Connection[*R], error) {
	page, err := args.Resolve(byDefault)
	if err != nil {
		return nil, err
	}
	order := l.order(filters)
	from, err := order.From(page)
	if err != nil {
		return nil, err
	}
	rows, err := load(page, from)
	if err != nil {
		return nil, err
	}
	return paging.Build(rows, page, func(row *R) string { return order.Cursor(l.keyOf(row)) }), nil
}

// atOnce is how many parents one statement asks for.
const atOnce = 100

// valued is what ent gives each row: the values of columns that it has no field
// for.
type valued interface {
	Value(name string) (ent.Value, error)
}

// Pages loads the same page of several lists, one for each parent, with one
// statement for 100 of them: each costs what its page costs. within narrows a
// selector to the rows of one parent.
func (l Listing[R]) Pages(args paging.PageArgs, byDefault int, parents []string, within func(s *sql.Selector, parent string), load Narrowed[R],
) ([]*paging.Connection[*R], error) {
	page, err := args.Resolve(byDefault)
	if err != nil {
		return nil, err
	}
	order := l.order(nil)
	from, err := order.From(page)
	if err != nil {
		return nil, err
	}
	rows, err := l.loadEach(page, from, parents, within, load)
	if err != nil {
		return nil, err
	}
	pages := make([]*paging.Connection[*R], len(parents))
	for i, parent := range parents {
		pages[i] = paging.Build(rows[parent], page, func(row *R) string { return order.Cursor(l.keyOf(row)) })
	}
	return pages, nil
}

// All loads several lists whole, one for each parent, as Pages does.
func (l Listing[R]) All(parents []string, within func(s *sql.Selector, parent string), load Narrowed[R]) ([][]*R, error) {
	rows, err := l.loadEach(paging.Page{}, nil, parents, within, load)
	if err != nil {
		return nil, err
	}
	lists := make([][]*R, len(parents))
	for i, parent := range parents {
		lists[i] = append([]*R{}, rows[parent]...)
	}
	return lists, nil
}

// loadEach loads the rows of a page of each parent's list; of no page: all rows.
func (l Listing[R]) loadEach(page paging.Page, from *paging.Key, parents []string, within func(*sql.Selector, string), load Narrowed[R]) (map[string][]*R, error) {
	rows := map[string][]*R{}
	for some := range slices.Chunk(unique(parents), atOnce) {
		found, err := load(func(s *sql.Selector) { l.cutEach(s, page, from, some, within) })
		if err != nil {
			return nil, err
		}
		if err := spread(found, rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// parentColumn names the parent of a row in the answer.
const parentColumn = "list_parent"

// cutEach makes of a selector one that answers with a page of rows for each parent.
func (l Listing[R]) cutEach(s *sql.Selector, page paging.Page, from *paging.Key, parents []string, within func(*sql.Selector, string)) {
	cut := func(one *sql.Selector, parent string) {
		within(one, parent)
		l.cutRows(one, page, from)
		one.AppendSelectExprAs(sql.ExprFunc(func(b *sql.Builder) { b.Arg(parent) }), parentColumn)
	}
	if len(parents) == 1 {
		cut(s, parents[0])
		return
	}
	var all *sql.Selector
	for i, parent := range parents {
		one := s.Clone()
		cut(one, parent)
		part := sql.Dialect(s.Dialect()).Select("*").From(one.As(fmt.Sprintf("page_%d", i)))
		if all == nil {
			all = part
		} else {
			all.UnionAll(part)
		}
	}
	ctx := s.Context()
	rows := sql.Dialect(s.Dialect()).Select("*").From(all.As("pages"))
	l.sort(rows, sql.Dialect(s.Dialect()).Table("pages").C, page)
	*s = *rows.WithContext(ctx)
}

// spread puts each row to those of its parent.
func spread[R any](found []*R, rows map[string][]*R) error {
	for _, row := range found {
		kept, ok := any(row).(valued)
		if !ok {
			return fmt.Errorf("rows of type %T keep no further columns", row)
		}
		value, err := kept.Value(parentColumn)
		if err != nil {
			return fmt.Errorf("a row of a list without its parent: %w", err)
		}
		switch parent := value.(type) {
		case string:
			rows[parent] = append(rows[parent], row)
		case []byte:
			rows[string(parent)] = append(rows[string(parent)], row)
		default:
			return fmt.Errorf("the parent of a row is a %T", value)
		}
	}
	return nil
}

func unique(list []string) []string {
	sorted := slices.Sorted(slices.Values(list))
	return slices.Compact(sorted)
}

// Of narrows a selector to the rows whose column has the parent's id.
func Of(column string) func(s *sql.Selector, parent string) {
	return func(s *sql.Selector, parent string) { s.Where(sql.EQ(s.C(column), parent)) }
}
