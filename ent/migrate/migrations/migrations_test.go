package migrations

import (
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// These landed in both dialects, written by hand, before they could be written
// once: rendering the one gives the other.
func TestRenderWritesWhatWasWrittenByHand(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"00002_live.sql", "00003_chat.sql", "00004_continuity.sql", "00005_email.sql"} {
		source, err := files.ReadFile("sqlite/" + name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := files.ReadFile("postgres/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(render(source, types["postgres"]))); diff != "" {
			t.Errorf("%s (-by hand +rendered):\n%s", name, diff)
		}
		if diff := cmp.Diff(string(source), string(render(source, types["sqlite"]))); diff != "" {
			t.Errorf("%s changes on SQLite:\n%s", name, diff)
		}
	}
}

func TestRenderLeavesQuotesAndComments(t *testing.T) {
	t.Parallel()
	const source = "-- A TEXT, JSON inside.\nALTER TABLE a ADD COLUMN kind TEXT CHECK (kind IN ('TEXT', 'it''s JSON', \"BLOB\")); -- INTEGER"
	const want = "-- A TEXT, JSON inside.\nALTER TABLE a ADD COLUMN kind text COLLATE \"C\" CHECK (kind IN ('TEXT', 'it''s JSON', \"BLOB\")); -- INTEGER"
	if got := string(render([]byte(source), types["postgres"])); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestFoldersAreMerged(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"sqlite/00001_a.sql":   {Data: []byte("CREATE TABLE a (id TEXT)")},
		"postgres/00001_a.sql": {Data: []byte("CREATE TABLE a (id uuid)")},
		"both/00002_b.sql":     {Data: []byte("CREATE TABLE b (id BLOB)")},
		"both/README.md":       {Data: []byte("TEXT")},
	}
	for dialect, want := range map[string][]string{
		"sqlite":   {"CREATE TABLE a (id TEXT)", "CREATE TABLE b (id BLOB)"},
		"postgres": {"CREATE TABLE a (id uuid)", "CREATE TABLE b (id bytea)"},
	} {
		folder, err := merge(root, dialect)
		if err != nil {
			t.Fatal(err)
		}
		names, err := fs.Glob(folder, "*.sql")
		if err != nil || !slices.Equal(names, []string{"00001_a.sql", "00002_b.sql"}) {
			t.Errorf("%s: got the files %v (%v), want 00001_a.sql and 00002_b.sql", dialect, names, err)
		}
		for i, name := range names {
			text, err := fs.ReadFile(folder, name)
			if err != nil || string(text) != want[i] {
				t.Errorf("%s: %s: got %q (%v), want %q", dialect, name, text, err, want[i])
			}
		}
	}
}

// A number that two folders have is refused by the migrator, which sees both.
func TestNamesInBothFoldersAreListedTwice(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{"sqlite/00002_b.sql": {}, "both/00002_b.sql": {}}
	folder, err := merge(root, "sqlite")
	if err != nil {
		t.Fatal(err)
	}
	if names, err := fs.Glob(folder, "*.sql"); err != nil || len(names) != 2 {
		t.Errorf("got %v (%v), want 00002_b.sql twice", names, err)
	}
}
