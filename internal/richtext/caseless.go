package richtext

import (
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Caseless returns a text by which names are compared whatever their case: two names
// that differ by case only have the same.
func Caseless(text string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(text)))
}
