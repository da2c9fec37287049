package conversation

import (
	"context"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/store"
)

// owned is a conversation that the system's own rounds found, of any account.
type owned struct{ id, account string }

// findOverdue runs a query for ids and accounts over all accounts. Its conditions
// stand in its text, so that the partial indexes that are made for it serve it.
func (s *Service) findOverdue(ctx context.Context, query string, before int64) ([]owned, error) {
	var found []owned
	err := store.ForEachRow(ctx, s.store, query, []any{before}, func(rows entsql.ColumnScanner) error {
		var o owned
		err := rows.Scan(&o.id, &o.account)
		found = append(found, o)
		return err
	})
	return found, err
}
