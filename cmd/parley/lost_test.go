package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
)

// ENG-7: a key or a database that is gone is not replaced without a word.
func TestLostData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func(accept bool) error {
		d := databaseSettings{DataDir: dir, AcceptLoss: accept}
		opened, err := d.openStorage(t.Context(), slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		return opened.close()
	}
	refused := func(err error, what string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "PARLEY_ACCEPT_LOSS") {
			t.Errorf("got %v", err)
		}
	}
	must(t, open(false))
	must(t, os.Remove(filepath.Join(dir, "secret.key")))
	must(t, open(false)) // nothing is in the database yet
	s, err := store.Open(t.Context(), store.Options{File: filepath.Join(dir, "parley.db")})
	must(t, err)
	testkit.Account(t, s)
	must(t, s.Close())
	must(t, open(false))
	must(t, os.Remove(filepath.Join(dir, "secret.key")))
	refused(open(false), "secret.key is gone")
	must(t, open(true))
	files, err := filepath.Glob(filepath.Join(dir, "parley.db*"))
	must(t, err)
	for _, file := range files {
		must(t, os.Remove(file))
	}
	refused(open(false), "parley.db is gone")
	must(t, open(true))
	for _, name := range []string{"parley.db", "secret.key", "database.id"} {
		must(t, os.Chmod(filepath.Join(dir, name), 0o600))
	}
}

// ENG-7: a database that was emptied or replaced beside a data folder in use is noticed.
func TestReplacedDatabase(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		d := databaseSettings{DataDir: t.TempDir(), DatabaseURL: db.URL(), SecretKeys: secret.GenerateKey()}
		open := func(accept bool) error {
			d.AcceptLoss = accept
			opened, err := d.openStorage(t.Context(), slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			return opened.close()
		}
		must(t, open(false))
		must(t, open(false))
		if d.DatabaseURL != "" {
			d.DatabaseURL = testkit.Postgres(t).URL()
		}
		files, err := filepath.Glob(filepath.Join(d.DataDir, "parley.db*"))
		must(t, err)
		for _, file := range files {
			must(t, os.Remove(file))
		}
		if err := open(false); err == nil || !strings.Contains(err.Error(), "emptied or replaced") || !strings.Contains(err.Error(), "PARLEY_ACCEPT_LOSS") {
			t.Errorf("got %v", err)
		}
		must(t, open(true))
		must(t, open(false))
		must(t, os.Remove(filepath.Join(d.DataDir, "database.id"))) // as on a new node
		must(t, open(false))
	})
}

// A server whose data folder takes no more is not ready, though it reads.
func TestReadyNeedsRoom(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		a := &app{store: s}
		must(t, a.ready(t.Context(), t.TempDir()))
		if err := a.ready(t.Context(), filepath.Join(t.TempDir(), "gone")); err == nil {
			t.Error("ready without a folder to write to")
		}
	})
}

// ENG-7: others cannot read what an earlier version made.
func TestDatabaseIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "parley.db")
	must(t, os.WriteFile(file, nil, 0o644)) //nolint:gosec // as it was
	d := databaseSettings{DataDir: dir}
	must(t, d.makeDataDir())
	info, err := os.Stat(file)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
}
