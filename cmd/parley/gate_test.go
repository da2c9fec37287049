package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"parley/internal/testkit"
)

// standing is a write of a server's at which it is to stand still.
type standing struct {
	// table and write, INSERT or UPDATE, say which; when, on NEW, which rows.
	table, write, when string
	// commit has the server stand at the end of that write's transaction: it asked for the
	// commit, and is not told of it. Only PostgreSQL knows that place.
	commit bool
}

// gate stops servers at a place that the database makes, so that a test knows how far they
// have come when it kills them. It is closed and opened while no server runs, and one place
// is closed at a time.
//
// On PostgreSQL a trigger waits for a lock that the gate holds. On SQLite, where nothing
// waits within a transaction, it counts without end, after it wrote more than the cache
// holds: what is in the file of the log of writes shows that the server stands there.
type gate struct {
	t    *testing.T
	file string    // of SQLite
	pg   *pgx.Conn // nil: SQLite
	at   standing
	mark string
	made int
}

const gateLock = 7_041_776

func newGate(t *testing.T, db testkit.Database, env []string) *gate {
	t.Helper()
	g := &gate{t: t}
	if db.URL() == "" {
		for _, v := range env {
			if dir, ok := strings.CutPrefix(v, "PARLEY_DATA_DIR="); ok {
				g.file = filepath.Join(dir, "parley.db")
			}
		}
		return g
	}
	settings, err := pgxpool.ParseConfig(db.URL())
	if err != nil {
		t.Fatal(err)
	}
	if g.pg, err = pgx.ConnectConfig(t.Context(), settings.ConnConfig); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.pg.Close(context.Background()) })
	g.exec(fmt.Sprintf(`CREATE FUNCTION test_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(%d); RETURN NEW; END $$`, gateLock))
	return g
}

// exec runs statements in the database, which on SQLite no server has open.
func (g *gate) exec(statements ...string) {
	g.t.Helper()
	if g.pg != nil {
		for _, s := range statements {
			if _, err := g.pg.Exec(g.t.Context(), s); err != nil {
				g.t.Fatalf("%s: %v", s, err)
			}
		}
		return
	}
	db, err := sql.Open("sqlite3", g.file)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(g.t.Context(), s); err != nil {
			g.t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		g.t.Fatal(err)
	}
}

// count is a number that a query of the database finds.
func (g *gate) count(query string) (n int) {
	g.t.Helper()
	var err error
	if g.pg != nil {
		err = g.pg.QueryRow(g.t.Context(), query).Scan(&n)
	} else {
		var db *sql.DB
		if db, err = sql.Open("sqlite3", g.file); err == nil {
			err = db.QueryRowContext(g.t.Context(), query).Scan(&n)
			_ = db.Close()
		}
	}
	if err != nil {
		g.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// close has servers stand still at a place.
func (g *gate) close(at standing) {
	g.t.Helper()
	g.at = at
	g.made++
	g.mark = fmt.Sprintf("gate-%d;", g.made)
	trigger := fmt.Sprintf("BEFORE %s ON %s", at.write, at.table)
	if g.pg == nil {
		g.exec(`CREATE TABLE test_gate (mark TEXT)`,
			`CREATE VIEW test_endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n`,
			`CREATE VIEW test_hundred AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i FROM n`,
			fmt.Sprintf(`CREATE TRIGGER test_gate %s WHEN %s BEGIN INSERT INTO test_gate SELECT replace(hex(zeroblob(8000)), '00', '%s') FROM test_hundred; SELECT sum(i) FROM test_endless; END`, trigger, at.when, g.mark))
		return
	}
	kind := "TRIGGER test_gate " + trigger
	if at.commit {
		kind = fmt.Sprintf("CONSTRAINT TRIGGER test_gate AFTER %s ON %s DEFERRABLE INITIALLY DEFERRED", at.write, at.table)
	}
	g.exec(fmt.Sprintf(`SELECT pg_advisory_lock(%d)`, gateLock),
		fmt.Sprintf(`CREATE %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION test_gate()`, kind, at.when))
}

// reached waits until a server stands at the place.
func (g *gate) reached() {
	g.t.Helper()
	a := &api{t: g.t}
	a.until(fmt.Sprintf("the server stands at %+v", g.at), func() bool {
		if g.pg != nil {
			return g.count(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) > 0
		}
		written, err := os.ReadFile(g.file + "-wal")
		return err == nil && bytes.Contains(written, []byte(g.mark+g.mark))
	})
}

// open lets through who comes from now on. What the database still has of a server that was
// killed comes to its end first.
func (g *gate) open() {
	g.t.Helper()
	if g.pg != nil {
		g.exec(fmt.Sprintf(`SELECT pg_advisory_unlock(%d)`, gateLock), `DROP TRIGGER test_gate ON `+g.at.table)
		return
	}
	g.exec(`DROP TRIGGER test_gate`, `DROP VIEW test_endless`, `DROP VIEW test_hundred`, `DROP TABLE test_gate`)
}
