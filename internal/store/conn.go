package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

var errOver = errors.New("the transaction is over: its Tx was used outside the closure")

// guarded runs a member's statements. It takes the cancellation out of their
// contexts, refuses them once the transaction is over or SQLite ended it, and
// closes rows that the closure left open, which would keep the savepoint.
type guarded struct {
	group *group
	rows  []*sql.Rows
	over  bool
}

func (g *guarded) ready(ctx context.Context) (context.Context, error) {
	if g.over {
		return nil, errOver
	}
	if g.group.autocommit() {
		return nil, errGroupLost
	}
	return context.WithoutCancel(ctx), nil
}

// ExecContext runs a statement.
func (g *guarded) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, err := g.ready(ctx)
	if err != nil {
		return nil, err
	}
	g.group.store.trace(query)
	return g.group.tx.ExecContext(ctx, query, args...)
}

// QueryContext runs a query; its rows are closed with the member at the latest.
func (g *guarded) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx, err := g.ready(ctx)
	if err != nil {
		return nil, err
	}
	g.group.store.trace(query)
	rows, err := g.group.tx.QueryContext(ctx, query, args...)
	if err == nil {
		g.rows = append(g.rows, rows)
	}
	return rows, err
}

func (g *guarded) closeRows() {
	for _, rows := range g.rows {
		_ = rows.Close()
	}
	g.rows = nil
}

// traced runs statements outside transactions.
type traced struct{ store *Store }

// ExecContext runs a statement.
func (t traced) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	t.store.trace(query)
	return t.store.read.ExecContext(ctx, query, args...)
}

// QueryContext runs a query.
func (t traced) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	t.store.trace(query)
	return t.store.read.QueryContext(ctx, query, args...)
}

// txDriver is ent's driver within a transaction that the group commits.
type txDriver struct {
	conn    *guarded
	dialect string
}

// Exec runs a statement.
func (d txDriver) Exec(ctx context.Context, query string, args, v any) error {
	return entsql.Conn{ExecQuerier: d.conn}.Exec(ctx, query, args, v)
}

// Query runs a query.
func (d txDriver) Query(ctx context.Context, query string, args, v any) error {
	return entsql.Conn{ExecQuerier: d.conn}.Query(ctx, query, args, v)
}

// Tx hands out the transaction that runs already: ent asks for one when a
// change takes several statements.
func (d txDriver) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

// BeginTx is Tx.
func (d txDriver) BeginTx(ctx context.Context, _ *sql.TxOptions) (dialect.Tx, error) {
	return d.Tx(ctx)
}

// Close does nothing: the group owns the connection.
func (d txDriver) Close() error { return nil }

// Dialect names the database.
func (d txDriver) Dialect() string { return d.dialect }

var _ dialect.Driver = txDriver{}

// scanAll reads rows of one column.
func scanAll[T any](rows entsql.ColumnScanner, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, fmt.Errorf("read a row: %w", err)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// Strings runs a hand-written query for one column of text; see Tx.Exec.
func (s *Store) Strings(ctx context.Context, query string, args ...any) ([]string, error) {
	return scanAll[string](s.Query(ctx, query, args...))
}

// Numbers runs a hand-written query for one column of whole numbers; see Tx.Exec.
func (s *Store) Numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	return scanAll[int64](s.Query(ctx, query, args...))
}
