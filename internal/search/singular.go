package search

import (
	"strings"
	"unicode/utf8"
)

// plurals are endings of several things in the languages of IsCommon, longest first, with the
// fewest letters that are left: fewer begin too many others.
var plurals = []struct {
	ending string
	left   int
}{{"ies", 3}, {"es", 3}, {"en", 4}, {"s", 3}, {"n", 4}, {"x", 4}}

// Singular returns the beginning that a word of several things shares with its word for one
// ("parcels", "parcel"), or the word itself. It is for searches by beginnings: what it
// returns need not be a word.
func Singular(word string) string {
	for _, p := range plurals {
		if left, ok := strings.CutSuffix(word, p.ending); ok && utf8.RuneCountInString(left) >= p.left {
			return left
		}
	}
	return word
}
