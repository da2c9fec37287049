package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

func (s *Store) openPostgres(ctx context.Context, o Options) error {
	s.dialect = dialect.Postgres
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return fmt.Errorf("PARLEY_DATABASE_URL is not a PostgreSQL address such as postgres://user:password@host:5432/parley: %w", err)
	}
	if !strings.Contains(o.URL, "pool_max_conns") {
		cfg.MaxConns = 20
	}
	for name, value := range map[string]string{"lock_timeout": strconv.FormatInt(o.LockWait.Milliseconds(), 10), "application_name": "parley", "timezone": "UTC"} {
		if _, set := cfg.ConnConfig.RuntimeParams[name]; !set {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	if o.ReadOnly {
		cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	db := stdlib.OpenDBFromPool(s.pool)
	s.read = db
	if err := s.Ping(ctx); err != nil || o.ReadOnly {
		return err
	}
	s.write = db
	return s.migratePostgres(ctx)
}

// pgxConn returns the driver's connection beneath conn.
func pgxConn(conn *sql.Conn) (*pgx.Conn, error) {
	var c *pgx.Conn
	err := conn.Raw(func(driver any) error {
		std, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("unexpected PostgreSQL driver %T", driver)
		}
		c = std.Conn()
		return nil
	})
	return c, err
}

// sqlState returns PostgreSQL's error code in err, or "".
func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// retryable reports whether a closure that met err may simply run again:
// PostgreSQL chose it as a deadlock's victim, could not serialize it, or gave
// up waiting for a lock.
func retryable(err error) bool {
	switch sqlState(err) {
	case "40P01", "40001", "55P03":
		return true
	}
	return false
}

// postgresBroken reports whether err means that the database cannot write now:
// connections, resources, the operator, the system (classes 08, 53, 57, 58).
func postgresBroken(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) {
		return true
	}
	for _, gone := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, gone) {
			return true
		}
	}
	state := sqlState(err)
	for _, class := range []string{"08", "53", "57", "58"} {
		if strings.HasPrefix(state, class) {
			return true
		}
	}
	return retryable(err)
}
