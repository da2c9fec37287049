package conversation_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// marker is a word of which the index stores the end together, whatever stands before it.
const marker, markersEnd = "qqfarewellxylophone", "lxylophone"

// databaseHas reports whether the files of a SQLite database have some bytes anywhere.
func (d *suite) databaseHas(t *testing.T, text string) bool {
	t.Helper()
	file := check.Must(d.Store.Strings(d.System, "SELECT file FROM pragma_database_list WHERE name = 'main'"))(t)[0]
	for _, name := range []string{file, file + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(content), []byte(text)) {
			return true
		}
	}
	return false
}

// IN-13, ENG-7: what was purged is nowhere in the database any more: rows, freed pages,
// search index and write-ahead log. It is done once a day, and search still finds what
// is there.
func TestPurgedTextIsGone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		c := d.StartChat(0, "Hello "+marker).ID
		kept := d.StartChat(0, "Hello xylophone").ID
		check.Must(d.EditAs(me, d.AgentSays(me, c, "Also "+marker), "Mended "+marker))(t)
		if !d.Store.Postgres() && !d.databaseHas(t, markersEnd) {
			t.Fatal("the test does not find what is there")
		}
		d.MustDelete(c)
		if err := d.purge(c); err != nil {
			t.Fatal(err)
		}
		purgedAt := d.Store.Now()
		overwrite := func() clock.Micros {
			if err := d.Store.OverwriteDeleted(t.Context()); err != nil {
				t.Fatal(err)
			}
			return check.Must(d.Store.OverwrittenUntil(d.System))(t)
		}
		first := overwrite()
		if first < purgedAt {
			t.Errorf("overwritten until %s, want %s or later", first, purgedAt)
		}
		if d.Store.Postgres() {
			for _, table := range []string{"search_documents", "messages", "message_revisions"} {
				check.Same(t, check.Must(d.Store.Numbers(d.System, "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = $1", table))(t), []int64{1})
			}
		} else {
			check.Same(t, d.databaseHas(t, markersEnd), false)
			check.Same(t, d.databaseHas(t, "xylophone"), true)
			if _, err := d.Store.Writer().Exec("INSERT INTO search_index(search_index) VALUES ('integrity-check')"); err != nil {
				t.Error(err)
			}
		}
		hits := check.Must(d.Search(me, "xylophone", view.Filter{}, vocab.SearchNewest, paging.PageArgs{}))(t).Edges
		if len(hits) != 1 || hits[0].Node.Conversation.ID != kept {
			t.Errorf("%d hits, want the conversation that was kept", len(hits))
		}
		d.Clock.Advance(23 * time.Hour)
		check.Same(t, overwrite(), first)
		d.Clock.Advance(2 * time.Hour)
		if again := overwrite(); again <= first {
			t.Errorf("overwritten until %s a day later", again)
		}
	})
}

// ENG-7: SQLite overwrites what it frees, on each of its connections.
func TestSecureDelete(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		if d.Store.Postgres() {
			t.Skip("a setting of SQLite's")
		}
		var on int
		if err := d.Store.Writer().QueryRow("PRAGMA secure_delete").Scan(&on); err != nil || on != 1 {
			t.Errorf("secure_delete is %d on the writer, want 1 (%v)", on, err)
		}
	})
}
