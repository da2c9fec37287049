package store

import (
	"context"
	"fmt"
	"time"

	"parley/internal/id"
)

// retirable is how long after its making an id can still be chosen by a client: a
// day, and as much as clocks may differ.
const retirable = 24*time.Hour + 10*time.Minute

// Retire remembers the ids of rows that are about to be deleted, so that no client makes
// another object with them (API-1): those of a table whose column has a value. Of
// older ones nothing is kept: they are refused for their time.
func (tx *Tx) Retire(ctx context.Context, table, kind, column, accountID, value string) error {
	now := tx.Now()
	_, err := tx.Exec(ctx, "INSERT INTO purged_ids (id, purged_at) SELECT id, $1 FROM "+table+" WHERE "+column+
		" = $2 AND account_id = $3 AND id >= $4 ON CONFLICT (id) DO NOTHING", int64(now), value, accountID, id.FirstAt(kind, now.Time().Add(-retirable)))
	if err != nil {
		return fmt.Errorf("retire ids of %s: %w", table, err)
	}
	return nil
}
