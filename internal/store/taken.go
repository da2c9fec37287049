package store

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// Taken reports whether the database refused a value that another row has, by the
// unique index of a column: the column's name is part of the index's.
func Taken(err error, column string) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505" && strings.Contains(pg.ConstraintName, column)
	}
	var lite sqlite3.Error
	return errors.As(err, &lite) && lite.ExtendedCode == sqlite3.ErrConstraintUnique && strings.Contains(lite.Error(), "."+column)
}

// TakenID reports whether the database refused an id that another row has.
func TakenID(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505" && (strings.HasSuffix(pg.ConstraintName, "_pkey") || strings.HasSuffix(pg.ConstraintName, "_account_id_id_key"))
	}
	var lite sqlite3.Error
	return errors.As(err, &lite) && (lite.ExtendedCode == sqlite3.ErrConstraintPrimaryKey ||
		lite.ExtendedCode == sqlite3.ErrConstraintUnique && strings.HasSuffix(lite.Error(), ".id"))
}
