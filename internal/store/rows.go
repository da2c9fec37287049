package store

import (
	"context"
	"fmt"

	entsql "entgo.io/ent/dialect/sql"
)

// ForEachRow runs a hand-written query and calls scan with each row.
func ForEachRow(ctx context.Context, db *Store, query string, args []any, scan func(entsql.ColumnScanner) error) error {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
