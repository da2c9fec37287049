package main

import "testing"

func TestNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, text, want string }{
		"a method without an object":   {"internal/a/a.go", "func (b *box) read() {}", `internal/a/a.go:2: a method named "read": say what it acts on`},
		"a generic type's method":      {"internal/a/a.go", "func (b *box[T]) take() {}", `internal/a/a.go:2: a method named "take": say what it acts on`},
		"a method with an object":      {"internal/a/a.go", "func (b *box) readHeader() {}", ""},
		"an exported method":           {"internal/a/a.go", "func (b *box) Read() {}", ""},
		"a function":                   {"internal/a/a.go", "func read(b *box) {}", ""},
		"a test's method":              {"internal/a/a_test.go", "func (b *box) read() {}", ""},
		"a metaphor as a type":         {"internal/a/a.go", "type hall struct{}", `internal/a/a.go:2: "hall" has "hall" in it: write inboxPresence`},
		"a metaphor within a function": {"internal/a/a.go", "func makeRoom() {}", `internal/a/a.go:2: "makeRoom" has "room" in it: write conversationPresence`},
		"a metaphor as a field":        {"internal/a/a.go", "type a struct { told int }", `internal/a/a.go:2: "told" has "told" in it: write recorded, reported or notified`},
		"a metaphor as a parameter":    {"internal/a/a.go", "func f(tell func()) {}", `internal/a/a.go:2: "tell" has "tell" in it: write record, report or notify`},
		"a metaphor as a constant":     {"internal/a/a.go", "const maxCrew = 1", `internal/a/a.go:2: "maxCrew" has "crew" in it: write workers`},
		"a metaphor as a variable":     {"internal/a/a.go", "func f() { wish := 1; _ = wish }", `internal/a/a.go:2: "wish" has "wish" in it: write viewRequest`},
		"a metaphor of a loop":         {"internal/a/a.go", "func f() { for _, crew := range g() { _ = crew } }", `internal/a/a.go:2: "crew" has "crew" in it: write workers`},
		"another word's beginning":     {"internal/a/a.go", "func intelligence(cardinality int) { dashboard := 1; _ = dashboard }", ""},
		"a name that is only used":     {"internal/a/a.go", "var _ = lib.Room", ""},
		"ent's schema":                 {"ent/schema/a.go", "func (b *box) read() {}", `ent/schema/a.go:2: a method named "read": say what it acts on`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := checkNames(&repository{files: []file{fileOf(c.path, "package a\n"+c.text+"\n")}})
			if err != nil {
				t.Fatal(err)
			}
			assertFinding(t, found, c.want)
		})
	}
}

// Each metaphor is found, and what to write in its place is none.
func TestMetaphors(t *testing.T) {
	t.Parallel()
	for word, write := range metaphors {
		if got := metaphorIn(word + "Of"); got != word {
			t.Errorf("in %sOf: got %q, want %q", word, got, word)
		}
		if got := metaphorIn(write); got != "" {
			t.Errorf("in %q, which replaces %q: got %q, want none", write, word, got)
		}
	}
}
