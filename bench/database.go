package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL for database/sql
	_ "github.com/mattn/go-sqlite3"    // SQLite for database/sql

	"parley/internal/id"
	"parley/internal/secret"
)

const postgresVariable = "PARLEY_TEST_POSTGRES_URL"

// readers is how many connections read SQLite, as in Parley.
const readers = 4

// database is a fresh database: a data folder, or a database of a PostgreSQL
// server and a folder beside it.
type database struct {
	dir    string
	server string // the PostgreSQL server's URL; empty: SQLite
	name   string
	keys   string
	// lean has servers collect garbage as often as the floor does, where memory
	// is compared.
	lean bool
}

// makeDatabase makes an empty one.
func makeDatabase(ctx context.Context, kind, root string) (*database, error) {
	dir, err := os.MkdirTemp(root, "data-")
	if err != nil {
		return nil, err
	}
	d := &database{dir: dir, keys: secret.GenerateKey()}
	if kind == "sqlite" {
		return d, nil
	}
	if d.server = os.Getenv(postgresVariable); d.server == "" {
		return nil, fmt.Errorf("%s is not set: it names a PostgreSQL server on which databases may be made", postgresVariable)
	}
	d.name = strings.ToLower(id.New("bench"))
	return d, d.onServer(ctx, "CREATE DATABASE "+d.name)
}

// copy makes another database with the same content. No one may be using d.
func (d *database) copy(ctx context.Context, root string) (*database, error) {
	dir, err := os.MkdirTemp(root, "copy-")
	if err != nil {
		return nil, err
	}
	c := &database{dir: dir, server: d.server, keys: d.keys}
	if d.server == "" {
		return c, copyFile(c.file(), d.file())
	}
	c.name = strings.ToLower(id.New("bench"))
	return c, d.onServer(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", c.name, d.name))
}

// drop removes it.
func (d *database) drop() error {
	err := os.RemoveAll(d.dir)
	if d.server != "" {
		err = errors.Join(err, d.onServer(context.Background(), fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", d.name)))
	}
	return err
}

func (d *database) file() string { return filepath.Join(d.dir, "parley.db") }

// url is PARLEY_DATABASE_URL.
func (d *database) url() string {
	if d.server == "" {
		return ""
	}
	u, err := url.Parse(d.server)
	if err != nil {
		return d.server
	}
	u.Path = "/" + d.name
	return u.String()
}

// env has the settings for Parley: its own defaults, but for the database, the
// address, and the limit on requests, which would be what is measured.
func (d *database) env() []string {
	env := []string{"PARLEY_DATA_DIR=" + d.dir, "PARLEY_LISTEN=127.0.0.1:0", "PARLEY_RATE_LIMIT=0", "PARLEY_STAFF_RATE_LIMIT=0",
		"PARLEY_VISITOR_MESSAGES=0", "PARLEY_VISITOR_CHATS=0", "PARLEY_VISITOR_SESSIONS=0"}
	if d.server != "" {
		env = append(env, "PARLEY_DATABASE_URL="+d.url(), "PARLEY_SECRET_KEYS="+d.keys)
	}
	if d.lean {
		env = append(env, "GOGC=100")
	}
	return env
}

// reader opens it for reading, with as many connections as Parley reads with
// on SQLite, and one for each caller on PostgreSQL.
func (d *database) reader(callers int) (*sql.DB, error) {
	if d.server != "" {
		return openPostgres(d.url(), callers)
	}
	return openSQLite(d.file(), "mode=ro&_query_only=1", readers)
}

// writer opens it for writing: by one connection, as SQLite can do it, or by
// one for each caller. A commit is on the disk.
func (d *database) writer(callers int) (*sql.DB, error) {
	if d.server != "" {
		return openPostgres(d.url(), callers)
	}
	return openSQLite(d.file(), "_txlock=immediate", 1)
}

func openSQLite(file, more string, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1&_stmt_cache_size=64&"+more)
	if err == nil {
		db.SetMaxOpenConns(connections)
		db.SetMaxIdleConns(connections)
	}
	return db, err
}

func openPostgres(url string, connections int) (*sql.DB, error) {
	db, err := sql.Open("pgx", url)
	if err == nil {
		db.SetMaxOpenConns(connections)
		db.SetMaxIdleConns(connections)
	}
	return db, err
}

// vacuumPostgres brings PostgreSQL to where autovacuum would: statistics, visibility,
// no pending search entries.
func (d *database) vacuumPostgres(ctx context.Context) (err error) {
	if d.server == "" {
		return nil
	}
	db, err := openPostgres(d.url(), 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "VACUUM ANALYZE")
	return err
}

// durable reports whether the server waits for the disk at a commit.
func (d *database) durable(ctx context.Context) (is bool, err error) {
	if d.server == "" {
		return true, nil
	}
	db, err := openPostgres(d.url(), 1)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'").Scan(&is)
	return is, err
}

func (d *database) onServer(ctx context.Context, statement string) (err error) {
	db, err := sql.Open("pgx", d.server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
