package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"parley/ent/migrate/migrations"
)

// migrateSQLite works on a handle of its own without foreign keys: rebuilding a
// table with them on deletes the rows that refer to it. They are checked after.
func migrateSQLite(ctx context.Context, o Options) error {
	db, err := sql.Open("sqlite3", o.sqliteDSN(sqliteSchema))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	steps, err := migrate(ctx, db, database.DialectSQLite3, "sqlite")
	if err != nil {
		return err
	}
	if err := migrateJobs(ctx, riversqlite.New(db)); err != nil {
		return err
	}
	if steps == 0 {
		return nil // the check reads every row
	}
	return checkForeignKeys(ctx, db)
}

func checkForeignKeys(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		return errors.New("a migration left rows that refer to missing ones; restore the last back-up")
	}
	return rows.Err()
}

// migrationLock is the key of the advisory lock that nodes which start at the
// same time take in turn.
const migrationLock = 0x7061726c6579

func (s *Store) migratePostgres(ctx context.Context) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT set_config('lock_timeout', '0', false), pg_advisory_lock($1)", migrationLock); err != nil {
		return fmt.Errorf("wait for other nodes' migrations: %w", err)
	}
	defer func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		_, _ = conn.Exec(context.WithoutCancel(ctx), "RESET lock_timeout")
	}()
	if _, err := migrate(ctx, s.write, database.DialectPostgres, "postgres"); err != nil {
		return err
	}
	return migrateJobs[pgx.Tx](ctx, riverpgxv5.New(s.pool))
}

// migrate applies the migrations that the database lacks, and returns how many.
func migrate(ctx context.Context, db *sql.DB, dialect database.Dialect, folder string) (int, error) {
	files, err := migrations.For(folder)
	if err != nil {
		return 0, err
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithGoMigrations(
		goose.NewGoMigration(tagsOfWords, &goose.GoFunc{RunTx: makeTagsOfWords(dialect == database.DialectPostgres)}, nil),
		goose.NewGoMigration(pipelinesOfWords, &goose.GoFunc{RunTx: makePipelinesOfWords(dialect == database.DialectPostgres)}, nil),
	))
	if err != nil {
		return 0, err
	}
	steps, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate the database: %w", err)
	}
	return len(steps), nil
}

func migrateJobs[TTx any](ctx context.Context, driver riverdriver.Driver[TTx]) error {
	m, err := rivermigrate.New(driver, nil)
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job tables: %w", err)
	}
	return nil
}
