// Package migrations holds the versioned migrations of each database, in
// order. A migration that has landed is never edited.
package migrations

import (
	"bytes"
	"embed"
	"io/fs"
	"regexp"
)

// files holds a folder for each dialect, sqlite and postgres, and one for what
// both share: both.
//
//go:embed sqlite postgres both
var files embed.FS

// For returns the migrations of a dialect: those in its folder, and those in
// both with its names of types.
func For(dialect string) (fs.FS, error) { return merge(files, dialect) }

func merge(root fs.FS, dialect string) (fs.FS, error) {
	own, err := fs.Sub(root, dialect)
	if err != nil {
		return nil, err
	}
	both, err := fs.Sub(root, "both")
	if err != nil {
		return nil, err
	}
	return merged{own, both, types[dialect]}, nil
}

// types has the names that a dialect has for the types of a migration in both.
var types = map[string]map[string]string{
	"postgres": {
		"TEXT":    `text COLLATE "C"`,
		"INTEGER": "bigint",
		"BOOLEAN": "boolean",
		"JSON":    "jsonb",
		"BLOB":    "bytea",
		"REAL":    "double precision",
	},
}

// word finds quotes and comments too, so that the words in them are passed over.
var word = regexp.MustCompile(`'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\b[A-Z]+\b`)

// render writes a migration's types with the given names; others stay.
func render(migration []byte, names map[string]string) []byte {
	return word.ReplaceAllFunc(migration, func(found []byte) []byte {
		if name, ok := names[string(found)]; ok {
			return []byte(name)
		}
		return found
	})
}

// merged is a dialect's folder together with the rendered one of both.
type merged struct {
	own, both fs.FS
	names     map[string]string
}

// Glob lists the files of both folders. One whose name is in both is listed
// twice, which the migrator refuses.
func (m merged) Glob(pattern string) ([]string, error) {
	own, err := fs.Glob(m.own, pattern)
	if err != nil {
		return nil, err
	}
	both, err := fs.Glob(m.both, pattern)
	return append(own, both...), err
}

// Open opens a file of either folder.
func (m merged) Open(name string) (fs.File, error) {
	if _, err := fs.Stat(m.own, name); err == nil {
		return m.own.Open(name)
	}
	source, err := m.both.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(m.both, name)
	if err != nil {
		return nil, err
	}
	return &rendered{source, bytes.NewReader(render(text, m.names))}, nil
}

// rendered is a file of both, read with a dialect's names.
type rendered struct {
	fs.File
	text *bytes.Reader
}

// Read reads the rendered text.
func (r *rendered) Read(p []byte) (int, error) { return r.text.Read(p) }
