package event_test

import (
	"testing"

	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/vocab"
)

// API-4: the log is read backward from its end, page by page, without a gap or a
// repetition.
func TestPagesBackward(t *testing.T) {
	t.Parallel()
	eachLog(t, func(t *testing.T, r *reader) {
		for range 7 {
			r.append(store.Event{Type: vocab.TeamCreated})
		}
		back := func(before *int64, last int, filter event.Filter) *event.Page {
			t.Helper()
			page, err := r.List(r.Admin, event.Bounds{Before: before, Last: &last}, filter)
			if err != nil {
				t.Fatal(err)
			}
			return page
		}
		end := back(nil, 3, event.Filter{})
		same(t, []any{sequences(end), end.ScannedTo, end.PageInfo.HasPreviousPage, end.PageInfo.HasNextPage}, []any{[]int64{5, 6, 7}, int64(5), true, false})
		rest := back(&end.ScannedTo, 10, event.Filter{})
		same(t, []any{sequences(rest), rest.ScannedTo, rest.PageInfo.HasPreviousPage, rest.PageInfo.HasNextPage}, []any{[]int64{1, 2, 3, 4}, int64(1), false, true})
		none := back(nil, 3, event.Filter{Types: []vocab.EventType{vocab.TeamDeleted}})
		same(t, []any{sequences(none), none.ScannedTo, none.PageInfo.HasPreviousPage}, []any{[]int64{}, int64(1), false})
		begin, err := r.List(r.Admin, event.Bounds{}, event.Filter{})
		if err != nil || len(begin.Edges) != 7 {
			t.Errorf("got %v (%v), want the log from its beginning", begin, err)
		}
		one, far, below, two := 1, int64(9), int64(0), int64(2)
		for _, bad := range []struct {
			bounds event.Bounds
			code   errs.Code
			field  string
		}{
			{event.Bounds{Before: &far, Last: &one}, errs.Invalid, "before"},
			{event.Bounds{Before: &below, Last: &one}, errs.CursorExpired, "before"},
			{event.Bounds{Before: &two}, errs.BadUserInput, "before"},
			{event.Bounds{After: &two, Last: &one}, errs.BadUserInput, "after"},
			{event.Bounds{First: &one, Last: &one}, errs.BadUserInput, "last"},
		} {
			_, err := r.List(r.Admin, bad.bounds, event.Filter{})
			if e := errs.Of(err); e == nil || e.Code != bad.code || e.Field[0] != bad.field {
				t.Errorf("%+v: got %v, want %s on %s", bad.bounds, err, bad.code, bad.field)
			}
		}
	})
}
