package paging_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
)

// API-4: cursors of a list by text sort like its rows, and lead back to them.
func TestTextCursors(t *testing.T) {
	t.Parallel()
	names := rapid.StringMatching(`[aäb\x{1F600}]{0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		var uuids [2][16]byte
		for i := range uuids {
			uuids[i][15] = rapid.Byte().Draw(t, "uuid")
		}
		a := paging.Key{Text: names.Draw(t, "a"), ID: id.FromBytes(id.User, uuids[0])}
		b := paging.Key{Text: names.Draw(t, "b"), ID: id.FromBytes(id.User, uuids[1])}
		o := paging.Order{Fingerprint: rapid.Uint32().Draw(t, "fingerprint"), Kind: id.User, Text: true, Desc: rapid.Bool().Draw(t, "desc")}
		want := cmp.Or(strings.Compare(a.Text, b.Text), strings.Compare(a.ID, b.ID))
		if o.Desc {
			want = -want
		}
		if got := strings.Compare(o.Cursor(a), o.Cursor(b)); got != want {
			t.Fatalf("cursors of %v and %v compare %d, want %d", a, b, got, want)
		}
		if got, err := o.From(after(t, o.Cursor(a))); err != nil || *got != a {
			t.Fatalf("got %v, %v; want %v", got, err, a)
		}
	})
}

func after(t interface{ Fatal(...any) }, cursor string) paging.Page {
	page, err := paging.PageArgs{After: &cursor}.Resolve(20)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// API-4: what is no cursor of the list is refused on its argument.
func TestTextCursorsRefuse(t *testing.T) {
	t.Parallel()
	o := paging.Order{Fingerprint: 7, Kind: id.User, Text: true}
	key := paging.Key{Text: "Ada", ID: id.New(id.User)}
	other := paging.Order{Fingerprint: 8, Kind: id.User, Text: true}
	number := paging.Order{Fingerprint: 7, Kind: id.User}
	for name, cursor := range map[string]string{
		"words": "hello", "a megabyte": strings.Repeat("0", 1<<20), "cut": o.Cursor(key)[:9], "bad UTF-8": "\xff",
		"another query": other.Cursor(key), "of numbers": number.Cursor(key), "invalid text": o.Cursor(paging.Key{Text: "\xff", ID: key.ID}),
	} {
		_, err := o.From(after(t, cursor))
		e := errs.Of(err)
		if e == nil || e.Code != errs.BadUserInput || len(e.Message) > 300 || !slices.Equal(e.Field, []string{"after"}) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// API-4: a list in memory is shown once, in order, from either end.
func TestSlicePages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := make([]int, rapid.IntRange(0, 9).Draw(t, "rows"))
		for i := range rows {
			rows[i] = i
		}
		size := rapid.IntRange(1, 4).Draw(t, "size")
		var forward, backward []int
		for args := (paging.PageArgs{First: &size}); ; {
			page, err := paging.OfSlice(rows, args, 20, "list")
			if err != nil {
				t.Fatal(err)
			}
			if forward = append(forward, page.Nodes()...); !page.PageInfo.HasNextPage {
				break
			}
			args.After = page.PageInfo.EndCursor
		}
		for args := (paging.PageArgs{Last: &size}); ; {
			page, err := paging.OfSlice(rows, args, 20, "list")
			if err != nil {
				t.Fatal(err)
			}
			if backward = append(page.Nodes(), backward...); !page.PageInfo.HasPreviousPage {
				break
			}
			args.Before = page.PageInfo.StartCursor
		}
		if !slices.Equal(forward, rows) || !slices.Equal(backward, rows) {
			t.Fatalf("forward %v, backward %v", forward, backward)
		}
	})
}
