package richtext_test

import (
	"testing"

	"parley/internal/richtext"
)

// API-11: a name shows something, and turns nothing around it; texts are not
// overridden, but run as their languages do.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		" Ada  Example ": "Ada Example", "\u200b\u200d": "", "\u3164": "", "\u2800 ": "", "\u202eevil": "evil", "a\u2066b\u2069": "ab",
		"👩\u200d💻": "👩\u200d💻", "עדה": "עדה", "\ufeff": "", "a\u200bb": "a\u200bb",
	} {
		if got := richtext.Name(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if clean, err := richtext.Clean("pay\u202efdp.exe \u2067שלום\u2069"); err != nil || clean != "payfdp.exe \u2067שלום\u2069" {
		t.Errorf("%q, %v", clean, err)
	}
	if !richtext.Blank("\u200b \n\u00ad") || richtext.Blank("\u200b.") {
		t.Error("what shows nothing is blank, and nothing else")
	}
}
