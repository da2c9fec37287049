package contact

import (
	"context"

	"parley/internal/store"
)

// RecordSeen notes within the caller's transaction that a contact is here: on a site, or
// by what they wrote (CR-10). "": it is not known who.
func RecordSeen(ctx context.Context, tx *store.Tx, contactID string) error {
	if contactID == "" {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE contacts SET last_seen_at = $1, first_seen_at = CASE WHEN first_seen_at = 0 THEN $1 ELSE first_seen_at END WHERE id = $2 AND last_seen_at < $1", int64(tx.Now()), contactID)
	return err
}
