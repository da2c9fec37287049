package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"entgo.io/ent/dialect"
	"github.com/mattn/go-sqlite3"
)

// Both handles keep prepared statements. The writer takes its lock at BEGIN,
// since a read that becomes a write fails at once when another wrote in the meantime,
// whatever the busy timeout. What is deleted is overwritten (ENG-7).
const (
	sqliteCommon = "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_stmt_cache_size=256&_secure_delete=1"
	sqliteReader = sqliteCommon + "&_query_only=1"
	sqliteWriter = sqliteCommon + "&_txlock=immediate"
	sqliteSchema = "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=0&_txlock=immediate&_secure_delete=1"
)

func (o Options) sqliteDSN(settings string) string {
	file := (&url.URL{Path: o.File}).EscapedPath()
	return fmt.Sprintf("file:%s?%s&_busy_timeout=%d", file, settings, o.LockWait.Milliseconds())
}

func (s *Store) openSQLite(ctx context.Context, o Options) error {
	s.dialect = dialect.SQLite
	if o.ReadOnly {
		return s.readSQLite(ctx, o, "&mode=rw") // which makes no file
	}
	if err := migrateSQLite(ctx, o); err != nil {
		return fmt.Errorf("database file %s: %w", o.File, err)
	}
	s.logDSN = Options{File: o.File, LockWait: 250 * time.Millisecond}.sqliteDSN(sqliteWriter)
	var err error
	if s.write, err = sql.Open("sqlite3", o.sqliteDSN(sqliteWriter)); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	return s.readSQLite(ctx, o, "")
}

func (s *Store) readSQLite(ctx context.Context, o Options, also string) (err error) {
	if s.read, err = sql.Open("sqlite3", o.sqliteDSN(sqliteReader)+also); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(4)
	s.read.SetMaxIdleConns(4)
	return s.Ping(ctx)
}

// sqliteConn returns the driver's connection beneath conn.
func sqliteConn(conn *sql.Conn) (*sqlite3.SQLiteConn, error) {
	var c *sqlite3.SQLiteConn
	err := conn.Raw(func(driver any) error {
		var ok bool
		if c, ok = driver.(*sqlite3.SQLiteConn); !ok {
			return fmt.Errorf("unexpected SQLite driver %T", driver)
		}
		return nil
	})
	return c, err
}

// sqliteBroken reports whether err means that the database cannot write now:
// the disk is full, the file is locked by another program, or broken.
func sqliteBroken(err error) bool {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrReadonly,
		sqlite3.ErrCorrupt, sqlite3.ErrCantOpen, sqlite3.ErrNomem, sqlite3.ErrNotADB:
		return true
	}
	return false
}
