package opt_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/errs"
	"parley/internal/opt"
)

type input struct {
	Name *string
	Size opt.Value[*int]     `json:",omitzero"`
	Tags opt.Value[[]string] `json:",omitzero"`
}

// API-8: left out keeps, null clears.
func TestSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in    opt.Value[*int]
		want  int
		or    int
		orNil *int
	}{
		"left out": {opt.Value[*int]{}, 7, 7, nil},
		"null":     {opt.Null[int](), 0, 5, new(int)},
		"zero":     {opt.Of(0), 0, 0, new(int)},
		"given":    {opt.Of(3), 3, 3, new(3)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			field, or := 7, 7
			opt.Set(&field, c.in)
			opt.SetOr(&or, c.in, 5)
			if field != c.want || or != c.or {
				t.Errorf("Set gave %d, SetOr %d; want %d and %d", field, or, c.want, c.or)
			}
			if diff := cmp.Diff(c.orNil, opt.OrZero(c.in)); diff != "" {
				t.Errorf("OrZero (-want +got):\n%s", diff)
			}
		})
	}
}

// API-8: what cannot be without a value takes no null.
func TestRequire(t *testing.T) {
	t.Parallel()
	field := 7
	if err := opt.Require(&field, opt.Value[*int]{}, "size"); err != nil || field != 7 {
		t.Errorf("left out: got %d, %v; want it to stay", field, err)
	}
	err := opt.Require(&field, opt.Null[int](), "size")
	if e := errs.Of(err); e == nil || e.Code != errs.Required || !cmp.Equal(e.Field, []string{"size"}) || field != 7 {
		t.Errorf("null: got %d, %v; want REQUIRED on size", field, err)
	}
	if err := opt.Require(&field, opt.Of(3), "size"); err != nil || field != 3 {
		t.Errorf("given: got %d, %v; want 3", field, err)
	}
}

// API-8: an empty list and null both leave nothing; left out, the list stays.
func TestSetList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   opt.Value[[]string]
		want []string
	}{
		"left out": {opt.Value[[]string]{}, []string{"a"}},
		"null":     {nullList(t), []string{}},
		"empty":    {opt.List[string](), []string{}},
		"given":    {opt.List("b"), []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			field := []string{"a"}
			opt.SetList(&field, c.in)
			if diff := cmp.Diff(c.want, field); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func nullList(t *testing.T) opt.Value[[]string] {
	t.Helper()
	var in input
	if err := json.Unmarshal([]byte(`{"Tags": null}`), &in); err != nil {
		t.Fatal(err)
	}
	if !in.Tags.IsSet() {
		t.Fatal("a list that was given as null counts as left out")
	}
	return in.Tags
}
