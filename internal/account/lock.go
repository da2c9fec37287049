package account

import (
	"context"
	"fmt"

	"parley/internal/store"
	"parley/internal/viewer"
)

// Lock makes changes of the account's people, inboxes and limits wait for one
// another until the transaction ends. Reads and the work on conversations go
// on. SQLite has one writer anyway.
func Lock(ctx context.Context, tx *store.Tx) error {
	if !tx.Postgres() {
		return nil
	}
	// Rows that refer to the account may still be made: hence not FOR UPDATE.
	_, err := tx.Number(ctx, "SELECT number FROM accounts WHERE id = $1 FOR NO KEY UPDATE", viewer.FromContext(ctx).AccountID)
	if err != nil {
		return fmt.Errorf("lock the account: %w", err)
	}
	return nil
}
