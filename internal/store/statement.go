package store

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Statement builds a hand-written query with numbered arguments. Both databases
// take $1, $2 and so on; SQLite's driver binds them by their first appearance,
// so that each is written when it is added.
type Statement struct {
	strings.Builder
	Args []any
}

// Arg adds an argument and returns its placeholder.
func (s *Statement) Arg(v any) string {
	s.Args = append(s.Args, v)
	return "$" + strconv.Itoa(len(s.Args))
}

// List adds arguments and returns their placeholders with commas between.
func List[T ~string](s *Statement, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = s.Arg(string(v))
	}
	return strings.Join(marks, ", ")
}

// Storable reports whether both databases can keep and compare a text: it is UTF-8 without
// NUL. PostgreSQL fails with others.
func Storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
