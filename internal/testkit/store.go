// Package testkit gives tests real databases, accounts with people in them, and
// clients. It is imported only by tests.
package testkit

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
)

// PostgresVariable names a PostgreSQL server for tests, with the right to make
// databases. The README's test command starts one when it finds the programs.
const PostgresVariable = "PARLEY_TEST_POSTGRES_URL"

// Database is a kind of database that a test runs on.
type Database struct {
	Name string
	url  string
}

// EachDatabase runs the test on SQLite and, when there is a server, on
// PostgreSQL. The two run in parallel.
func EachDatabase(t *testing.T, test func(t *testing.T, db Database)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, Database{Name: "sqlite"})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t))
	})
}

// Postgres is a fresh database on the PostgreSQL server, without which the test
// is skipped.
func Postgres(t testing.TB) Database {
	t.Helper()
	skipWithoutPostgres(t)
	return Database{Name: "postgres", url: freshPostgres(t)}
}

func skipWithoutPostgres(t testing.TB) {
	t.Helper()
	if os.Getenv(PostgresVariable) == "" {
		t.Skipf("no PostgreSQL: set %s, or use `make test`, which starts one", PostgresVariable)
	}
}

// SharedDatabase is EachDatabase with one PostgreSQL database for all tests of
// the program, since making one takes long. Each test opens a store of its own
// and makes its own accounts; what reaches across accounts needs EachDatabase.
// TestMain runs the tests by Main, which drops the database.
func SharedDatabase(t *testing.T, test func(t *testing.T, db Database)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, Database{Name: "sqlite"})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		skipWithoutPostgres(t)
		address, err := sharedPostgres()
		if err != nil {
			t.Fatal(err)
		}
		test(t, Database{Name: "postgres", url: address})
	})
}

// Main runs a package's tests and drops what they shared. It returns what
// os.Exit gets.
func Main(m *testing.M) int {
	code := m.Run()
	for _, name := range made {
		if err := postgresExec(os.Getenv(PostgresVariable), fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// made are the databases that outlive a test.
var made []string

// EachStore is EachDatabase with an open store, whose clock the test may turn
// when it is a *clock.Turned.
func EachStore(t *testing.T, c clock.Clock, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachDatabase(t, func(t *testing.T, db Database) { test(t, db.Open(t, c)) })
}

// Options returns how to open the test's database. A SQLite file lies in dir.
func (db Database) Options(dir string) store.Options {
	if db.url != "" {
		return store.Options{URL: db.url}
	}
	return store.Options{File: filepath.Join(dir, "parley.db")}
}

// URL returns PARLEY_DATABASE_URL for the database: empty for SQLite.
func (db Database) URL() string { return db.url }

// Open opens a fresh database and closes it with the test. with changes the
// options before.
func (db Database) Open(t testing.TB, c clock.Clock, with ...func(*store.Options)) *store.Store {
	t.Helper()
	options := db.Options(t.TempDir())
	if db.url == "" {
		copySQLite(t, options.File)
	}
	options.Clock = c
	options.Log = slog.New(slog.DiscardHandler)
	for _, change := range with {
		change(&options)
	}
	s, err := store.Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// migrated is a SQLite database after its migrations, made once per test
// program and copied for each test.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "parley-test-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "parley.db")
	s, err := store.Open(context.Background(), store.Options{File: file})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func copySQLite(t testing.TB, file string) {
	t.Helper()
	content, err := migrated()
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// freshPostgres makes a database for one test, from a template that is migrated
// once per test program.
func freshPostgres(t testing.TB) string {
	t.Helper()
	name, err := copyPostgres()
	if err != nil {
		t.Fatal(err)
	}
	server := os.Getenv(PostgresVariable)
	t.Cleanup(func() {
		if err := postgresExec(server, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name)); err != nil {
			t.Error(err)
		}
	})
	return inDatabase(server, name) + "&pool_max_conns=8"
}

// copyPostgres makes a database from the template and returns its name.
func copyPostgres() (string, error) {
	template, err := postgresTemplate()
	if err != nil {
		return "", err
	}
	name := strings.ToLower(id.New("test"))
	return name, postgresExec(os.Getenv(PostgresVariable), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template))
}

var sharedPostgres = sync.OnceValues(func() (string, error) {
	name, err := copyPostgres()
	if err != nil {
		return "", err
	}
	made = append(made, name)
	return inDatabase(os.Getenv(PostgresVariable), name) + "&pool_max_conns=8", nil
})

var postgresTemplate = sync.OnceValues(func() (string, error) {
	server := os.Getenv(PostgresVariable)
	name := strings.ToLower(id.New("template"))
	if err := postgresExec(server, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	made = append(made, name)
	s, err := store.Open(context.Background(), store.Options{URL: inDatabase(server, name)})
	if err != nil {
		return "", err
	}
	return name, s.Close()
})

func inDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	q := u.Query()
	q.Set("application_name", "parley-test")
	u.RawQuery = q.Encode()
	return u.String()
}

// postgresExec runs one statement on the server. CREATE DATABASE is serialized,
// since its template may have no other connection.
func postgresExec(server, statement string) error {
	databases.Lock()
	defer databases.Unlock()
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

var databases sync.Mutex
