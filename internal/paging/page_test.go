package paging_test

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args     paging.PageArgs
		limit    int
		backward bool
	}{
		"default":       {paging.PageArgs{}, 20, false},
		"default after": {paging.PageArgs{After: new("c")}, 20, false},
		"first":         {paging.PageArgs{First: new(1)}, 1, false},
		"most":          {paging.PageArgs{First: new(100), After: new("c")}, 100, false},
		"last":          {paging.PageArgs{Last: new(7)}, 7, true},
		"last before":   {paging.PageArgs{Last: new(100), Before: new("c")}, 100, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := tc.args.Resolve(20)
			if err != nil || page.Limit() != tc.limit || page.Backward() != tc.backward {
				t.Errorf("got %+v, %v", page, err)
			}
		})
	}
}

// API-4: a page has 1 to 100 rows.
func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args  paging.PageArgs
		code  errs.Code
		field string
		want  string
	}{
		"zero":          {paging.PageArgs{First: new(0)}, errs.Invalid, "first", "first is 0; it must be from 1 to 100."},
		"negative":      {paging.PageArgs{First: new(-5)}, errs.Invalid, "first", "from 1 to 100"},
		"100000":        {paging.PageArgs{First: new(100000)}, errs.Invalid, "first", "first is 100000; it must be from 1 to 100."},
		"smallest int":  {paging.PageArgs{First: new(math.MinInt)}, errs.Invalid, "first", "from 1 to 100"},
		"last zero":     {paging.PageArgs{Last: new(0)}, errs.Invalid, "last", "last is 0; it must be from 1 to 100."},
		"last many":     {paging.PageArgs{Last: new(101)}, errs.Invalid, "last", "from 1 to 100"},
		"both":          {paging.PageArgs{First: new(1), Last: new(1)}, errs.BadUserInput, "last", "either first or last"},
		"after, last":   {paging.PageArgs{Last: new(1), After: new("c")}, errs.BadUserInput, "after", "after requires first"},
		"before, first": {paging.PageArgs{First: new(1), Before: new("c")}, errs.BadUserInput, "before", "before requires last"},
		"before alone":  {paging.PageArgs{Before: new("c")}, errs.BadUserInput, "before", "before requires last"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tc.args.Resolve(20)
			e := errs.Of(err)
			if e == nil || e.Code != tc.code || !strings.Contains(e.Message, tc.want) {
				t.Fatalf("got %v, want %s with %q", err, tc.code, tc.want)
			}
			if diff := gocmp.Diff([]string{tc.field}, e.Field); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A bad cursor blames the argument that bore it.
func TestPageKeyNamesItsField(t *testing.T) {
	t.Parallel()
	for field, args := range map[string]paging.PageArgs{
		"after":  {First: new(1), After: new("x")},
		"before": {Last: new(1), Before: new("x")},
	} {
		page, err := args.Resolve(20)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = page.Key(1, false, id.Message)
		if e := errs.Of(err); e == nil || e.Code != errs.BadUserInput || !slices.Equal(e.Field, []string{field}) {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

// API-4: an empty cursor is the first page, as if it was left out.
func TestEmptyCursorIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, args := range []paging.PageArgs{
		{First: new(1), After: new(""), Before: new("")}, {Last: new(1), After: new(""), Before: new("")}, {Before: new("")},
	} {
		page, err := args.Resolve(20)
		if err != nil {
			t.Fatal(err)
		}
		if _, given, err := page.Key(1, false, id.Message); given || err != nil {
			t.Errorf("%+v: got %v, %v", args, given, err)
		}
	}
}

// shelf is a list in memory, walked like the SQL of a use case would.
type shelf struct {
	rows []paging.Key // in list order
	desc bool
}

const shelfPrint = 99

func (s shelf) cursor(k paging.Key) string { return paging.EncodeCursor(shelfPrint, s.desc, k) }

func (s shelf) page(t *rapid.T, args paging.PageArgs) *paging.Connection[paging.Key] {
	page, err := args.Resolve(20)
	if err != nil {
		t.Fatal(err)
	}
	from, bounded, err := page.Key(shelfPrint, s.desc, id.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	walk := slices.Clone(s.rows)
	order := 1
	if s.desc {
		order = -order
	}
	if page.Backward() {
		slices.Reverse(walk)
		order = -order
	}
	var found []paging.Key
	for _, row := range walk {
		if len(found) <= page.Limit() && (!bounded || order*compareKeys(row, from) > 0) {
			found = append(found, row)
		}
	}
	return paging.Build(found, page, s.cursor)
}

// API-4: paging through a list in either direction shows each row once, in list order.
func TestPagingShowsEachRowOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := shelf{desc: rapid.Bool().Draw(t, "desc")}
		s.rows = rapid.SliceOfNDistinct(keys, 0, 12, func(k paging.Key) paging.Key { return k }).Draw(t, "rows")
		slices.SortFunc(s.rows, func(a, b paging.Key) int {
			if s.desc {
				a, b = b, a
			}
			return compareKeys(a, b)
		})
		size := rapid.IntRange(1, 5).Draw(t, "size")
		forward := s.walk(t, paging.PageArgs{First: &size})
		backward := s.walk(t, paging.PageArgs{Last: &size})
		if !slices.Equal(forward, s.rows) || !slices.Equal(backward, s.rows) {
			t.Fatalf("forward %v\nbackward %v\nwant %v", forward, backward, s.rows)
		}
	})
}

func (s shelf) walk(t *rapid.T, args paging.PageArgs) []paging.Key {
	var seen []paging.Key
	for {
		c := s.page(t, args)
		var nodes []paging.Key
		var cursors []string
		for _, e := range c.Edges {
			nodes, cursors = append(nodes, e.Node), append(cursors, e.Cursor)
		}
		if !slices.IsSortedFunc(cursors, cmp.Compare[string]) {
			t.Fatalf("cursors out of order: %v", cursors)
		}
		begun := len(seen) > 0
		if args.First != nil {
			seen = append(seen, nodes...)
			if c.PageInfo.HasPreviousPage != begun {
				t.Fatalf("hasPreviousPage %v", c.PageInfo.HasPreviousPage)
			}
			if !c.PageInfo.HasNextPage {
				return seen
			}
			args.After = c.PageInfo.EndCursor
			continue
		}
		seen = append(nodes, seen...)
		if c.PageInfo.HasNextPage != begun {
			t.Fatalf("hasNextPage %v", c.PageInfo.HasNextPage)
		}
		if !c.PageInfo.HasPreviousPage {
			return seen
		}
		args.Before = c.PageInfo.StartCursor
	}
}

func TestBuildEmpty(t *testing.T) {
	t.Parallel()
	page, err := paging.PageArgs{}.Resolve(20)
	if err != nil {
		t.Fatal(err)
	}
	got := paging.Build(nil, page, func(k paging.Key) string { return k.ID })
	want := &paging.Connection[paging.Key]{Edges: []*paging.Edge[paging.Key]{}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
