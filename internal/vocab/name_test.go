package vocab_test

import (
	"testing"

	"parley/internal/vocab"
)

// IN-4: a name is never empty, and an anonymous one stays the same.
func TestDisplayName(t *testing.T) {
	t.Parallel()
	const visitor = "visitor_01jz4f0000e7rv8vqc7m4g4f2a"
	for want, got := range map[string]string{
		"Visitor 4F2A":    vocab.DisplayName("Visitor", visitor),
		"ada@example.com": vocab.DisplayName("Visitor", visitor, "", " \t", "ada@example.com"),
		"Ada":             vocab.DisplayName("Visitor", visitor, "Ada", "ada@example.com"),
		"Contact X":       vocab.AnonymousName("Contact", "x"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
