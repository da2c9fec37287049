package paging

import "parley/internal/errs"

// MaxPage is the largest number of edges in one page.
const MaxPage = 100

// PageArgs are a connection field's arguments as the client gave them. Such a
// field has no default values in the SDL: first and last would be given at
// once whenever a client asks for the last ones.
type PageArgs struct {
	First  *int
	After  *string
	Last   *int
	Before *string
	// Most is the largest page where it is not MaxPage.
	Most int
}

func (a PageArgs) most() int {
	if a.Most > 0 {
		return a.Most
	}
	return MaxPage
}

// Page is a request for one page that was found in order. Its zero value is of
// no use; PageArgs.Resolve makes it.
type Page struct {
	limit    int
	backward bool
	cursor   *string
}

// Resolve checks the arguments. Without first and last the page has def edges
// from the beginning of the list, or after the cursor. It returns INVALID on
// the field "first" or "last" when that is not within 1 to the most, and
// BAD_USER_INPUT when arguments stand together that cannot. An empty cursor counts as
// left out: that is what clients in typed languages send for the first page.
func (a PageArgs) Resolve(def int) (Page, error) {
	a.After, a.Before = unlessEmpty(a.After), unlessEmpty(a.Before)
	if a.First != nil && a.Last != nil {
		return Page{}, errs.New(errs.BadUserInput, "Pass either first or last, not both.").On("last")
	}
	if a.Last != nil {
		return a.backward()
	}
	if a.Before != nil {
		return Page{}, errs.New(errs.BadUserInput, "before requires last: it pages backward from the cursor.").On("before")
	}
	limit := def
	if a.First != nil {
		limit = *a.First
	}
	if err := checkSize("first", limit, a.most()); err != nil {
		return Page{}, err
	}
	return Page{limit: limit, cursor: a.After}, nil
}

func unlessEmpty(cursor *string) *string {
	if cursor == nil || *cursor == "" {
		return nil
	}
	return cursor
}

func (a PageArgs) backward() (Page, error) {
	if a.After != nil {
		return Page{}, errs.New(errs.BadUserInput, "after requires first: it pages forward from the cursor.").On("after")
	}
	if err := checkSize("last", *a.Last, a.most()); err != nil {
		return Page{}, err
	}
	return Page{limit: *a.Last, backward: true, cursor: a.Before}, nil
}

func checkSize(field string, n, most int) error {
	if n >= 1 && n <= most {
		return nil
	}
	return errs.New(errs.Invalid, "%s is %d; it must be from 1 to %d.", field, n, most).On(field).Having(errs.Data{Limit: most})
}

// Limit returns how many edges the page has at most. Fetch one row more: Build
// learns from it whether the list goes on.
func (p Page) Limit() int { return p.limit }

// Backward reports whether rows are to be walked from the end of the list, as
// last and before ask.
func (p Page) Backward() bool { return p.backward }

// Key returns the place that the rows are to lie behind (in walking order),
// and false when the walk begins at the list's end. The arguments are those of
// DecodeCursor, whose errors it returns on the field "after" or "before".
func (p Page) Key(fingerprint uint32, desc bool, idPrefix string) (Key, bool, error) {
	if p.cursor == nil {
		return Key{}, false, nil
	}
	key, err := DecodeCursor(p.cursorField(), *p.cursor, fingerprint, desc, idPrefix)
	return key, err == nil, err
}

func (p Page) cursorField() string {
	if p.backward {
		return "before"
	}
	return "after"
}
