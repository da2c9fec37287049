package search_test

import (
	"slices"
	"testing"

	"parley/internal/search"
)

// CO-11: the terms of a text are each there once, without case and accents.
func TestTerms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                       nil,
		"Über Rücksendung, über": {"uber", "rucksendung"},
		"one two three four":     {"one", "two", "three"},
	} {
		if got := search.Terms(3, text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := search.Terms(100, "返品について"); len(got) < 3 || !slices.Contains(got, search.Terms(1, "返品")[0]) {
		t.Errorf("Japanese: %q", got)
	}
}
