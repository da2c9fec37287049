package main

import (
	"slices"
	"testing"
)

// ENG-10: landed migrations are never edited.
func TestMigrations(t *testing.T) {
	t.Parallel()
	landed := map[string]string{"sqlite/00001_a.sql": hashOf("one"), "both/00002_b.sql": hashOf("two")}
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"as they landed": {files: map[string]string{"sqlite/00001_a.sql": "one", "both/00002_b.sql": "two", "both/00003_c.sql": "three"}},
		"edited": {
			files: map[string]string{"sqlite/00001_a.sql": "one more", "both/00002_b.sql": "two"},
			want:  "ent/migrate/migrations/sqlite/00001_a.sql:1: this migration has landed and was edited: restore it, and write a new one",
		},
		"removed": {
			files: map[string]string{"sqlite/00001_a.sql": "one"},
			want:  "ent/migrate/migrations/both/00002_b.sql:1: this migration has landed and is gone: restore it",
		},
		"between": {
			files: map[string]string{"sqlite/00001_a.sql": "one", "both/00002_b.sql": "two", "sqlite/00002_c.sql": "late"},
			want:  "ent/migrate/migrations/sqlite/00002_c.sql:1: the number of this new migration is not above 00002, the last that has landed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := &repository{}
			for file, text := range c.files {
				repo.files = append(repo.files, fileOf(migrationsFolder+file, text))
			}
			assertFinding(t, compareMigrations(repo, landed), c.want)
		})
	}
}

func fileOf(path, text string) file { return file{path: path, text: text} }

// assertFinding compares what a check found with the one finding that is
// wanted; "": none.
func assertFinding(t *testing.T, found []finding, want string) {
	t.Helper()
	var got []string
	for _, f := range found {
		got = append(got, f.String())
	}
	if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
		t.Errorf("got %q, want %q", got, want)
	}
}
